#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The package inside GDB: heapscope.current() is the heap of the current inferior; the same answers as in plain Python,
attached, from a core, and through gdbserver."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import debugger  # noqa: E402
from debugger import harness, package  # noqa: E402
import heapscope  # noqa: E402

# Each is an expression in which `heap` is the heap and `heapscope` the package.
EXPRESSIONS = [
    "heap.find('child').address", "heap.find('child').attr('items').value", "heap['number'].value",
    "sorted(key for key, _ in heap.find('tracked').items())", "[o.address for o in heap.objects('Late', sort='address')]",
    "[(a.address, heap.find('child.n').value) for a in heap.objects('Late', sort='address')]",
    "next(iter(heap.types())).type", "heap.find('child').path().root", "heap.target['python']",
    "[f.line for f in heap.threads()[0].frames]", "heap.threads()[0].frames[1].find('shadow').value",
]
FAILING = {"heap.find('child.zzz')": 'NotFound', "heap.find('child +')": 'Error', "heap['child'].value": 'NoValue'}


def steps(*first):
    python = ['python import heapscope; heap = heapscope.current()']
    python += ['python print(repr(%s))' % e for e in EXPRESSIONS]
    for expression in FAILING:
        python.append('python exec("try:\\n  %s\\nexcept Exception as e:\\n  print(type(e).__name__, e.status)")' % expression)
    return [['gdb', s] for s in list(first) + python]


class Current(unittest.TestCase):
    def check(self, gdb, before, scene, heap):
        answers = gdb.answers[before + 1:]
        for expression, answer in zip(EXPRESSIONS, answers):
            here = repr(eval(expression, {'heap': heap, 'heapscope': heapscope}))
            self.assertEqual(here, answer['out'].strip(), (expression, answer))
        for (expression, kind), answer in zip(FAILING.items(), answers[len(EXPRESSIONS):]):
            self.assertIn(kind, answer['out'], (expression, answer))

    def test_attached_and_core(self):
        with harness.Scene('evaluate.py', harness.newest()) as scene:
            with heapscope.open(scene.pid) as heap:
                self.check(debugger.attached(scene.pid, steps()), 0, scene, heap)
            core = scene.gcore()
            with heapscope.open(core) as heap:
                self.check(debugger.Gdb(['-iex', 'set auto-solib-add off', '-c', core], steps()), 0, scene, heap)

    def test_remote(self):
        with harness.Scene('evaluate.py', harness.newest()) as scene, heapscope.open(scene.pid) as heap:
            with debugger.Server(scene.pid) as server:
                gdb = debugger.Gdb(['-iex', 'set auto-solib-add off'], steps('target remote ' + server.where))
            self.check(gdb, 1, scene, heap)

    def test_no_inferior(self):
        gdb = debugger.Gdb([], [['gdb', 'python import heapscope'], ['gdb', 'python heapscope.current()']])
        self.assertTrue(gdb[1]['error'], gdb[1])


if __name__ == '__main__':
    if debugger.gone():
        sys.exit('cannot be tested: ' + debugger.gone())
    package.main(newest_only=True)
