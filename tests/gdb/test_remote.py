#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Through gdbserver on this machine: text and JSON are those of the program, which reads the same process while
gdbserver holds it."""
import os
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import debugger  # noqa: E402
from debugger import harness  # noqa: E402


def comparable(text):
    """Who holds the process is told by /proc, which is not here."""
    text = re.sub(r'"notes": \[[^\]]*\]', '"notes": []', text)
    return re.sub(r' \(the file is newer than the process\)', '', text)


@harness.expand
class Remote(unittest.TestCase):
    maxDiff = None

    def check(self, interpreter, connect, more=()):
        with harness.Scene('debugged.py', interpreter) as scene, debugger.Server(scene.pid) as server:
            truth = {k: hex(v) for k, v in scene.truth.items()}
            runs = [['types'], ['stack'], ['stack', '--locals'], ['show', truth['job']], ['path', truth['queue']],
                    ['path', '--type', '__main__.Job'], ['referrers', truth['tuple']]]
            steps = [['plain', c] for c in more] + [['plain', connect + ' ' + server.where]]
            first = len(steps)
            for words in runs:
                mark = ['--mark', str(scene.pid)] if words[0] == 'stack' else []
                for json in [], ['--json']:
                    steps += [['gdb', ' '.join(['hs'] + words + json)],
                              ['run', harness.HEAPSCOPE, words[0], str(scene.pid)] + words[1:] + json + mark]
            gdb = debugger.Gdb(['-iex', 'set auto-solib-add off', '-iex', 'set sysroot /'], steps + [['plain', 'detach']])
        for i in range(first, len(steps), 2):
            with self.subTest(steps[i][1]):
                self.assertIsNone(gdb[i]['error'])
                self.assertEqual(0, gdb[i + 1]['status'], gdb[i + 1]['err'])
                self.assertEqual(comparable(gdb[i + 1]['out']), comparable(gdb[i]['out']))

    @harness.each_interpreter()
    def test_remote(self, interpreter):
        self.check(interpreter, 'target remote')

    def test_files_that_are_not_here(self):
        """A process in a file system that GDB does not see: it has to copy the two that lie in it alone."""
        able = [i for i in harness.INTERPRETERS if i.version >= (3, 8) and harness.shared_library(i)]
        if os.geteuid() or not able:
            harness.skip(self, 'another file system needs root, and a Python with a shared library')
        python = able[-1]
        with tempfile.TemporaryDirectory() as folder:
            place = os.path.join(folder, 'other')
            os.mkdir(place)
            script = '\n'.join(['mount -t tmpfs none "$0"', 'cp "$1" "$2" "$0"', 'exec gdbserver --once localhost:0 "$0/$3" -c "$4"'])
            server = debugger.Server(command=[
                'unshare', '-m', 'sh', '-e', '-c', script, place, os.path.realpath(python.path), harness.shared_library(python),
                os.path.basename(os.path.realpath(python.path)), 'import os; marked = {"key": [1, 2.5]}; os.abort()'],
                env=dict(os.environ, LD_LIBRARY_PATH=place, PYTHONHOME=python.prefix))
            with server:
                gdb = debugger.Gdb(['-iex', 'set auto-solib-add off', '-iex', 'set sysroot /'], [
                    ['plain', 'target remote ' + server.where], ['plain', 'continue'], ['gdb', 'hs print __main__.marked'],
                    ['gdb', 'hs types --json'], ['plain', 'kill']])
            self.assertEqual([], os.listdir(place))
        self.assertRegex(gdb[2]['out'], r"(?m)^Value +\{'key': \[1, 2\.5\]\}$", gdb[2]['error'])
        self.assertIn('"incomplete": []', gdb[3]['out'])
        self.assertEqual(2, gdb.err.count(' is not on this machine: copying it') + gdb[2]['err'].count(
            ' is not on this machine: copying it'))

    def test_extended(self):
        self.check(harness.newest(), 'target extended-remote')


if __name__ == '__main__':
    for program in 'gdb', 'gdbserver':
        if not shutil.which(program):
            sys.exit('%s is not installed' % program)
    harness.main()
