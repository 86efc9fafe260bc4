#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files that lie elsewhere: what GDB was told about them (`file`, `set sysroot`, `set solib-search-path`, `set
debug-file-directory`) is what heapscope goes by. On the golden cores; no interpreter is needed."""
import os
import shutil
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), 'fuzz')]
import debugger  # noqa: E402
import test_fuzz  # noqa: E402
from debugger import harness  # noqa: E402

PREFIX = '.pyenv/versions/3.13.0'


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.mkdtemp(prefix='files-')
        self.addCleanup(shutil.rmtree, folder)
        self.dir = folder

    def test_sysroot(self):
        for name in 'py27', 'py311', 'py313':
            folder = os.path.join(self.dir, name)
            os.mkdir(folder)
            core = test_fuzz.unpack(name, folder)
            root = os.path.join(folder, 'root')
            steps = []
            for words in ['types'], ['stack', '--json'], ['doctor'], ['info']:
                steps += [['gdb', ' '.join(['hs'] + words)], ['run', harness.HEAPSCOPE] + words + ['--sysroot', root, core]]
            gdb = debugger.Gdb(['-iex', 'set auto-solib-add off', '-iex', 'set sysroot ' + root, '-c', core], steps)
            for i in range(0, len(steps), 2):
                self.assertEqual(gdb[i + 1]['out'], gdb[i]['out'], (name, steps[i], gdb[i]['error']))

    def moved(self):
        """py313's core as of a machine on which its files lay where nothing is; and these, each kind in a folder."""
        core = test_fuzz.unpack('py313', self.dir)
        root = os.path.join(self.dir, 'root')
        with open(core, 'rb') as f:
            text = f.read()
        with open(core, 'wb') as f:
            f.write(text.replace(b'/root/' + PREFIX.encode(), b'/gone/' + PREFIX.encode()))
        for folder, path in (('bin', 'bin/python3.13'), ('libs', 'lib/libpython3.13.so.1.0')):
            os.mkdir(os.path.join(self.dir, folder))
            shutil.move(os.path.join(root, 'root', PREFIX, path), os.path.join(self.dir, folder))
        shutil.move(os.path.join(root, 'usr/lib/debug'), os.path.join(self.dir, 'debug'))
        return core

    def test_moved(self):
        core = self.moved()
        told = ['-iex', 'set sysroot ' + os.path.join(self.dir, 'root'), '-iex', 'set solib-search-path ' +
                os.path.join(self.dir, 'libs'), '-iex', 'set debug-file-directory ' + os.path.join(self.dir, 'debug')]
        exe = os.path.join(self.dir, 'bin', 'python3.13')
        whole = debugger.Gdb(told + [exe, core], [['gdb', 'hs --json types --filter *Session*'], ['gdb', 'hs doctor']])
        self.assertIsNone(whole[0]['error'])
        self.assertIn('"count": 50', whole[0]['out'])
        self.assertIn(os.path.join(self.dir, 'libs', 'libpython3.13.so.1.0'), whole[1]['out'])
        for less, missing in ((told[:2] + told[4:], 'libpython3.13.so.1.0'), (told[:4], 'debug')):
            gdb = debugger.Gdb(less + [exe, core], [['gdb', 'hs types']])
            self.assertIn(missing, gdb[0]['error'] or 'no error')


if __name__ == '__main__':
    if debugger.gone():
        sys.exit(debugger.gone())
    unittest.main(verbosity=2)
