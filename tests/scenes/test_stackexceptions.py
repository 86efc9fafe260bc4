# SPDX-License-Identifier: Apache-2.0
"""heapscope stack: the exceptions that threads handle are those that the threads themselves see; and an interpreter
that ends is said to."""
import os
import shutil
import subprocess
import tempfile
import unittest

import harness
from test_stackwaits import stack_of

PLACE = ('function', 'file', 'line', 'end_line', 'column', 'end_column')
KEPT = 50  # of a traceback, at each end


def library(test, folder):
    compiler = shutil.which('cc') or shutil.which('gcc')
    if not compiler:
        harness.skip(test, 'no C compiler')
    path = os.path.join(folder, 'csteps.so')
    subprocess.check_call([compiler, '-shared', '-fPIC', '-o', path, os.path.join(harness.HERE, 'csteps.c')])
    return path


@harness.expand
class Exceptions(unittest.TestCase):
    maxDiff = None

    def check(self, truth, document):
        names = [row['name'] for row in document['threads']]
        found, places = {}, {}
        for row in document['exception_frames']:
            places.setdefault(row['exception'], []).append([row[key] for key in PLACE])
        for index, row in enumerate(document['exceptions']):
            row['places'] = places.get(index, [])
            found.setdefault(names[row['thread']], []).append(row)
        self.assertEqual({name for name in truth if truth[name]}, set(found))
        for name, chain in truth.items():
            with self.subTest(thread=name):
                self.assertEqual([(e['relation'], e['type']) for e in chain],
                                 [(row['relation'], row['type']) for row in found.get(name, [])])
                for expected, row in zip(chain, found.get(name, [])):
                    self.check_one(expected, row)

    def check_one(self, expected, row):
        self.assertEqual([expected['message'], expected['cut'], expected['own_str']],
                         [row['message'], row['message_cut'], row['own_str']])
        if expected['address']:
            self.assertEqual(expected['address'], row['address'])
        frames = expected['frames']
        self.assertEqual(len(frames), row['frames'])
        self.assertEqual(max(0, len(frames) - 2 * KEPT), row['left_out'])
        if row['left_out']:
            frames = frames[:KEPT] + frames[-KEPT:]
        self.assertEqual(frames, row['places'])
        self.assertFalse(row['damaged'])

    def check_text(self, target):
        text = harness.heapscope('stack', target).out
        for line in ('handles ValueError: plain', 'handles __main__.Own: caf\xe9 \u043a\u0438\u0440 \U0001f4a9',
                     "handles KeyError: 'k\\n'", 'handles __main__.Talks: the argument (its class has a __str__ of its own)'):
            self.assertIn(line.replace(' ValueError', ' exceptions.ValueError').replace(
                ' KeyError', ' exceptions.KeyError') if 'exceptions.ValueError' in text else line, text)
        self.assertIn('(raised in deep ', text)
        self.assertNotIn('\x1b', text)
        self.assertIn(' more\n', harness.heapscope('stack', '--full', target).out)

    @harness.each_interpreter()
    def test_h23_exceptions(self, interpreter):
        with tempfile.TemporaryDirectory() as folder:
            with harness.Scene('stack_exceptions.py', interpreter, library(self, folder)) as scene:
                truth = scene.truth
                for kind, target in harness.targets_of(scene, self):
                    with self.subTest(kind=kind):
                        self.check(truth, stack_of(self, target))
                        self.check_text(target)


@harness.expand
class Interpreters(unittest.TestCase):
    def check(self, truth, document):
        subs = [(index, row) for index, row in enumerate(document['threads']) if row['interpreter'] != 0]
        self.assertEqual(2, len({row['interpreter'] for _, row in subs}))
        for index, thread in subs:
            functions = [row['function'] for row in document['rows'] if row['thread'] == index]
            self.assertEqual(truth['functions'], [name for name in functions if 'listcomp' not in name])
            outside = [row for row in document['threads'] if row['tid'] == thread['tid'] and row['interpreter'] == 0]
            self.assertEqual(1, len(outside), 'the same thread in the main interpreter')
            self.assertIn('calls', [row['function'] for row in document['rows'] if row['tid'] == thread['tid']])
            self.assertIn('in read(', thread['doing'])

    @harness.each_interpreter()
    def test_h20_sub_interpreters(self, interpreter):
        with tempfile.TemporaryDirectory() as folder:
            with harness.Scene('stack_interpreters.py', interpreter, library(self, folder)) as scene:
                truth = scene.truth
                for kind, target in harness.targets_of(scene, self):
                    with self.subTest(kind=kind):
                        self.check(truth, stack_of(self, target))


@harness.expand
class Shutdown(unittest.TestCase):
    def check(self, truth, document):
        self.assertTrue(document['processes'][0]['finalizing'])
        threads = {row['ident']: row for row in document['threads']}
        main = threads[truth['main']]
        self.assertEqual([main], [row for row in threads.values() if row['finalizes']])
        self.assertIn('ends the interpreter, ', main['doing'])
        if truth['function'] == 'blocks':  # later the interpreter throws the states of other threads away
            self.assertIn('blocked on Lock', threads[truth['daemon']]['doing'])
        functions = [row['function'].rsplit('.', 1)[-1] for row in document['rows'] if row['tid'] == main['tid']]
        self.assertIn(truth['function'], functions)

    def one(self, interpreter, *arguments):
        with harness.Scene('stack_shutdown.py', interpreter, *arguments) as scene:
            truth = scene.truth
            for kind, target in harness.targets_of(scene, self):
                with self.subTest(kind=kind):
                    self.check(truth, stack_of(self, target))
                    self.assertIn('The interpreter is shutting down', harness.heapscope('stack', target).out)

    @harness.each_interpreter()
    def test_atexit(self, interpreter):
        self.one(interpreter)

    @harness.each_interpreter()
    def test_modules_taken_apart(self, interpreter):
        self.one(interpreter, 'teardown')


if __name__ == '__main__':
    harness.main()
