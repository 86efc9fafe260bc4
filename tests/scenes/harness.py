# SPDX-License-Identifier: Apache-2.0
"""Interpreters, scenes, core files and runs of heapscope, for the tests in this folder.

Environment: HEAPSCOPE (the program; else ./heapscope), HEAPSCOPE_PYTHONS (paths, separated by colons, instead of
what is found), HEAPSCOPE_REQUIRE_ALL=1 (a skip is a failure).
"""
import atexit
import glob
import json
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SCENES = os.path.join(ROOT, 'corefiles', 'scenes')
HEAPSCOPE = os.path.abspath(os.environ.get('HEAPSCOPE', 'heapscope'))
BUILD = os.path.abspath(os.environ.get('HEAPSCOPE_BUILD', os.path.dirname(HEAPSCOPE)))
REQUIRE_ALL = os.environ.get('HEAPSCOPE_REQUIRE_ALL') == '1'
PATIENCE = float(os.environ.get('HEAPSCOPE_PATIENCE', '60'))  # seconds until something is called a hang
KINDS = ('live', 'kernel core', 'gcore core')


class Interpreter:
    """A CPython on this machine. `version` is a tuple (3, 11)."""

    def __init__(self, path):
        self.path = path
        facts = subprocess.run([path, '-S', '-E', '-c', '''
import sys
print("%d.%d" % sys.version_info[:2]); print(sys.version.split()[0]); print(sys.implementation.name
    if hasattr(sys, "implementation") else "cpython"); print(hasattr(sys, "gettotalrefcount")); print(sys.prefix)'''],
                               stdout=subprocess.PIPE, check=True, universal_newlines=True, timeout=PATIENCE)
        short, self.full, implementation, debug, self.prefix = facts.stdout.splitlines()
        self.version = tuple(int(n) for n in short.split('.'))
        self.usable = implementation == 'cpython' and debug == 'False' and (
            self.version == (2, 7) or self.version >= (3, 6))

    def __str__(self):
        return '%s (%s)' % (self.full, self.path)


def _candidates():
    named = os.environ.get('HEAPSCOPE_PYTHONS')
    if named is not None:
        yield from filter(None, named.split(':'))
        return
    yield from glob.glob(os.path.expanduser('~/.pyenv/versions/*/bin/python'))
    for folder in os.environ.get('PATH', '').split(':') + ['/usr/bin']:
        if '/.pyenv/shims' not in folder:
            for path in glob.glob(os.path.join(folder, 'python[23].[0-9]*')):
                if re.search(r'/python[23]\.\d+$', path):
                    yield path


def find_interpreters():
    """Every CPython found here, oldest first, each real file once."""
    found = {}
    for path in _candidates():
        real = os.path.realpath(path)
        if real not in found and os.access(real, os.X_OK):
            try:
                found[real] = Interpreter(path)
            except (subprocess.SubprocessError, ValueError) as e:
                raise SystemExit('%s: does not run as a Python: %s' % (path, e))
    return sorted((i for i in found.values() if i.usable), key=lambda i: (i.version, i.full, i.path))


INTERPRETERS = find_interpreters()


def newest(at_most=(99, 0)):
    found = [i for i in INTERPRETERS if i.version <= at_most]
    if not found and INTERPRETERS and not REQUIRE_ALL:
        raise unittest.SkipTest('no CPython up to %d.%d here' % at_most)
    return found[-1]


def skip(test, why):
    """A skip, or a failure where the machine is one that has to run everything."""
    if REQUIRE_ALL:
        test.fail('skipped, but HEAPSCOPE_REQUIRE_ALL is set: ' + why)
    test.skipTest(why)


# ---- heapscope ----

def is_sanitized():
    """Was it built with --enable-sanitizers?"""
    return b'libasan' in subprocess.run(['ldd', HEAPSCOPE], stdout=subprocess.PIPE, check=True).stdout


def is_built_with(macro):
    """Does config.h of the build define it?"""
    with open(os.path.join(BUILD, 'config.h'), encoding='utf-8') as f:
        return '#define %s ' % macro in f.read()


class Run:
    """One run of heapscope that has ended."""

    def __init__(self, arguments, status, out, err, seconds):
        self.arguments, self.status, self.out, self.err, self.seconds = arguments, status, out, err, seconds

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return 'heapscope %s: status %s\n--- stdout\n%s\n--- stderr\n%s' % (
            ' '.join(self.arguments), self.status, self.out[-600:], self.err[-3000:])


