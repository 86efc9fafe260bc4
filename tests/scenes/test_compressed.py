#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compressed cores, H15 and H16 of what was seen to go wrong elsewhere: the same answers as from the core itself,
whatever program compressed it; nothing is left behind, whatever ends it; a damaged file gives what came out of it,
marked. Without libarchive one line says how to decompress it."""
import bz2
import glob
import gzip
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402

SUPPORTED = harness.is_built_with('LIBARCHIVE_LIBRARY')
# name: (suffix, how it is compressed to stdout, how the message says to decompress it)
PACKERS = {'zstd': ('zst', ['zstd', '-qc'], 'zstd -d'), 'lz4': ('lz4', ['lz4', '-qc'], 'lz4 -d'),
           'xz': ('xz', ['xz', '-0c'], 'xz -dk'), 'gzip': ('gz', ['gzip', '-1c'], 'gzip -dk'),
           'bzip2': ('bz2', ['bzip2', '-1c'], 'bzip2 -dk')}


def compress(core, packer):
    suffix, command, _ = PACKERS[packer]
    path = '%s.%s' % (core, suffix)
    with open(path, 'wb') as to:
        subprocess.run(command + [core], stdout=to, check=True)
    return path


def elf_core(promised):
    """The beginning of a core whose headers promise that many bytes of memory after them."""
    header = struct.pack('<16sHHIQQQIHHHHHH', b'\x7fELF\x02\x01\x01', 4, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return (header + struct.pack('<IIQQQQQQ', 1, 6, 4096, 0x10000, 0, promised, promised, 4096)).ljust(4096, b'\0')


def children_of(pid):
    try:
        with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
            return [int(child) for child in f.read().split()]
    except OSError:
        return []


def open_in(pid, folder):
    """{link in /proc: name} of the files there that the process has open."""
    found = {}
    try:
        for link in glob.glob('/proc/%d/fd/*' % pid):
            found[link] = os.readlink(link)
    except OSError:
        pass
    return {link: name for link, name in found.items() if name.startswith(folder + '/')}


@harness.expand
class Compressed(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix='compressed-')
        self.addCleanup(shutil.rmtree, self.dir)
        self.tmp = os.path.join(self.dir, 'tmp')
        os.mkdir(self.tmp)

    def run_heapscope(self, *arguments, **more):
        run = harness.heapscope(*arguments, env=dict(os.environ, TMPDIR=self.tmp), **more)
        self.assertEqual([], os.listdir(self.tmp), run)
        return run

    def need_libarchive(self):
        if not SUPPORTED:
            self.skipTest('built without libarchive')  # what then is to be is test_h15's

    def written(self, name, content):
        path = os.path.join(self.dir, name)
        with open(path, 'wb') as f:
            f.write(content)
        return path

    def refused(self, path, *says):
        run = self.run_heapscope('types', path)
        self.assertEqual((2, ''), (run.status, run.out), run)
        self.assertEqual(1, run.err.count('\n'), run)
        for part in says:
            self.assertIn(part, run.err)
        return run

    def gcore(self, scene):
        why = harness.why_no_gcore()
        if why:
            harness.skip(self, why)
        return scene.gcore()

    # ---- H15: the same answers ----

    def answer(self, core, command, packer=None):
        """Of a core that is compressed with packer: without what differs on purpose."""
        document = self.run_heapscope(command, '--json', core).json()
        self.assertEqual((core, packer), (document['target'].pop('core'), document['target'].pop('compression', None)))
        return json.loads(json.dumps(document).replace(json.dumps(core), '"CORE"'))

    def same_answers(self, core, commands):
        expected = {command: self.answer(core, command) for command in commands}
        for packer, (_, _, decompress) in PACKERS.items():
            path = compress(core, packer)
            with self.subTest(packer=packer):
                if not SUPPORTED:
                    self.refused(path, "'%s' is compressed with %s, not a core file" % (path, packer), decompress,
                                 'built with libarchive reads it as it is')
                    continue
                for command in commands:
                    self.assertEqual(expected[command], self.answer(path, command, packer), command)
                text = self.run_heapscope('types', path).out
                self.assertEqual(self.run_heapscope('types', core).out, text.replace(path, core))
            os.unlink(path)

    @harness.each_interpreter()
    def test_h15_same_answers(self, interpreter):
        with harness.Scene('stack_locals.py', interpreter) as scene:
            self.same_answers(self.gcore(scene), ['types', 'stack'])

    def test_h15_every_command_asks_the_same_core(self):
        """The kernel's core, by commands that go different ways into it; two of them at once."""
        with harness.Scene('stack_locals.py', harness.newest()) as scene:
            for _, core in harness.targets_of(scene, self, ('kernel core',)):
                self.same_answers(core, ['info', 'doctor', 'objects', 'stack'])
                if not SUPPORTED:
                    return
                one, other = compress(core, 'zstd'), compress(core, 'gzip')
                run = self.run_heapscope('diff', one, other)
                self.assertEqual(0, run.status, run)
                self.assertTrue(run.out.startswith('OLD: %s,' % one), run)
                run = self.run_heapscope('stack', '--json', one, other)
                self.assertEqual([one, other], [p['core'] for p in run.json()['processes']], run)
                snapshot = os.path.join(self.dir, 'all.jsonl.zst')
                self.assertEqual(0, self.run_heapscope('snapshot', one, '-o', snapshot).status)
                run = self.run_heapscope('diff', snapshot, one)
                self.assertEqual(0, run.status, run)

    # ---- damaged, cut off, something else ----

    def test_h15_damaged_is_a_cut_core(self):
        """The core itself, cut where the compressed one ended, is the oracle."""
        self.need_libarchive()
        interpreter = harness.newest()
        exe = ['--exe', os.path.realpath(interpreter.path)]
        with harness.Scene('counts.py', interpreter) as scene:
            core = self.gcore(scene)
            for packer in PACKERS:
                with open(compress(core, packer), 'rb') as f:
                    whole = f.read()
                middle = len(whole) * 3 // 4
                for what, content in (('cut', whole[:len(whole) * 9 // 10]), ('half', whole[:len(whole) // 2]),
                                      ('flipped', whole[:middle] + bytes([whole[middle] ^ 16]) + whole[middle + 1:])):
                    with self.subTest(packer=packer, what=what):
                        path = self.written('damaged', content)
                        run = self.run_heapscope('types', '--json', path, *exe)
                        self.assertIn('compressed file is damaged or cut off', run.err)
                        if what == 'flipped':  # all that comes after it may be wrong, or nothing comes
                            self.assertIn(run.status, (1, 2), run)
                            continue
                        self.assertEqual(1, run.status, run)
                        note = [n for n in run.json()['incomplete'] if 'compressed file is damaged or cut off' in n]
                        came_out = int(re.search(r'the (\d+) bytes that came out', note[0]).group(1))
                        self.assertGreater(came_out, os.path.getsize(core) // 10)
                        shutil.copy(core, self.dir + '/part')
                        os.truncate(self.dir + '/part', came_out)
                        expected = harness.heapscope('types', '--json', self.dir + '/part', *exe).json()
                        self.assertEqual(expected['rows'], run.json()['rows'])
                        self.assertEqual(expected['incomplete'],
                                         [n for n in run.json()['incomplete'] if n not in note])

    def test_h15_too_little_came_out(self):
        self.need_libarchive()
        core = self.written('core', elf_core(100000) + os.urandom(100000))
        for packer in PACKERS:
            with open(compress(core, packer), 'rb') as f:
                begin = f.read(8)
            self.refused(self.written('begun', begin), 'compressed with ' + packer, 'nothing came out of it')
        self.refused(self.written('head.gz', gzip.compress(elf_core(100000)[:100])[:-9]), 'is damaged or cut off',
                     'too few for a core')

    def test_h15_no_core_in_it(self):
        self.need_libarchive()
        text = self.written('text', b'hello, world\n' * 100000)
        nothing = self.written('empty', b'')
        for packer in PACKERS:
            self.refused(compress(text, packer), 'is a text file, not a core file (that is what is compressed in it)')
            self.refused(compress(shutil.copy('/bin/true', self.dir), packer),
                         'is an executable, not a core file')
            self.refused(compress(nothing, packer), 'nothing came out of it')
        self.refused(self.written('twice.gz', gzip.compress(bz2.compress(b'x' * 10000))), 'compressed with bzip2')

    # ---- H16: nothing is left ----

    def slow(self):
        """A compressed core that takes very long to decompress: a part of it again and again."""
        part = bz2.compress(os.urandom(1 << 18).hex().encode())
        return self.written('slow.bz2', bz2.compress(elf_core(4 << 30)) + part * 4000)

    def started(self, path, prefix=()):
        """A run that is in the middle of it: (process, its child). What it writes to has no name."""
        process = subprocess.Popen(list(prefix) + [harness.HEAPSCOPE, 'types', path], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                                   env=dict(os.environ, TMPDIR=self.tmp))
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        deadline = time.monotonic() + harness.PATIENCE
        while time.monotonic() < deadline:
            self.assertEqual([], os.listdir(self.tmp))
            children, files = children_of(process.pid), open_in(process.pid, self.tmp)
            if children and any(os.stat(link).st_blocks > 2000 for link in files):  # a megabyte is there
                self.assertTrue(all(name.endswith(' (deleted)') for name in files.values()), files)
                return process, children[0]
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        self.fail('it did not begin')

    def ended(self, process, child):
        """Both, soon; and with them the file."""
        began = time.monotonic()
        out, err = process.communicate(timeout=harness.PATIENCE)
        while os.path.exists('/proc/%d' % child) and harness.state_of(child) != 'Z':
            self.assertLess(time.monotonic() - began, 5)
            time.sleep(0.01)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual([], os.listdir(self.tmp))
        return process.returncode, err.decode()

    def test_h16_nothing_is_left(self):
        self.need_libarchive()
        path = self.slow()
        for sig, to_group in ((signal.SIGKILL, False), (signal.SIGINT, False), (signal.SIGINT, True),
                              (signal.SIGTERM, False)):
            with self.subTest(signal=sig, group=to_group):
                process, child = self.started(path)
                (os.killpg if to_group else os.kill)(process.pid, sig)
                status, err = self.ended(process, child)
                if sig == signal.SIGKILL:
                    self.assertEqual(-9, status)
                else:
                    self.assertEqual((2, 'heapscope: interrupted\n'), (status, err))

    def test_h16_the_child_is_killed(self):
        """As by the kernel where memory is out: what it had done is used."""
        self.need_libarchive()
        process, child = self.started(self.slow())
        os.kill(child, signal.SIGKILL)
        status, err = self.ended(process, child)
        self.assertEqual(2, status, err)  # it has no Python in it
        self.assertIn('its compressed file is damaged or cut off', err)

    def test_h16_files_that_have_names(self):
        """Where the file system has no others the name is taken away at once."""
        self.need_libarchive()
        log = os.path.join(self.dir, 'log')
        with harness.Scene('stack_locals.py', harness.newest()) as scene:
            core = self.gcore(scene)
            # a sanitizer build cannot look for leaks where it is traced
            run = self.run_heapscope('types', compress(core, 'zstd'), prefix=[
                'env', 'ASAN_OPTIONS=detect_leaks=0', 'strace', '-f', '-o', log, '-e', 'trace=openat', '-P', self.tmp, '-e',
                'inject=openat:error=EOPNOTSUPP'])
            self.assertEqual(0, run.status, run)
            expected = self.run_heapscope('types', core).out
            self.assertEqual(expected.splitlines()[:-1], run.out.splitlines()[:-1])
        with open(log, encoding='utf-8') as f:
            self.assertRegex(f.readline(), 'O_TMPFILE.*EOPNOTSUPP')

    # ---- no room ----

    def in_tmpfs(self, size, path):
        """Of a run with a file system of that size as its TMPDIR; and how full it was at most, in percent."""
        if os.getuid() != 0 or subprocess.run(['unshare', '-m', 'true'], stderr=subprocess.DEVNULL).returncode:
            harness.skip(self, 'no right to mount')
        script = 'mount -t tmpfs -o size=%s none "$0" && "$@"; status=$?; ls -A "$0"; exit $status' % size
        return self.run_heapscope('types', path, prefix=['unshare', '-m', 'sh', '-c', script, self.tmp])

    def test_h16_no_room(self):
        self.need_libarchive()
        core = self.written('core', elf_core(50 << 20) + os.urandom(50 << 20))
        path = compress(core, 'lz4')
        run = self.in_tmpfs('8m', path)
        self.assertEqual((2, ''), (run.status, run.out), run)
        self.assertEqual(1, run.err.count('\n'), run)
        self.assertRegex(run.err, "there is no room to decompress '%s': No space left on device after [78]\\.[0-9] MiB "
                                  "of at most 50.0 MiB in '%s'.*TMPDIR=DIR names another place" % (path, self.tmp))

    def test_h16_a_bomb_leaves_room_for_others(self):
        """Headers that lie: it ends before the disk is full."""
        self.need_libarchive()
        part = subprocess.run(['zstd', '-qc'], input=b'bomb' * (1 << 18), stdout=subprocess.PIPE, check=True).stdout
        head = subprocess.run(['zstd', '-qc'], input=elf_core(1 << 50), stdout=subprocess.PIPE, check=True).stdout
        run = self.in_tmpfs('400m', self.written('bomb.zst', head + part * 10000))
        self.assertEqual((2, ''), (run.status, run.out), run)
        self.assertIn('No space left on device', run.err)
        self.assertRegex(run.err, 'whose last (1[0-9]|4)\\.[0-9] MiB are left to others')

    def test_h16_nowhere(self):
        self.need_libarchive()
        path = compress(self.written('core', elf_core(4096) + b'x' * 4096), 'gzip')
        run = harness.heapscope('types', path, env=dict(os.environ, TMPDIR=self.dir + '/none'))
        self.assertEqual((2, 1), (run.status, run.err.count('\n')), run)
        self.assertIn("'%s/none' (TMPDIR names another folder), which cannot be made: No such file" % self.dir, run.err)


if __name__ == '__main__':
    harness.main()
