#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays the seeds that make_corpus.py makes, and those in corpus/ that broke something once."""
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get('HEAPSCOPE_BUILD', os.getcwd())
sys.path.insert(0, HERE)
import make_corpus  # noqa: E402

GOLDEN = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'corefiles', 'golden')


def unpack(name, folder):
    """A golden core, as `core` and `root` in the folder."""
    with lzma.open(os.path.join(GOLDEN, name + '.core.xz')) as f, open(os.path.join(folder, 'core'), 'wb') as to:
        to.write(f.read())
    with tarfile.open(os.path.join(GOLDEN, name + '.files.tar.xz')) as tar:
        tar.extractall(folder)
    return os.path.join(folder, 'core')


class Replay(unittest.TestCase):
    def replay(self, program, folders, least, env=None):
        n = sum(len(os.listdir(f)) for f in folders)
        self.assertGreater(n, least)
        done = subprocess.run([os.path.join(BUILD, program)] + folders, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True, timeout=600, env=dict(os.environ, **(env or {})))
        self.assertEqual((0, '%d inputs\n' % n), (done.returncode, done.stdout), done.stderr[-3000:])

    def test_the_seeds_are_the_same_each_time(self):
        with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
            make_corpus.main(a)
            make_corpus.main(b)
            self.assertEqual('', subprocess.run(['diff', '-r', a, b], stdout=subprocess.PIPE,
                                                universal_newlines=True).stdout)

    def test_core_files(self):
        with tempfile.TemporaryDirectory() as folder:
            make_corpus.main(folder)
            self.replay('fuzz_corefile', [os.path.join(folder, 'core'), os.path.join(HERE, 'corpus', 'core')], 400)

    def damaged_heap(self, name):
        with tempfile.TemporaryDirectory() as folder:
            core = unpack(name, folder)
            seeds = os.path.join(folder, 'seeds')
            make_corpus.main(seeds, core)
            self.replay('fuzz_objects', [os.path.join(seeds, 'objects'), os.path.join(HERE, 'corpus', 'objects')],
                        100, {'FUZZ_CORE': core, 'FUZZ_ROOT': os.path.join(folder, 'root')})

    def test_heap_of_2_7(self):
        self.damaged_heap('py27')

    def test_heap_of_3_11(self):
        self.damaged_heap('py311')

    def test_heap_of_3_13(self):
        self.damaged_heap('py313')


if __name__ == '__main__':
    unittest.main(verbosity=1)