def heapscope(*arguments, timeout=None, env=None, prefix=(), cwd=None):
    """Runs the program to its end. A hang is a failure of the test."""
    arguments = [str(a) for a in arguments]
    began = time.monotonic()
    done = subprocess.run(list(prefix) + [HEAPSCOPE] + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout or PATIENCE, env=env, cwd=cwd)
    return Run(arguments, done.returncode, done.stdout.decode('utf-8', 'strict'),
               done.stderr.decode('utf-8', 'replace'), time.monotonic() - began)


def types_of(test, target, *options, status=0):
    """{type: row} of `heapscope types --json`, after a check of the document's own sums."""
    run = heapscope('types', '--json', target, *options)
    test.assertEqual(status, run.status, run)
    document = run.json()
    rows = {row['type']: row for row in document['rows']}
    totals = document['totals']
    test.assertEqual(totals['objects'], sum(row['count'] for row in document['rows']), run)
    test.assertEqual(totals['size'], sum(row['size'] for row in document['rows']), run)
    test.assertEqual(bool(document['incomplete']), status == 1, run)
    return rows


# ---- processes ----

_running = []


@atexit.register
def _end_all():
    for scene in list(_running):
        scene.close()


def state_of(pid):
    """The letter of /proc/PID/stat: R S D T t Z X."""
    with open('/proc/%d/stat' % pid) as f:
        return f.read().rsplit(')', 1)[1].split()[0]


