#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Values are written as the interpreter's own repr() writes them; live and from a core."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402


@harness.expand
class Values(unittest.TestCase):
    @harness.each_interpreter()
    def test_repr(self, interpreter):
        with harness.Scene('values.py', interpreter) as scene:
            truth = scene.truth
            self.assertGreater(len(truth['values']), 150)
            for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                run = harness.heapscope('show', '--json', '--full', '--limit', '0', target, hex(truth['list']))
                self.assertEqual(0, run.status, run)
                got = {row['label']: row['repr'] for row in run.json()['rows']}
                wrong = []
                for i, (name, expected, why) in enumerate(truth['values']):
                    text = got.get('[%d]' % i)
                    if not text or (text == expected) == bool(why):
                        wrong.append('%s: %s\n    should be %s%s' % (
                            name, str(text)[:300], expected[:300], '; differs not, though ' + why if why else ''))
                self.assertEqual([], wrong, '%s: %d\n%s' % (kind, len(wrong), '\n'.join(wrong)))


if __name__ == '__main__':
    harness.main()
