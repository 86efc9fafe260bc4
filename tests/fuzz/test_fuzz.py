#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays the seeds that make_corpus.py makes, and those in corpus/ that broke something once."""
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get('HEAPSCOPE_BUILD', os.getcwd())
sys.path.insert(0, HERE)
import make_corpus  # noqa: E402

HARNESSES = {'core': 'fuzz_corefile'}


class Replay(unittest.TestCase):
    def test_the_seeds_are_the_same_each_time(self):
        with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
            make_corpus.main(a)
            make_corpus.main(b)
            self.assertEqual('', subprocess.run(['diff', '-r', a, b], stdout=subprocess.PIPE,
                                                universal_newlines=True).stdout)

    def test_replay(self):
        with tempfile.TemporaryDirectory() as seeds:
            make_corpus.main(seeds)
            for kind, program in HARNESSES.items():
                folders = [os.path.join(seeds, kind), os.path.join(HERE, 'corpus', kind)]
                n = sum(len(os.listdir(f)) for f in folders)
                self.assertGreater(n, 100)
                done = subprocess.run([os.path.join(BUILD, program)] + folders, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, universal_newlines=True, timeout=300)
                self.assertEqual((0, '%d inputs\n' % n), (done.returncode, done.stdout), done.stderr[-3000:])


if __name__ == '__main__':
    unittest.main(verbosity=1)
