#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make install: what it leaves, and a program in plain C that uses the library through pkg-config."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402

USER = '''
#include <stdio.h>
#include <stdlib.h>
#include <heapscope.h>

static size_t put(void *arg, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, (FILE *)arg);
}

int main(int argc, char **argv)
{
	static const char *const types[] = {"types", "--filter", "__main__.*"};
	struct heapscope *h;
	int status = heapscope_open_pid(atoi(argv[1]), NULL, &h);

	if (status == HEAPSCOPE_COMPLETE)
		status = heapscope_run(h, 3, types, HEAPSCOPE_JSON, put, stdout);
	if (status)
		fprintf(stderr, "%s", heapscope_error(h));
	heapscope_close(h);
	return argc == 2 && heapscope_abi() == HEAPSCOPE_ABI ? status : 3;
}
'''


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix='scene-install-')
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        cls.root = os.path.join(cls.dir, 'root')
        env = {k: v for k, v in os.environ.items() if not k.startswith(('MAKE', 'MFLAGS', 'DESTDIR'))}
        done = subprocess.run(['make', '-s', '-C', harness.BUILD, 'install', 'DESTDIR=' + cls.root],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env,
                              timeout=5 * harness.PATIENCE)
        assert done.returncode == 0, done.stdout.decode()
        cls.files = {os.path.relpath(os.path.join(folder, name), cls.root)
                     for folder, _, names in os.walk(cls.root) for name in names}
        cls.pkgconfig = [f for f in cls.files if f.endswith('/pkgconfig/heapscope.pc')]

    def one(self, ending):
        found = [f for f in self.files if f.endswith(ending)]
        self.assertEqual(1, len(found), '%s in %s' % (ending, sorted(self.files)))
        return os.path.join(self.root, found[0])

    def pkg_config(self, *arguments):
        env = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=self.root,
                   PKG_CONFIG_PATH=os.path.join(self.root, os.path.dirname(self.pkgconfig[0])))
        return subprocess.run(['pkg-config', *arguments, 'heapscope'], stdout=subprocess.PIPE, check=True, env=env,
                              universal_newlines=True).stdout.split()

    def test_what_is_there(self):
        for ending in ('bin/heapscope', 'include/heapscope.h', '/libheapscope.so', '/man/man1/heapscope.1',
                       '/pkgconfig/heapscope.pc', '/python/heapscope/__init__.py'):
            self.one(ending)
        said = subprocess.run([self.one('bin/heapscope'), '--version'], stdout=subprocess.PIPE, check=True,
                              universal_newlines=True).stdout
        self.assertEqual(['heapscope'] + self.pkg_config('--modversion'), said.split())
        with open(self.one('/man/man1/heapscope.1'), encoding='utf-8') as f:
            page = f.read()
        for command in ('types', 'info', 'doctor'):
            self.assertIn('\n.SS %s\n' % command, page)

    def compiled(self, compiler, *flags):
        """The program, or None if there is no such compiler."""
        if not shutil.which(compiler):
            return None
        program = os.path.join(self.dir, compiler)
        with open(program + '.c', 'w') as f:
            f.write(USER)
        needed = subprocess.run(['ldd', self.one('/libheapscope.so')], stdout=subprocess.PIPE, check=True,
                                universal_newlines=True).stdout
        sanitizers = ['-fsanitize=address,undefined'] if 'libasan' in needed else []
        done = subprocess.run([compiler, *flags, '-pedantic-errors', '-Wall', '-Wextra', '-Werror', '-o', program,
                               program + '.c', *sanitizers, *self.pkg_config('--cflags', '--libs')],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(0, done.returncode, done.stdout.decode())
        return program

    def test_header(self):
        """The oldest C and C++ that have the types that it needs."""
        if not self.compiled('gcc', '-std=c89'):
            harness.skip(self, 'gcc is not installed')
        if not self.compiled('g++', '-x', 'c++', '-std=c++98'):
            harness.skip(self, 'g++ is not installed')

    def test_a_program_of_ours(self):
        program = self.compiled('gcc', '-std=c99')
        if not program:
            harness.skip(self, 'gcc is not installed')
        env = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(self.one('/libheapscope.so')))
        with harness.Scene('counts.py', harness.newest()) as scene:
            done = subprocess.run([program, str(scene.pid)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
                                  timeout=harness.PATIENCE)
            self.assertEqual((0, b''), (done.returncode, done.stderr))
            run = harness.Run([program], 0, done.stdout.decode(), '', 0)
            rows = {row['type']: row for row in run.json()['rows']}
            for name, (count, size, largest) in scene.truth['types'].items():
                self.assertEqual((count, size, largest),
                                 tuple(rows[name][key] for key in ('count', 'size', 'max')), name)
            self.assertTrue(harness.is_going_on(scene.pid))


if __name__ == '__main__':
    harness.main()
