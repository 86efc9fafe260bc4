#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GDB's inferiors and the sessions on them: kept while nothing moves, dropped when something does; several of them;
a program that embeds Python, stopped in a C extension; what is no target, and what says so."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import debugger  # noqa: E402
from debugger import harness  # noqa: E402

EMBED = os.path.join(harness.BUILD, 'embed')
KEPT = 'id(__import__("heapscope.gdb_session").gdb_session.known() or None)'  # None has an id too
IS_KEPT = '__import__("heapscope.gdb_session").gdb_session.known() is not None'
TYPES = 'hs types --limit 2'


class Sessions(unittest.TestCase):
    def run_on(self, scene, *steps):
        gdb = debugger.attached(scene.pid, [['python', s[1:]] if s.startswith('=') else ['gdb', s] for s in steps])
        for step, answer in zip(steps, gdb.answers):
            self.assertIsNone(answer['error'], step)
        return [a['out'] for a in gdb.answers]

    def test_kept_until_something_moves(self):
        """Commands, output and the user's looking around keep it; a write and a register do not."""
        kept = ['hs stack', 'thread 2', 'thread 1', 'info registers rip', 'x/4xg $sp', 'bt 1', 'hs types']
        ends = ['set var *(long *)($sp - 4096) = 0', 'set $r15 = $r15', 'set sysroot /nonexistent']
        steps = [TYPES, '=' + KEPT]
        for step in kept:
            steps += [step, '=' + KEPT]
        for step in ends:
            steps += [TYPES, '=' + IS_KEPT, step, '=' + IS_KEPT]
        with harness.Scene('debugged.py', harness.newest()) as scene:
            out = self.run_on(scene, *steps)
        self.assertEqual(1, len(set(out[1:2 + 2 * len(kept):2])), out)
        rest = out[2 + 2 * len(kept):]
        for i, step in enumerate(ends):
            self.assertEqual(['True', 'False'], rest[4 * i + 1:4 * i + 4:2], step)

    def test_two_inferiors(self):
        """A process and a core of another interpreter; each keeps its session."""
        old, new = harness.INTERPRETERS[0], harness.newest()
        with harness.Scene('debugged.py', old) as one, harness.Scene('debugged.py', new) as two:
            core = one.gcore()
            out = self.run_on(two, 'hs --json stack', '=' + KEPT, 'add-inferior -no-connection', 'inferior 2', 'core-file ' + core,
                              'hs --json stack', '=' + KEPT, 'inferior 1', '=' + KEPT, 'hs --json types', 'inferior 2',
                              '=' + KEPT, 'hs --json types')
        documents = [json.loads(out[i]) for i in (0, 5, 9, 12)]
        self.assertEqual([new.full, old.full] * 2, [d['target']['python'] for d in documents])
        self.assertEqual([out[1], out[6]], [out[8], out[11]])
        self.assertNotEqual(out[1], out[6])

    def test_output_is_gdb_s(self):
        with harness.Scene('debugged.py', harness.newest()) as scene:
            path = os.path.join(scene.dir, 'log')
            piped = os.path.join(scene.dir, 'piped')
            debugger.attached(scene.pid, [['plain', s] for s in (
                'pipe hs types | cat >' + piped, 'set logging file ' + path, 'set logging redirect on',
                'set logging enabled on', 'hs types', 'set logging enabled off')])
            with open(path) as log, open(piped) as first:
                text = log.read()
                self.assertEqual(text, ''.join(l for l in first if not l.startswith('heapscope: ')))
            self.assertRegex(text, r'^Total \d+ objects')


class NoTarget(unittest.TestCase):
    def error(self, arguments, *steps, **more):
        gdb = debugger.Gdb(arguments, [['gdb', s] for s in steps], **more)
        error = gdb.answers[-1]['error']
        self.assertIsNotNone(error, gdb.answers)
        self.assertEqual(1, len(error.splitlines()), error)
        return error

    def test_no_inferior(self):
        self.assertRegex(self.error([], 'hs types'), r'^heapscope: inferior 1 has no process: ')

    def test_running(self):
        with harness.Scene('debugged.py', harness.newest()) as scene:
            arguments = ['-iex', 'set auto-solib-add off', '-iex', 'set non-stop on']
            error = self.error(arguments, 'attach %d' % scene.pid, 'continue -a &', 'hs types')
            self.assertRegex(error, r'^heapscope: thread \d+ of process %d is running: ' % scene.pid)

    def test_not_python(self):
        sleeper = subprocess.Popen(['sleep', '1000'])
        try:
            error = self.error(['-p', sleeper.pid], 'hs types')
        finally:
            sleeper.kill()
            sleeper.wait()
        self.assertRegex(error, r"^heapscope: '/usr/bin/sleep' is not a CPython process: ")

    def test_wrong_usage(self):
        with harness.Scene('debugged.py', harness.newest()) as scene:
            error = debugger.attached(scene.pid, [['gdb', 'hs types --sort age'], ['gdb', 'hs typos']])
        self.assertEqual("heapscope: types: --sort takes size|count|max|type, not 'age'\nTry 'help heapscope types'.", error[0]['error'])
        self.assertIn("did you mean 'types'", error[1]['error'])

    def test_no_library(self):
        gdb = debugger.Gdb([], [], env={'HEAPSCOPE_LIBRARY': '/nonexistent/lib.so'})
        self.assertIn('heapscope: libheapscope was not found: /nonexistent/lib.so is not there', gdb.err)