def wait_until(holds, what):
    """Waits until holds() is true: `what` is said if that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(what)
        time.sleep(0.01)


def status_of(pid, key):
    with open('/proc/%d/status' % pid) as f:
        return re.search(r'^%s:\s*(.*)$' % key, f.read(), re.M).group(1)


def is_going_on(pid):
    """Runs or sleeps, and is traced by nobody."""
    return state_of(pid) in 'RSD' and status_of(pid, 'TracerPid') == '0'


class Scene:
    """A scene's process, ready and blocked. A context manager."""

    def __init__(self, name, interpreter, *arguments, env=None, command=None, flags=(), takes=('{dir}',)):
        self.interpreter = interpreter
        self.dir = tempfile.mkdtemp(prefix='scene-')
        self.fifo = os.path.join(self.dir, 'ready')
        os.mkfifo(self.fifo)
        script = name if os.path.isabs(name) else os.path.join(SCENES, name)
        command = (command or [interpreter.path]) + list(flags) + [script] + [
            a.replace('{dir}', self.dir) for a in takes + arguments]
        environment = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8', 'PYTHONDONTWRITEBYTECODE': '1'}
        environment.update(env or {})
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=self.dir, env=environment,
                                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (
                                            resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2))
        self.pid = self.process.pid
        _running.append(self)
        self.wait_ready()

    def wait_ready(self):
        """Waits until the scene says so. It may say it several times."""
        fd = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)
        try:
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                select.select([fd], [], [], 0.05)
                try:
                    if os.read(fd, 100):
                        return
                except BlockingIOError:
                    pass
                if self.process.poll() is not None:
                    raise AssertionError('the scene ended with status %d' % self.process.returncode)
                time.sleep(0.005)
        finally:
            os.close(fd)
        raise AssertionError('the scene was not ready after %d s' % PATIENCE)

    @property
    def truth(self):
        with open(os.path.join(self.dir, 'truth.json')) as f:
            return json.load(f)

    def go_on(self):
        """Starts the next part and waits until it is ready."""
        self.process.stdin.write(b'\n')
        self.process.stdin.flush()
        self.wait_ready()

    def gcore(self, pid=None):
        """A core by GDB, without reading symbols, which it does not need for that; of the scene or of its child."""
        path = os.path.join(self.dir, 'gcore')
        done = subprocess.run(
            ['gdb', '-nx', '-batch', '-iex', 'set auto-load no', '-iex', 'set auto-solib-add off', '-iex',
             'set debuginfod enabled off', '-iex', 'set exec-file-mismatch off', '-p', str(pid or self.pid), '-ex',
             'gcore ' + path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=2 * PATIENCE)
        if not os.path.exists(path):
            raise AssertionError('gcore left no core: %s' % done.stdout.decode('utf-8', 'replace'))
        return path

    def kernel_core(self, pid=None):
        """Ends the scene, or a child that it does not wait for, with SIGABRT. @return the core that the kernel wrote."""
        pid = pid or self.pid
        before = set(self._kernel_cores(pid))
        os.kill(pid, signal.SIGABRT)
        if pid == self.pid:
            self.process.wait(PATIENCE)
        else:
            wait_until(lambda: state_of(pid) == 'Z', 'the child does not end')
        new = set(self._kernel_cores(pid)) - before
        if len(new) != 1:
            raise AssertionError('the kernel left %d cores as %s' % (len(new), core_pattern()))
        return new.pop()

    def _kernel_cores(self, pid=None):
        pattern = re.sub(r'%.', '*', core_pattern())
        return glob.glob(os.path.join(self.dir, pattern)) + glob.glob(
            os.path.join(self.dir, pattern + '.%d' % (pid or self.pid)))

    def close(self):
        if self in _running:
            _running.remove(self)
        if self.process.poll() is None:
            self.process.kill()
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def core_pattern():
    with open('/proc/sys/kernel/core_pattern') as f:
        return f.read().strip()


def why_no_kernel_core():
    """None, or why the kernel will not leave a core file here."""
    if core_pattern().startswith('|'):
        return 'the kernel gives core files to a program (%s)' % core_pattern()
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        return 'the hard limit of core files is 0'
    return None


def why_no_gcore():
    return None if shutil.which('gdb') else 'gdb is not installed'


def targets_of(scene, test, kinds=KINDS, pid=None):
    """(kind, target) one after the other: the live process, gcore's core, and at last the kernel's, which ends it. Of the
    scene, or of its child `pid`."""
    for kind in ('live', 'gcore core', 'kernel core'):
        if kind not in kinds:
            continue
        why = {'live': lambda: None, 'gcore core': why_no_gcore, 'kernel core': why_no_kernel_core}[kind]()
        if why and REQUIRE_ALL:
            test.fail('%s: %s' % (kind, why))
        if why:
            print('skipped: %s: %s' % (kind, why))
            continue
        yield kind, {'live': lambda: pid or scene.pid, 'gcore core': lambda: scene.gcore(pid),
                     'kernel core': lambda: scene.kernel_core(pid)}[kind]()


def shared_library(interpreter):
    """The interpreter's libpython, or None: the distribution's own python3 comes without one."""
    found = glob.glob(os.path.join(interpreter.prefix, 'lib', 'libpython%d.%d*.so.1.0' % interpreter.version))
    return found[0] if found else None


def headers(test, interpreter):
    """The folder of the interpreter's Python.h. Without it the test is skipped."""
    ask = ('import sysconfig as s; print(s.get_paths()["include"])' if interpreter.version >= (3, 3) else
           'from distutils.sysconfig import get_python_inc as i; print(i())')
    folder = subprocess.run([interpreter.path, '-c', ask], stdout=subprocess.PIPE, check=True,
                            universal_newlines=True).stdout.strip()
    if not os.path.exists(os.path.join(folder, 'Python.h')):
        skip(test, 'no Python.h of %s' % interpreter)
    return folder


def each_interpreter(since=(0, 0), before=(99, 0), only=lambda interpreter: True):
    """Decorates a test method test(self, interpreter): makes one test for each interpreter found that is one of `only`."""
    def decorate(method):
        method.interpreters = [i for i in INTERPRETERS if since <= i.version < before and only(i)]
        return method
    return decorate


def expand(cls):
    """Class decorator: replaces methods marked by each_interpreter with one test for each interpreter."""
    for name, method in list(vars(cls).items()):
        if not hasattr(method, 'interpreters'):
            continue
        delattr(cls, name)
        for interpreter in method.interpreters:
            def run(self, method=method, interpreter=interpreter):
                method(self, interpreter)
            run.__doc__ = None
            label = re.sub(r'\W', '_', interpreter.full + ('' if '/.pyenv/' in interpreter.path else '_system'))
            setattr(cls, '%s_%s' % (name, label), run)
    return cls


def main():
    """Runs the tests of the calling file; says on which interpreters, and fails if there is none."""
    if not os.access(HEAPSCOPE, os.X_OK):
        sys.exit('%s: not built' % HEAPSCOPE)
    if not INTERPRETERS:
        sys.exit('no CPython found: HEAPSCOPE_PYTHONS=PATH:PATH names them')
    print('interpreters: ' + ', '.join(str(i) for i in INTERPRETERS), flush=True)
    unittest.main(verbosity=2)
