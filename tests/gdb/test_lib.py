#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the package stands on: the library is found or refused, errors are exceptions, callbacks may fail, a command
can be interrupted. Answers are for other tests to judge."""
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import package  # noqa: E402
from package import harness  # noqa: E402
from heapscope import _lib  # noqa: E402


OWN_NAME = 'libheapscope-of-this-test.so.0'


class Stop(BaseException):
    """No Exception, as KeyboardInterrupt is none."""


class Library(unittest.TestCase):
    """Each in a process of its own: a library is loaded once."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix='package-')
        self.addCleanup(shutil.rmtree, self.dir)

    def load(self, package_dir=package.PACKAGE, **env):
        return subprocess.run([sys.executable, '-c', '''
import heapscope
try:
    print(heapscope.version())
except heapscope.LibraryError as e:
    print(e.status, e)'''], env=package.environment(PYTHONPATH=package_dir, **env), stdout=subprocess.PIPE, check=True,
                              universal_newlines=True, timeout=harness.PATIENCE).stdout.strip()

    def compiled(self, source):
        path = os.path.join(self.dir, 'libheapscope.so.0')
        with open(path + '.c', 'w') as f:
            f.write(source)
        subprocess.run(['gcc', '-shared', '-fPIC', '-o', path, path + '.c'], check=True)
        return path

    def installed(self):
        """The package in a prefix of its own, as make install leaves it. Its library has a name that no library
        of this machine has: heapscope may be installed here."""
        home = os.path.join(self.dir, 'share', 'heapscope', 'python')
        shutil.copytree(os.path.join(package.PACKAGE, 'heapscope'), os.path.join(home, 'heapscope'),
                        ignore=shutil.ignore_patterns('_where.py', '__pycache__'))
        path = os.path.join(home, 'heapscope', '_lib.py')
        with open(path) as f:
            text = f.read()
        self.assertIn("SONAME = '%s'" % _lib.SONAME, text)
        with open(path, 'w') as f:
            f.write(text.replace("SONAME = '%s'" % _lib.SONAME, "SONAME = '%s'" % OWN_NAME))
        return home

    def test_found_by_name(self):
        self.assertRegex(self.load(), r'^\d+\.\d+\.\d+$')

    def test_missing_says_where_it_looked(self):
        said = self.load(HEAPSCOPE_LIBRARY='/nonexistent/lib.so')
        self.assertEqual('2 libheapscope was not found: /nonexistent/lib.so is not there; '
                         'HEAPSCOPE_LIBRARY=FILE says where it is', said)
        said = self.load(self.installed(), HEAPSCOPE_LIBRARY=None)
        for folder in ('lib', 'lib64'):
            self.assertIn(os.path.join(self.dir, folder, OWN_NAME) + ' is not there', said)

    def test_no_library_at_all_is_said(self):
        path = os.path.join(self.dir, 'text.so')
        with open(path, 'w') as f:
            f.write('no ELF file')
        self.assertRegex(self.load(HEAPSCOPE_LIBRARY=path), r'^2 libheapscope was not found: .*text\.so: .+; HEAPSCOPE_LIBRARY=')

    def test_found_beside_the_package_and_where_it_was_installed(self):
        home = self.installed()
        os.mkdir(os.path.join(self.dir, 'lib'))
        shutil.copy(package.LIBRARY, os.path.join(self.dir, 'lib', OWN_NAME))
        self.assertRegex(self.load(home, HEAPSCOPE_LIBRARY=None), r'^\d+\.\d+\.\d+$')
        os.rename(os.path.join(self.dir, 'lib'), os.path.join(self.dir, 'elsewhere'))
        self.assertIn('not found', self.load(home, HEAPSCOPE_LIBRARY=None))
        with open(os.path.join(home, 'heapscope', '_where.py'), 'w') as f:
            f.write('LIBDIR = %r\n' % os.path.join(self.dir, 'elsewhere'))
        self.assertRegex(self.load(home, HEAPSCOPE_LIBRARY=None), r'^\d+\.\d+\.\d+$')

    def test_other_abi_is_refused(self):
        said = self.load(HEAPSCOPE_LIBRARY=self.compiled('int heapscope_abi(void) { return %d; }' % (_lib.ABI + 1)))
        self.assertRegex(said, r'^2 .* has ABI %d, this package \(.*\) needs %d: install both from the same release$' % (
            _lib.ABI + 1, _lib.ABI))

    def test_library_without_a_number_is_refused(self):
        said = self.load(HEAPSCOPE_LIBRARY=self.compiled('int heapscope_version(void) { return 1; }'))
        self.assertRegex(said, r'^2 .* has no ABI number, ')

    def test_number_is_the_header_s(self):
        with open(os.path.join(harness.ROOT, 'inspector', 'heapscope.h')) as f:
            self.assertIn('#define HEAPSCOPE_ABI %d\n' % _lib.ABI, f.read())


