#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input: one line on stderr that says what and why, the right status, no hang, nothing executed."""
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cores  # noqa: E402
import harness  # noqa: E402

PYTHON = harness.newest()
LIMIT = 20  # seconds; whatever takes longer hangs


class Bad(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix='scene-bad-')

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, data):
        with open(self.path(name), 'wb') as f:
            f.write(data)
        return self.path(name)

    def refused(self, target, *says, status=2, options=(), **how):
        """Every command refuses the target in the same way."""
        for command in ('types', 'info', 'doctor'):
            for form in ((), ('--json',)):
                run = harness.heapscope(command, *form, *options, target, timeout=LIMIT, **how)
                self.assertEqual(status, run.status, run)
                self.assert_one_line(run, says, may_show=command == 'doctor')

    def assert_one_line(self, run, says, may_show=False):
        self.assertEqual(1, run.err.count('\n'), run)
        self.assertTrue(run.err.startswith('heapscope: '), run)
        if not may_show:  # doctor shows as much as it found
            self.assertEqual('', run.out, run)
        for pattern in says:
            self.assertRegex(run.err, re.compile(pattern, re.I), run)

    # ---- the command line ----

    def test_usage(self):
        for arguments in ([], ['types'], ['nonsense', '1'], ['types', '--nonsense', '1'], ['types', '1', '2'],
                          ['types', '--limit', 'x', '1'], ['types', '--sort', 'x', '1'], ['--limit'], [''],
                          ['types', '']):
            run = harness.heapscope(*arguments, timeout=LIMIT)
            self.assertEqual(64, run.status, run)
            self.assertEqual('', run.out, run)
            self.assertTrue(run.err, run)

    def test_help_and_version(self):
        for arguments in (['--help'], ['--version'], ['types', '--help']):
            run = harness.heapscope(*arguments, timeout=LIMIT)
            self.assertEqual((0, ''), (run.status, run.err), run)
            self.assertTrue(run.out, run)

    # ---- files ----

    def test_no_such_file(self):
        self.refused(self.path('absent'), 'absent', 'no such file')

    def test_directory(self):
        self.refused(self.dir, 'directory')

    def test_empty_file(self):
        self.refused(self.write('empty', b''), 'empty')

    def test_text_file(self):
        self.refused(self.write('text', b'hello, world\n' * 100), 'not a core')

    def test_short_elf(self):
        for n in (4, 16, 63):
            self.refused(self.write('short', (b'\x7fELF\x02\x01\x01' + b'\0' * 60)[:n]), 'core|cut|short|damaged')

    def test_executable(self):
        self.refused('/bin/true', 'executable', 'not a core')

    def test_snapshots(self):
        self.refused(self.write('core.db', b'SQLite format 3\0' + b'\0' * 100), 'an SQLite database', 'sqlite3')
        self.refused(self.write('core.jsonl', b'{"heapscope": {}}\n'), 'a snapshot in the format jsonl', 'diff')

    def test_compressed_core(self):
        self.refused(self.write('core.xz', b'\xfd7zXZ\0' + b'\0' * 100), 'compressed', 'xz')

    def test_fifo(self):
        os.mkfifo(self.path('fifo'))
        self.refused(self.path('fifo'), 'fifo|not a regular file')

    def test_device_and_socket(self):
        self.refused('/dev/null', 'not a regular file|device|empty')
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.path('socket'))
            self.refused(self.path('socket'), 'socket|not a regular file|No such device')

    def test_name_with_control_characters(self):
        run = harness.heapscope('types', self.path('a\n\x1b[31mb'), timeout=LIMIT)
        self.assertEqual(2, run.status, run)
        self.assert_one_line(run, ())
        self.assertNotIn('\x1b', run.err)

    def test_unreadable_file(self):
        path = self.write('secret', b'x')
        os.chmod(path, 0)
        os.chmod(self.dir, 0o755)
        self.refused(path, 'permission', prefix=NOBODY if os.getuid() == 0 else ())

    # ---- processes ----

    def test_no_such_pid(self):
        with open('/proc/sys/kernel/pid_max') as f:
            free = next(p for p in range(int(f.read()) - 1, 1, -1) if not os.path.exists('/proc/%d' % p))
        self.refused(free, str(free), 'there is no process')
        for number in ('0', '99999999999999999999', '4294967297'):
            self.refused(number, 'there is no process|no process has')

    def test_not_python(self):
        process = subprocess.Popen(['sleep', '600'])
        try:
            self.refused(process.pid, 'not a CPython process|no CPython')
            self.assertEqual('S', harness.state_of(process.pid))
        finally:
            process.kill()
            process.wait()

    def test_nothing_of_the_target_is_executed(self):
        """Under strace, heapscope starts no program at all; not for a name that a shell would take apart either."""
        program = self.path('python3; touch trace')
        shutil.copy('/bin/sleep', program)
        process = subprocess.Popen([program, '600'], cwd=self.dir)
        try:
            strace = shutil.which('strace')
            if not strace:
                harness.skip(self, 'strace is not installed')
            log = self.path('strace')
            for command in ('types', 'info', 'doctor'):
                subprocess.run([strace, '-f', '-qq', '-e', 'trace=execve,execveat', '-o', log, harness.HEAPSCOPE,
                                command, str(process.pid)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, timeout=60, cwd=self.dir)
                with open(log) as f:
                    executed = [line for line in f if 'exec' in line]
                self.assertEqual(1, len(executed), executed)  # heapscope itself
            self.assertFalse(os.path.exists(self.path('trace')))
        finally:
            process.kill()
            process.wait()

    def test_zombie(self):
        process = subprocess.Popen(['true'])
        try:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            self.refused(process.pid, 'zombie|has ended|no memory')
        finally:
            process.wait()

    def test_kernel_thread(self):
        if os.path.exists('/proc/2/status') and harness.status_of(2, 'Name') == 'kthreadd':
            self.refused(2, 'kernel thread|no memory|permission')

    def test_another_users_process(self):
        if os.getuid() != 0:
            self.refused(1, 'permission|uid')
            return
        with harness.Scene('ticking.py', PYTHON, 'idle') as scene:
            self.refused(scene.pid, 'permission|may not', 'uid|user', prefix=NOBODY)
            self.assertTrue(harness.is_going_on(scene.pid))

    def test_container_boundaries(self):
        """Root without the capability, and root of a user namespace that the process is not in."""
        if os.getuid() != 0:
            harness.skip(self, 'wants root, to give up a capability')
        without = ['setpriv', '--inh-caps=-sys_ptrace', '--bounding-set=-sys_ptrace']
        inside = ['unshare', '--user', '--map-root-user']
        for user, prefix, says in ((NOBODY, without, ['no CAP_SYS_PTRACE', '--cap-add']),
                                   ([], inside, ['runs in a container', 'on the host'])):
            if subprocess.run(prefix + ['true'], stderr=subprocess.DEVNULL).returncode:
                harness.skip(self, '%s is not allowed here' % prefix[0])
            process = subprocess.Popen(user + ['sleep', '600'])
            try:
                self.wait_for_name(process.pid, 'sleep')
                self.refused(process.pid, 'may not be inspected', *says, prefix=prefix)
            finally:
                process.kill()
                process.wait()

    def wait_for_name(self, pid, name):
        deadline = time.monotonic() + LIMIT
        while harness.status_of(pid, 'Name') != name:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)

    def test_pid_that_is_also_a_file(self):
        self.write('1234567', b'text')
        run = harness.heapscope('types', './1234567', timeout=LIMIT, cwd=self.dir)
        self.assertEqual(2, run.status, run)
        self.assert_one_line(run, ['not a core'])

    # ---- cores ----

    def core_of(self, command, name):
        why = harness.why_no_kernel_core()
        if why:
            harness.skip(self, why)
        folder = self.path(name)
        os.mkdir(folder)
        limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (limit, limit)))
        try:
            if process.stdout.read(1) == b'':
                self.fail('%s ended' % command)
        finally:
            process.send_signal(signal.SIGABRT)
            process.wait()
            process.stdout.close()
        found = [os.path.join(folder, f) for f in os.listdir(folder) if f.startswith('core')]
        if not found:
            harness.skip(self, 'core_pattern %s leads elsewhere' % harness.core_pattern())
        return found[0]

    def test_core_of_another_program(self):
        core = self.core_of(['sh', '-c', 'echo; while :; do sleep 0.1; done'], 'of-sh')
        self.refused(core, 'not a CPython process|no CPython')

    def python_core(self, name, change=lambda path: None):
        """(core, files) of a process that runs copies of an interpreter's files, changed beforehand."""
        folder = tempfile.mkdtemp(prefix='copy-', dir=self.dir)
        library = [line.split()[2] for line in subprocess.run(
            ['ldd', PYTHON.path], stdout=subprocess.PIPE, universal_newlines=True).stdout.splitlines()
            if 'libpython' in line]
        moved = [shutil.copy(os.path.realpath(p), os.path.join(folder, os.path.basename(p)))
                 for p in [PYTHON.path] + library]
        for path in moved:
            os.chmod(path, 0o755)
            change(path)
        env = ['env', 'LD_LIBRARY_PATH=' + folder, 'PYTHONHOME=' + PYTHON.prefix]
        core = self.core_of(env + [moved[0], '-S', '-c', 'import sys,time;sys.stdout.write("x");'
                                   'sys.stdout.flush();time.sleep(600)'], name)
        return core, moved

    def test_core_whose_binary_is_gone(self):
        core, moved = self.python_core('gone')
        run = harness.heapscope('types', core)
        self.assertEqual(0, run.status, run)
        for path in moved:
            os.rename(path, path + '.away')
        self.refused(core, 'gone|no such file|not found|missing|cannot be opened', '--exe|--sysroot|build-id')

    def test_core_whose_binary_is_another(self):
        core, moved = self.python_core('another')
        for path in moved:
            os.unlink(path)
            shutil.copy('/bin/true', path)
        self.refused(core, 'build-id')

    def test_no_debug_information(self):
        """A stripped interpreter with a build-id that no debug file has."""
        if not shutil.which('objcopy'):
            harness.skip(self, 'objcopy is not installed')

        def strip(path):
            note = self.write('build-id', b'\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0' + os.urandom(20))
            subprocess.run(['objcopy', '--strip-all', '--remove-section=.gnu_debuglink',
                            '--update-section', '.note.gnu.build-id=' + note, path], check=True)
        core, _ = self.python_core('stripped', strip)
        self.refused(core, 'debug', 'package|file|-dbg|--debug')

    def test_damaged_core_headers(self):
        core, _ = self.python_core('headers')
        whole = harness.heapscope('types', core).out.splitlines()[:-1]  # the last line has the core's name
        for offset, value in ((0x20, 0xffffffffffffff00), (0x20, 7), (0x36, 0xffff), (0x38, 0xffffffff)):
            copy = cores.Core(core)
            copy.bytes[offset:offset + 8] = value.to_bytes(8, 'little')
            path = copy.save(self.path('headers.core'))
            run = harness.heapscope('types', path, timeout=LIMIT)
            self.assertIn(run.status, (0, 1, 2), run)
            if run.status == 0:  # as the table of segments says: all of the real ones are in it
                self.assertEqual(whole, run.out.splitlines()[:-1])
            else:
                self.assertEqual(1, run.err.count('\n'), run)


NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all']

if __name__ == '__main__':
    harness.main()
