# SPDX-License-Identifier: Apache-2.0
"""The scene stack_native.py: its libraries compiled, its chain of functions, and what is asked of its stacks."""
import os
import shutil
import subprocess
import tempfile
import unittest

import harness

# the chain of stack_native.py, outermost first: Python's functions, and those of the scene's own libraries
CHAIN = ['<module>', 'main', 'recursion', 'recursion', 'recursion', 'by_key', 'through_partial', 'C sort_two',
         'C call_compare', 'compare', 'C sort_by_libc', 'compare_again', 'numbers', 'block']
BLOCKED = CHAIN + ['C say_and_block', 'C wait_for_end']


def compile_all(folder, plain=()):
    def run(compiler, source, name, *options):
        subprocess.run([compiler, '-shared', '-fPIC', '-pthread', '-w', '-o', os.path.join(folder, name),
                        os.path.join(harness.SCENES, source)] + list(options), check=True)
    run('gcc', 'native_calls.c', 'debug.so', '-O0', '-g', '-fno-builtin')
    run('gcc', 'native_calls.c', 'plain.so', '-O2', *plain)
    if shutil.which('g++'):
        run('g++', 'native_calls.cpp', 'cxx.so', '-O2', '-g')


class Compiled(unittest.TestCase):
    plain = ()

    @classmethod
    def setUpClass(cls):
        if not shutil.which('gcc'):
            raise unittest.SkipTest('gcc is not installed')
        cls.folder = tempfile.mkdtemp(prefix='native-')
        compile_all(cls.folder, cls.plain)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def scene(self, how, interpreter, **more):
        return harness.Scene('stack_native.py', interpreter, self.folder, how, **more)

    def native(self, target, *options, status=0):
        run = harness.heapscope('stack', '--native', '--json', target, *options)
        self.assertEqual(status, run.status, run)
        return run.json()

    def own(self, row):
        return row['module'] and os.path.dirname(row['module']) == self.folder

    def names(self, document, thread):
        """Python's functions and those of our libraries, outermost first, as in CHAIN."""
        out = []
        for row in document['rows']:
            if row['thread'] == thread and row['kind'] == 'python':
                out.append(row['function'].rsplit('.', 1)[-1])
            elif row['thread'] == thread and self.own(row):
                out.append('C %s' % row['function'])
        return out

    def index_of(self, document, **what):
        found = [i for i, thread in enumerate(document['threads']) if all(thread[k] == v for k, v in what.items())]
        self.assertEqual(1, len(found), (what, document['threads']))
        return found[0]
