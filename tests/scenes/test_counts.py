#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Classes with a known count, atoms that nobody holds, raw memory that looks like objects, frozen objects, a
collection that was interrupted, sub-interpreters: live and from both kinds of core."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402


def check_classes(test, truth, rows, what):
    for name, (count, size, largest) in sorted(truth.items()):
        row = rows.get(name)
        test.assertIsNotNone(row, '%s: no row for %s' % (what, name))
        test.assertEqual(count, row['count'], '%s: count of %s' % (what, name))
        if size is not None:
            test.assertEqual((size, largest), (row['size'], row['max']), '%s: sizes of %s' % (what, name))


@harness.expand
class Counts(unittest.TestCase):
    maxDiff = None

    @harness.each_interpreter()
    def test_counts(self, interpreter):
        with harness.Scene('counts.py', interpreter) as scene:
            scene.go_on()
            before = harness.types_of(self, scene.pid)
            check_classes(self, scene.truth['types'], before, 'live')
            scene.go_on()
            first = None
            for kind, target in harness.targets_of(scene, self):
                rows = harness.types_of(self, target)
                check_classes(self, scene.truth['types'], rows, kind)
                for name, leaked in scene.truth['leaked'].items():
                    self.assertEqual(leaked, rows[name]['count'] - before[name]['count'],
                                     '%s: leaked %s' % (kind, name))
                # One answer everywhere: the process has not moved since.
                first = first or rows
                differing = {name: (first.get(name), rows.get(name)) for name in set(first) | set(rows)
                             if first.get(name) != rows.get(name)}
                self.assertEqual({}, differing, '%s: not the rows of the live process' % kind)

    @harness.each_interpreter()
    def test_inside_a_collection(self, interpreter):
        with harness.Scene('collecting.py', interpreter) as scene:
            for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                check_classes(self, scene.truth['types'], harness.types_of(self, target), kind)

    @harness.each_interpreter(since=(3, 8))
    def test_subinterpreters(self, interpreter):
        with harness.Scene('subinterpreters.py', interpreter) as scene:
            truth = scene.truth
            self.assertEqual(3, truth['interpreters'], 'the scene made no sub-interpreters')
            for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                rows = harness.types_of(self, target)
                counts = {name: rows.get(name, {}).get('count') for name in truth['counts']}
                self.assertEqual(truth['counts'], counts, kind)


if __name__ == '__main__':
    harness.main()