class Commands(unittest.TestCase):
    def test_rows_are_those_of_the_help(self):
        program = ' '.join(harness.heapscope('help').out.split())
        for command in _lib.commands():
            text = _lib.help(command['name'])
            self.assertEqual(harness.heapscope('help', command['name']).out, text)
            self.assertIn(command['brief'], program)
            for option in command['options'] + _lib.describe()['options']:
                form = '[=%s]' if option['type'] == 'maybe' else ' %s'
                self.assertIn('--' + option['name'] + (form % option['meta'] if option['meta'] else ''), text)
                self.assertEqual(option['type'] == 'flag', option['meta'] is None)
                self.assertEqual(option['words'] if option['type'] == 'word' else None, option.get('words'))
            for argument in command['arguments']:
                self.assertIn('\n  %s' % argument['name'], text)
        self.assertEqual(_lib.version(), _lib.describe()['version'])
        self.assertIsNone(_lib.help('elephant'))


class Handles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scene = harness.Scene('story.py', harness.newest())

    @classmethod
    def tearDownClass(cls):
        cls.scene.close()

    def answer(self, handle, *argv, format='text'):
        pieces = []
        handle.check(handle.run(argv, format, pieces.append))
        return b''.join(pieces).decode()

    def test_same_as_the_program(self):
        with _lib.open_pid(self.scene.pid) as handle:
            mine = self.answer(handle, 'types', '--limit', '0')
        self.assertEqual(harness.heapscope('types', self.scene.pid).out.splitlines()[:-1], mine.splitlines()[:-1])

    def callback(self, read, mappings):
        return _lib.open_callback(read, mappings, [(self.scene.pid, 'main', 0, 0, 0)], self.scene.pid,
                                  os.readlink('/proc/%d/exe' % self.scene.pid))

    def test_callback_gives_the_same(self):
        read, mappings = package.memory_of(self.scene.pid)
        self.addCleanup(read.close)
        with self.callback(read, mappings) as handle, _lib.open_pid(self.scene.pid) as live:
            self.assertEqual(self.answer(live, 'types').splitlines()[:-1], self.answer(handle, 'types').splitlines()[:-1])

    def test_a_callback_that_raises(self):
        """The exception comes out, nothing more is read, and the handle goes on."""
        read, mappings = package.memory_of(self.scene.pid)
        self.addCleanup(read.close)
        calls = []

        def failing(addr, length):
            calls.append(addr)
            if len(calls) == 40:
                raise Stop
            return read(addr, length)
        with self.callback(failing, mappings) as handle:
            with self.assertRaises(Stop):
                handle.run(['types'], 'json', lambda piece: None)
            self.assertEqual(40, len(calls))
            self.assertIn('dict', self.answer(handle, 'types'))

    def test_a_writer_that_raises_or_stops(self):
        with _lib.open_pid(self.scene.pid) as handle:
            with self.assertRaises(ZeroDivisionError):
                handle.run(['types'], 'json', lambda piece: 1 / 0)
            self.assertEqual(_lib.FAILED, handle.run(['types'], 'json', lambda piece: False))
            with self.assertRaises(_lib.Error):
                handle.check(_lib.FAILED)
            self.assertIn('dict', self.answer(handle, 'types'))

    def test_errors(self):
        with self.assertRaisesRegex(_lib.Error, 'there is no process 999999999') as caught:
            _lib.open_pid(999999999)
        self.assertEqual(2, caught.exception.status)
        with self.assertRaisesRegex(_lib.Error, 'nonexistent'):
            _lib.open_core('/nonexistent/core')
        with _lib.open_pid(self.scene.pid) as handle:
            with self.assertRaisesRegex(_lib.Error, "did you mean 'types'") as caught:
                self.answer(handle, 'typos')
            self.assertEqual(64, caught.exception.status)
        with self.assertRaisesRegex(_lib.Error, 'closed'):
            self.answer(handle, 'types')
        handle.close()
        with self.assertRaises(TypeError):
            _lib.open_pid(self.scene.pid, speed=3)

    def test_interrupt(self):
        """From another thread, while it runs; the next command is not the one that is interrupted."""
        with _lib.open_pid(self.scene.pid) as handle:
            handle.interrupt()  # nothing runs
            self.assertIn('dict', self.answer(handle, 'types'))
            began, go_on = threading.Event(), threading.Event()

            def slow(piece):
                began.set()
                go_on.wait(harness.PATIENCE)
            got = []
            thread = threading.Thread(target=lambda: got.append(handle.run(['objects', '--limit', '0'], 'json', slow)))
            thread.start()
            self.assertTrue(began.wait(harness.PATIENCE))
            handle.interrupt()
            go_on.set()
            thread.join(harness.PATIENCE)
            self.assertEqual([_lib.FAILED], got)
            with self.assertRaises(_lib.Interrupted):
                handle.check(got[0])
            self.assertIn('dict', self.answer(handle, 'types'))


if __name__ == '__main__':
    package.main()
