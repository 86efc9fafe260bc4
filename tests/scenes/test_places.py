# SPDX-License-Identifier: Apache-2.0
"""heapscope stack in odd places: namespaces, chroots, embedded, threads of C, targets that are stopped or traced."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import harness

EMBED = os.path.join(harness.BUILD, 'embed')


def stack_of(test, target, *options, status=0):
    run = harness.heapscope('stack', '--json', target, *options)
    test.assertEqual(status, run.status, run)
    return run.json()


def functions(document, tid=None):
    return [row['function'] for row in document['rows'] if tid is None or row['tid'] == tid]


def tracing(pid):
    return harness.status_of(pid, 'TracerPid')


def skip_unless_root(test):
    if os.getuid():
        harness.skip(test, 'wants root')


def inner_process(scene):
    """The Python in a PID namespace that unshare has made."""
    for _ in range(100):
        found = subprocess.run(['pgrep', '-P', str(scene.pid)], stdout=subprocess.PIPE, universal_newlines=True).stdout
        if found.split():
            return int(found.split()[0])
        time.sleep(0.02)
    raise AssertionError('unshare has no child')


@harness.expand
class Places(unittest.TestCase):
    @harness.each_interpreter()
    def test_h10_pid_namespace(self, interpreter):
        skip_unless_root(self)
        with harness.Scene('stack_entries.py', interpreter,
                           command=['unshare', '-pf', '--mount-proc', '--kill-child', interpreter.path]) as scene:
            pid, truth = inner_process(scene), scene.truth
            document = stack_of(self, pid)
            threads = {row['inner_tid']: row for row in document['threads']}
            self.assertEqual(1, truth['pid'])
            self.assertEqual(pid, threads[1]['tid'])
            self.assertTrue(threads[1]['main'])
            here = set(map(int, os.listdir('/proc/%d/task' % pid)))
            self.assertEqual(here, {row['tid'] for row in document['threads']})
            for kind, name in (('c', 'by_c'), ('_thread', 'by_thread')):
                row = threads[truth['tids'][kind]]
                self.assertEqual(name, functions(document, row['tid'])[-1])
            self.assertTrue(harness.is_going_on(pid))

    @harness.each_interpreter()
    def test_h11_embedded_in_another_thread(self, interpreter):
        library = os.path.join(interpreter.prefix, 'lib', 'libpython%s%s.so.1.0' % (
            '.'.join(map(str, interpreter.version)), 'm' if interpreter.version in ((3, 6), (3, 7)) else ''))
        if not os.path.exists(library):
            return  # a static build has none
        with harness.Scene('stack_entries.py', interpreter, command=[EMBED, library, 'thread'],
                           env={'PYTHONHOME': interpreter.prefix}) as scene:
            truth = scene.truth
            for kind, target in harness.targets_of(scene, self, ('live', 'gcore core')):
                with self.subTest(kind=kind):
                    document = stack_of(self, target)
                    blocked, = [row for row in document['threads'] if 'block' in functions(document, row['tid'])]
                    self.assertFalse(blocked['main'])
                    self.assertNotEqual(scene.pid, blocked['tid'])
                    self.assertEqual(['<module>', 'main', 'ready_and_block', 'block'],
                                     functions(document, blocked['tid']))
                    self.assertEqual('by_c', functions(document, truth['tids']['c'])[-1])
                    self.assertEqual(1, document['totals']['foreign_threads'], 'the main thread runs no Python')

    @harness.each_interpreter()
    def test_h12_chroot(self, interpreter):
        """Source lines and symbols are those below the target's root; ours at the same path are another file."""
        skip_unless_root(self)
        root = tempfile.mkdtemp(prefix='root-')
        self.addCleanup(shutil.rmtree, root)
        script = os.path.join(root, 'work', 'inside.py')
        os.mkdir(os.path.dirname(script))
        with open(script, 'w') as f:
            f.write('import sys\n\n\ndef inside():\n    sys.stdout.write("READY\\n"); sys.stdout.flush(); '
                    'sys.stdin.read()  # in the root\n\n\ninside()\n')
        mounts = [p for p in ('/usr', '/lib', '/lib64', '/bin', interpreter.prefix, '/dev') if os.path.exists(p)]
        make = '; '.join('mkdir -p {0}{1} && mount --rbind {1} {0}{1}'.format(root, p) for p in mounts)
        process = subprocess.Popen(['unshare', '-m', 'sh', '-c', make + '; exec chroot %s %s /work/inside.py' % (
            root, os.path.realpath(interpreter.path))], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.assertEqual(b'READY\n', process.stdout.readline())
            document = stack_of(self, process.pid)
            row = [row for row in document['rows'] if row['function'] == 'inside'][-1]
            self.assertEqual('/work/inside.py', row['file'])
            self.assertTrue(row['source'].endswith('# in the root'), row)
            self.assertTrue(harness.is_going_on(process.pid))
        finally:
            process.kill()
            process.communicate()

    @harness.each_interpreter()
    def test_h20_threads_of_c_and_sub_interpreters(self, interpreter):
        with harness.Scene('stack_entries.py', interpreter) as scene:
            truth = scene.truth
            for kind, target in harness.targets_of(scene, self):
                with self.subTest(kind=kind):
                    document = stack_of(self, target)
                    self.assertEqual(['by_c'], functions(document, truth['tids']['c']))
                    line, = [row['line'] for row in document['rows'] if row['function'] == 'by_c']
                    self.assertEqual(truth['by_c'], line)
                    self.assertEqual(['by_thread'], functions(document, truth['tids']['_thread']))
                    subs = {}
                    for row in document['threads']:
                        if row['interpreter']:
                            index = document['threads'].index(row)
                            subs[row['interpreter']] = [r['function'] for r in document['rows'] if r['thread'] == index]
                    ran = [names for names in subs.values() if names]
                    self.assertEqual([['<module>', 'in_sub']] * truth['subs'], ran)
                    self.assertEqual({truth['tids']['sub %d' % i] for i in range(truth['subs'])}, {
                        row['tid'] for row in document['rows'] if row['function'] == 'in_sub'})
                    self.assertEqual(0, document['totals']['foreign_threads'])

    @harness.each_interpreter()
    def test_stopped_stays_stopped(self, interpreter):
        with harness.Scene('stack_entries.py', interpreter) as scene:
            before = sorted(functions(stack_of(self, scene.pid)))
            os.kill(scene.pid, signal.SIGSTOP)
            while harness.state_of(scene.pid) != 'T':
                time.sleep(0.01)
            document = stack_of(self, scene.pid)
            self.assertEqual(before, sorted(functions(document)))
            self.assertEqual('T', harness.state_of(scene.pid))
            self.assertEqual('0', tracing(scene.pid))
            self.assertTrue(any('stopped' in row['doing'] for row in document['threads']))
            os.kill(scene.pid, signal.SIGCONT)

    @harness.each_interpreter()
    def test_traced_stays_traced(self, interpreter):
        if not shutil.which('strace'):
            harness.skip(self, 'strace is not installed')
        with harness.Scene('stack_entries.py', interpreter) as scene:
            before = sorted(functions(stack_of(self, scene.pid)))
            tracer = subprocess.Popen(['strace', '-f', '-o', '/dev/null', '-p', str(scene.pid)],
                                      stderr=subprocess.DEVNULL)
            try:
                deadline = time.monotonic() + harness.PATIENCE
                while tracing(scene.pid) == '0' and time.monotonic() < deadline:
                    time.sleep(0.01)
                time.sleep(0.1)
                document = stack_of(self, scene.pid)
                self.assertEqual(before, sorted(functions(document)))
                self.assertTrue(any(re.search(r'trace', note) and str(tracer.pid) in note
                                    for note in document['notes']), document['notes'])
                self.assertEqual(str(tracer.pid), tracing(scene.pid))
                self.assertIn(harness.state_of(scene.pid), 'SRt')
            finally:
                tracer.terminate()
                tracer.wait()


if __name__ == '__main__':
    harness.main()