class Loading(unittest.TestCase):
    def test_when_gdb_starts(self):
        """As `make install` does it, into a copy of GDB's data directory; and a second time by hand."""
        said = subprocess.run(['gdb', '-nx', '-batch', '-ex', 'show data-directory'], stdout=subprocess.PIPE, check=True)
        own = re.search(r'"(.*)"', said.stdout.decode()).group(1)
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, 'gdb')
            shutil.copytree(own, data)
            with open(os.path.join(data, 'python', 'gdb', 'command', 'heapscope.py'), 'w') as f:
                f.write('import gdb\n\ngdb.execute("source %s")\n' % debugger.EXTENSION)
            gdb = debugger.Gdb(['-data-directory', data], [['gdb', 'hs --version'], ['gdb', 'source ' + debugger.EXTENSION],
                                                           ['gdb', 'hs types']], source=False)
        self.assertRegex(gdb[0]['out'], r'^heapscope \d+\.')
        self.assertIsNone(gdb[1]['error'])
        self.assertIn('no process', gdb[2]['error'])
        self.assertEqual('', gdb.err)


SCRIPT = '''
import sys
sys.path.insert(0, %r)
import stepper
def work(numbers):
    stepper.grow(numbers)
numbers = []
work(numbers)
'''


@harness.expand
class Embedded(unittest.TestCase):
    @harness.each_interpreter(only=harness.shared_library)
    def test_stopped_in_an_extension(self, interpreter):
        """At each stop there is one number more, though GDB asks the same session's successor."""
        include = harness.headers(self, interpreter)
        with harness.Scene('debugged.py', interpreter) as scene:  # for its folder
            module = os.path.join(scene.dir, 'stepper.so')
            subprocess.run(['gcc', '-O1', '-g', '-shared', '-fPIC', '-I', include, os.path.join(debugger.HERE, 'stepper.c'),
                            '-o', module], check=True)
            script = os.path.join(scene.dir, 'script.py')
            with open(script, 'w') as f:
                f.write(SCRIPT % scene.dir)
            asked = [['gdb', 'hs types --limit 1'], ['gdb', 'hs --json stack'], ['gdb', 'hs locals']]
            steps = [['gdb', 'set breakpoint pending on'], ['gdb', 'break grown'], ['gdb', 'run']] + asked
            for _ in range(2):
                steps += [['gdb', 'continue']] + asked
            gdb = debugger.Gdb(['-ex', 'set environment PYTHONHOME ' + interpreter.prefix, '--args', EMBED,
                                harness.shared_library(interpreter), 'main', script], steps)
        seen = [a['out'] for a, s in zip(gdb.answers, steps) if s == asked[2]]
        self.assertEqual(['numbers = [1]\n', 'numbers = [1, 2]\n', 'numbers = [1, 2, 3]\n'], seen, gdb.answers)
        for answer, step in zip(gdb.answers, steps):
            self.assertIsNone(answer['error'], step)
        for answer in [a for a, s in zip(gdb.answers, steps) if s == asked[1]]:
            rows = json.loads(answer['out'])['rows']
            self.assertEqual(['work', '<module>'], [r['function'] for r in sorted(rows, key=lambda r: r['depth'])])


@harness.expand
class Frames(unittest.TestCase):
    @harness.each_interpreter()
    def test_selection(self, interpreter):
        with harness.Scene('debugged.py', interpreter) as scene:
            steps = ['hs frame', 'hs up', 'hs locals', 'hs down', 'hs down', 'hs frame 3', 'hs up 7', 'hs list', 'hs frame 9',
                     'thread 2', 'hs frame']
            out = debugger.attached(scene.pid, [['gdb', s] for s in steps])
            with open(os.path.join(harness.SCENES, 'debugged.py')) as f:
                source = f.read().splitlines()
        block = 1 + source.index('    while scene.ready_and_block():')
        call = 1 + source.index('    inner(last)')
        self.assertEqual('#3  outer () at %s:%d\n%d\tinner(last)\n' % (
            os.path.join(harness.SCENES, 'debugged.py'), call, call), out[5]['out'])
        self.assertRegex(out[0]['out'], r'^#0  block \(\) at \S*scene\.py:\d+\n\d+\tc = os\.read\(0, 1\)\n')
        self.assertRegex(out[1]['out'], r'^#1  ready_and_block ')
        self.assertEqual('No locals.\n', out[2]['out'])
        self.assertEqual(out[0]['out'], out[3]['out'])
        self.assertRegex(out[4]['error'], 'innermost')
        self.assertRegex(out[8]['error'], r'has %d Python frames' % 5)
        self.assertIn('while', source[block - 1])

    @harness.each_interpreter()
    def test_backtrace(self, interpreter):
        """Each Python frame has its line, in its place, and no C function that runs Python code is left."""
        with harness.Scene('debugged.py', interpreter) as scene:
            gdb = debugger.Gdb(['-p', scene.pid], [['gdb', 'bt'], ['gdb', 'hs frames on'], ['gdb', 'bt'],
                                                   ['gdb', 'hs frames off'], ['gdb', 'bt']])
        plain, shown, again = gdb[0]['out'], gdb[2]['out'], gdb[4]['out']
        self.assertEqual(plain, again)
        self.assertEqual(['block', 'ready_and_block', 'inner', 'outer', '<module>'],
                         re.findall(r'(\S+) \[Python\] \(\) at \S+:\d+', shown), shown)
        evaluators = r' _?PyEval_EvalFrame(Default|Ex)? ?\('
        self.assertRegex(plain, evaluators)
        left = [l for l in shown.splitlines() if re.search(r' (_PyEval_EvalFrameDefault|PyEval_EvalFrameEx) ?\(', l)]
        self.assertEqual([], [l for l in left if interpreter.version == (2, 7) or 'Default' in l])
        self.assertRegex(shown, r'read')


if __name__ == '__main__':
    if debugger.gone():
        sys.exit(debugger.gone())
    harness.main()
