#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The damaged cores of tests/fuzz inside of GDB, which a crash of the library would take along: all of the small ones,
and of those with a real heap each eighth; HEAPSCOPE_FUZZ_ALL=1 takes all of these too."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), 'fuzz')]
import debugger  # noqa: E402
import make_corpus  # noqa: E402
import package  # noqa: E402
import test_fuzz  # noqa: E402

EVERY = 1 if os.environ.get('HEAPSCOPE_FUZZ_ALL') == '1' else 8


class InGdb(unittest.TestCase):
    def replay(self, name):
        with tempfile.TemporaryDirectory() as folder:
            core = test_fuzz.unpack(name, folder)
            seeds = os.path.join(folder, 'seeds')
            make_corpus.main(seeds, core)
            env = package.environment(PYTHONPATH=None, HS_CORES=os.path.join(seeds, 'core'), HS_CORE=core,
                                      HS_HEAPS=os.path.join(seeds, 'objects'), HS_EVERY=str(EVERY))
            done = subprocess.run(['gdb'] + debugger.QUIET + [
                '-iex', 'set auto-solib-add off', '-iex', 'set sysroot ' + os.path.join(folder, 'root'), '-ex',
                'source ' + debugger.EXTENSION, '-x', os.path.join(HERE, 'fuzz_in_gdb.py')], env=env,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
                timeout=2000)
        self.assertEqual(0, done.returncode, done.stderr[-3000:])
        self.assertIn('GDB lives', done.stdout, done.stderr[-3000:])
        cores, heaps, answers = map(int, re.findall(r'(\d+) (?:bare|damaged|answers)', done.stdout))
        print('%s: %d cores, %d damaged heaps, %d answers' % (name, cores, heaps, answers))
        self.assertGreater(cores, 400)
        self.assertGreater(answers, heaps)  # of what is damaged a little most can be told

    def test_2_7(self):
        self.replay('py27')

    def test_3_11(self):
        self.replay('py311')

    def test_3_13(self):
        self.replay('py313')


if __name__ == '__main__':
    if debugger.gone():
        sys.exit(debugger.gone())
    unittest.main(verbosity=2)
