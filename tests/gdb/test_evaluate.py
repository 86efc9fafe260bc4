#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Expressions lead to the objects that the interpreter itself says, and values come over whole: by the package's
heap.find(), which is the command `print`; live, from cores, and through a callback, on every interpreter."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import package  # noqa: E402
from package import harness  # noqa: E402
import heapscope  # noqa: E402
from heapscope import _heap, _lib  # noqa: E402


def canonical(value):
    """A value as text that is the same for the same value only, whatever the order of a set."""
    if isinstance(value, (set, frozenset)):
        return '%s(%s)' % (type(value).__name__, sorted(map(canonical, value)))
    if isinstance(value, dict):
        return '{%s}' % sorted((canonical(k), canonical(v)) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return '%s(%s)' % (type(value).__name__, list(map(canonical, value)))
    return repr(value)


@harness.expand
class Evaluate(unittest.TestCase):
    maxDiff = 2000

    def check_rows(self, heap, rows, **where):
        got = []
        for text, _, _, _, known in rows:
            obj = heap.find(text, **where)
            got.append([text, obj.address, obj.type, obj.size, obj.repr if known is not None else None])
        self.assertEqual(rows, got)

    def check_refused(self, heap, refused):
        for text, words in refused:
            with self.subTest(text), self.assertRaises(heapscope.NotFound) as caught:
                heap.find(text)
            self.assertIn(words, str(caught.exception))
            self.assertIn(text, caught.exception.place)

    def check_values(self, heap, values):
        for text, literal in values.items():
            with self.subTest(text):
                self.assertEqual(canonical(eval(literal)), canonical(heap.find(text).value))

    def check_all(self, heap, truth):
        self.check_rows(heap, truth['module'])
        for number, rows in enumerate(reversed(truth['frames']), 1):
            self.check_rows(heap, rows, frame=number)
        self.check_refused(heap, truth['refused'])
        self.check_values(heap, truth['values'])
        self.assertEqual([], heap.incomplete)

    @harness.each_interpreter()
    def test_as_the_interpreter_says(self, interpreter):
        with harness.Scene('evaluate.py', interpreter) as scene:
            for kind, target in harness.targets_of(scene, self):
                with self.subTest(kind), heapscope.open(target) as heap:
                    self.check_all(heap, scene.truth)

    def test_on_a_heap_that_is_known(self):
        """The same where the session has the whole heap: nothing is read any more."""
        with harness.Scene('evaluate.py', harness.newest()) as scene, heapscope.open(scene.pid) as heap:
            list(heap.types())
            scene.process.kill()
            scene.process.wait()
            self.check_all(heap, scene.truth)

    def test_through_a_callback(self):
        with harness.Scene('evaluate.py', harness.newest()) as scene:
            read, mappings = package.memory_of(scene.pid)
            total = []

            def counting(address, length):
                total.append(length)
                return read(address, length)
            handle = _lib.open_callback(counting, mappings, [(scene.pid, 'main', 0, 0, 0)], scene.pid,
                                        os.readlink('/proc/%d/exe' % scene.pid))
            with _heap.Heap(handle) as heap:
                heap.find("child.by_key['a']")
                before = sum(total)
                heap.find('number')
                self.assertLess(sum(total) - before, 4 << 20)  # point reads, not its memory
                self.check_all(heap, scene.truth)
            read.close()

    def test_the_process_runs_on(self):
        with harness.Scene('evaluate.py', harness.newest()) as scene, heapscope.open(scene.pid) as heap:
            heap.find('child.items')
            self.assertTrue(harness.is_going_on(scene.pid))
            self.assertLess(heap.target['pause_seconds'], 1)

    def test_the_program_says_the_same(self):
        with harness.Scene('evaluate.py', harness.newest()) as scene:
            run = harness.heapscope('print', scene.pid, "child.by_key[1, 'x']")
            self.assertEqual(0, run.status, run)
            self.assertRegex(run.out, r"(?m)^Type +str\n(.*\n)*Value +'pair'$")

    MISTAKES = [('', 0), ('child..n', 6), ('child.', 6), ('child[', 6), ('child[]', 6), ("child['a", 8), ('child[1', 7),
                ('child[1:2]', 7), ('child(1)', 5), ('child + 1', 6), ('child[x]', 6), ("child['\\q']", 8),
                ('child[(1, 2]', 11), ('child[99999999999999999999]', 6), ('0', 0), ('12ab', 0), ('child.1', 6),
                ('child[' + 20 * '(' + '1' + 20 * ')' + ']', 15), ("child['\\x4']", 10), ('child[-x]', 6)]

    def test_mistakes_are_pointed_at(self):
        with harness.Scene('evaluate.py', harness.newest()) as scene:
            for text, column in self.MISTAKES:
                run = harness.heapscope('print', scene.pid, text)
                lines = run.err.split('\n')
                self.assertEqual((64, text, column), (run.status, lines[1][4:], lines[2].index('^') - 4), run)

    def test_threads_and_frames_that_are_not_there(self):
        with harness.Scene('evaluate.py', harness.newest()) as scene, heapscope.open(scene.pid) as heap:
            with self.assertRaisesRegex(heapscope.NotFound, 'no thread 7 has a Python stack'):
                heap.find('child', thread=7)
            with self.assertRaisesRegex(heapscope.NotFound, r'no frame 90: thread \d+ has 5'):
                heap.find('child', frame=90)
            with self.assertRaisesRegex(heapscope.NotFound, "local variable 'unbound' has no value"):
                heap.find('unbound', frame=1)
            self.assertEqual(12, heap.find('number', thread=scene.pid, frame=4).value)


if __name__ == '__main__':
    package.main(newest_only=True)
