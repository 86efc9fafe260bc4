#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The target is never stopped for good, never changed: threads that are born meanwhile, heapscope killed at any
moment, targets that are stopped or traced, signals and closed pipes."""
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402

ATTACHES = int(os.environ.get('HEAPSCOPE_ATTACHES', '200'))
KILLS = int(os.environ.get('HEAPSCOPE_KILLS', '200'))
PYTHON = harness.newest()


def counter(scene):
    with open(os.path.join(scene.dir, 'counter'), 'rb') as f:
        return struct.unpack('<Q', f.read(8))[0]


class Safety(unittest.TestCase):
    def assert_goes_on(self, scene):
        self.assertIsNone(scene.process.poll(), 'the target has ended')
        before, deadline = counter(scene), time.monotonic() + 20
        while counter(scene) <= before + 2:
            self.assertLess(time.monotonic(), deadline, 'the target stands: %s' % harness.state_of(scene.pid))
            time.sleep(0.002)
        self.assertIn(harness.state_of(scene.pid), 'RSD')
        self.assertEqual('0', harness.status_of(scene.pid, 'TracerPid'))

    def test_threads_born_meanwhile(self):
        with harness.Scene('ticking.py', PYTHON, 'threads', '2000') as scene:
            for _ in range(ATTACHES):
                run = harness.heapscope('types', '--json', scene.pid)
                self.assertEqual(0, run.status, run)
                ballast = [r for r in run.json()['rows'] if r['type'] == 'dict'][0]['count']
                self.assertGreaterEqual(ballast, 2000)
                self.assertIsNone(scene.process.poll(), 'the target has ended')
            self.assert_goes_on(scene)

    def test_collections_all_the_time(self):
        """What the collector moves while it is looked at is no reason to call the process damaged, or no Python."""
        with harness.Scene('ticking.py', PYTHON, 'collecting', '2000') as scene:
            for _ in range(ATTACHES):
                run = harness.heapscope('types', '--json', scene.pid)
                self.assertEqual((0, []), (run.status, run.json()['incomplete']) if run.status < 2 else run, run)
            self.assert_goes_on(scene)

    def test_killed_at_any_moment(self):
        seed = int(os.environ.get('HEAPSCOPE_SEED', str(int(time.time()))))
        print('HEAPSCOPE_SEED=%d' % seed)
        chance = random.Random(seed)
        with harness.Scene('ticking.py', PYTHON, 'busy', '20000') as scene:
            whole = harness.heapscope('types', scene.pid).seconds
            killed = 0
            for _ in range(KILLS):
                process = subprocess.Popen([harness.HEAPSCOPE, 'types', str(scene.pid)], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(chance.random() * whole)
                process.kill()
                killed += process.wait() == -signal.SIGKILL
                self.assert_goes_on(scene)
            self.assertGreater(killed, KILLS / 4, 'most runs had ended before they were killed')

    def test_stopped_stays_stopped(self):
        with harness.Scene('ticking.py', PYTHON, 'idle') as scene:
            os.kill(scene.pid, signal.SIGSTOP)
            while harness.state_of(scene.pid) != 'T':
                time.sleep(0.01)
            run = harness.heapscope('types', '--json', scene.pid)
            self.assertEqual(0, run.status, run)
            self.assertIn('stopped', ' '.join(run.json()['notes']))
            self.assertEqual('T', harness.state_of(scene.pid))
            stands = counter(scene)
            time.sleep(0.1)
            self.assertEqual(stands, counter(scene))
            os.kill(scene.pid, signal.SIGCONT)
            self.assert_goes_on(scene)

    def test_traced_by_another(self):
        if not shutil.which('strace'):
            harness.skip(self, 'strace is not installed')
        with harness.Scene('ticking.py', PYTHON, 'idle') as scene:
            strace = subprocess.Popen(['strace', '-f', '-q', '-e', 'trace=none', '-o', '/dev/null', '-p',
                                       str(scene.pid)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                deadline = time.monotonic() + 10
                while harness.status_of(scene.pid, 'TracerPid') == '0':
                    self.assertLess(time.monotonic(), deadline, 'strace did not attach')
                    time.sleep(0.01)
                run = harness.heapscope('types', '--json', scene.pid)
                self.assertIn(run.status, (0, 1), run)
                notes = ' '.join(run.json()['notes'] + [str(i) for i in run.json()['incomplete']])
                self.assertRegex(notes, r'\b%d\b' % strace.pid, 'does not say who traces')
                self.assertEqual(str(strace.pid), harness.status_of(scene.pid, 'TracerPid'))
            finally:
                strace.terminate()
                strace.wait()
            self.assert_goes_on(scene)

    def test_held_by_gdb(self):
        """A debugger has stopped it: it is read as it stands, and stands on."""
        if harness.why_no_gcore():
            harness.skip(self, harness.why_no_gcore())
        with harness.Scene('ticking.py', PYTHON, 'idle', '2000') as scene:
            gdb = subprocess.Popen(['gdb', '-nx', '-q', '-iex', 'set auto-load no', '-iex', 'set auto-solib-add off',
                                    '-iex', 'set debuginfod enabled off', '-p', str(scene.pid)],
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                self.wait_for_state(scene.pid, 't')
                run = harness.heapscope('types', '--json', scene.pid)
                self.assertEqual(0, run.status, run)
                self.assertRegex(' '.join(run.json()['notes']), r'gdb.*\b%d\b|\b%d\b.*gdb' % (gdb.pid, gdb.pid))
                dicts = [r for r in run.json()['rows'] if r['type'] == 'dict'][0]
                self.assertGreaterEqual(dicts['count'], 2000)
                self.assertEqual(('t', str(gdb.pid)),
                                 (harness.state_of(scene.pid), harness.status_of(scene.pid, 'TracerPid')))
            finally:
                gdb.communicate(b'detach\nquit\n', timeout=harness.PATIENCE)
            self.assert_goes_on(scene)

    def wait_for_state(self, pid, state):
        deadline = time.monotonic() + harness.PATIENCE
        while harness.state_of(pid) != state:
            self.assertLess(time.monotonic(), deadline, 'in state %s' % harness.state_of(pid))
            time.sleep(0.01)

    def test_uninterruptible_sleep(self):
        """The parent of a child by vfork() sleeps so that no signal and no tracer wakes it."""
        with harness.Scene('uninterruptible.py', PYTHON) as scene:
            self.wait_for_state(scene.pid, 'D')
            for command in ('types', 'stack', 'info'):
                run = harness.heapscope(command, '--json', scene.pid)
                self.assertEqual(0, run.status, run)
                self.assertIn('uninterruptible sleep', ' '.join(run.json()['notes']), run)
                self.assertEqual(('D', '0'),
                                 (harness.state_of(scene.pid), harness.status_of(scene.pid, 'TracerPid')))
            rows = harness.types_of(self, scene.pid)
            for name, row in scene.truth['types'].items():
                self.assertEqual(row, [rows[name][k] for k in ('count', 'size', 'max')], name)
            scene.process.stdin.close()
            scene.process.stdin = open(os.devnull, 'wb')
            self.wait_for_state(scene.pid, 'S')

    def test_no_pause(self):
        with harness.Scene('ticking.py', PYTHON, 'busy') as scene:
            run = harness.heapscope('types', '--json', '--no-pause', scene.pid)
            self.assertIn(run.status, (0, 1), run)
            self.assertIn('torn', ' '.join(run.json()['notes'] + [str(i) for i in run.json()['incomplete']]), run)
            self.assert_goes_on(scene)

    def test_ends_on_signals(self):
        with harness.Scene('ticking.py', PYTHON, 'busy', '200000') as scene:
            whole = harness.heapscope('types', scene.pid).seconds
            for number in (signal.SIGINT, signal.SIGTERM):
                for part in range(10):
                    process = subprocess.Popen([harness.HEAPSCOPE, 'types', str(scene.pid)],
                                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                               stderr=subprocess.PIPE)
                    time.sleep(whole * part / 10)
                    process.send_signal(number)
                    _, err = process.communicate(timeout=harness.PATIENCE)
                    self.assertIn(process.returncode, (0, 2, -number, 128 + number), err)
                    self.assertLessEqual(err.count(b'\n'), 1, err)
                    self.assert_goes_on(scene)

    def test_ends_on_a_closed_pipe(self):
        with harness.Scene('ticking.py', PYTHON, 'idle') as scene:
            for command in (['types', scene.pid], ['types', '--json', scene.pid], ['doctor', scene.pid]):
                reader, writer = os.pipe()
                os.close(reader)
                process = subprocess.Popen([harness.HEAPSCOPE] + [str(c) for c in command], stdout=writer,
                                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
                os.close(writer)
                _, err = process.communicate(timeout=harness.PATIENCE)
                self.assertIn(process.returncode, (2, -signal.SIGPIPE, 128 + signal.SIGPIPE), err)
                self.assert_goes_on(scene)

    def test_output_that_cannot_be_written(self):
        with harness.Scene('ticking.py', PYTHON, 'idle') as scene, open('/dev/full', 'w') as full:
            done = subprocess.run([harness.HEAPSCOPE, 'types', str(scene.pid)], stdout=full, stderr=subprocess.PIPE,
                                  stdin=subprocess.DEVNULL, timeout=harness.PATIENCE)
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn(b'No space left', done.stderr)


if __name__ == '__main__':
    harness.main()
