# SPDX-License-Identifier: Apache-2.0
"""Runs a test of the package in several Pythons, each in a process of its own: the library is loaded there."""
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, 'scenes'))
import harness  # noqa: E402

PACKAGE = os.path.join(harness.ROOT, 'gdb')
LIBRARY = os.path.join(harness.BUILD, '.libs', 'libheapscope.so')
sys.path.insert(0, PACKAGE)
os.environ.pop('LD_PRELOAD', None)  # it was for this process; gdb would hang with it


def preload():
    """The sanitizers' runtimes that the library was linked with: they want to be there first."""
    needed = subprocess.run(['ldd', LIBRARY], stdout=subprocess.PIPE, check=True, universal_newlines=True).stdout
    return ' '.join(re.findall(r'=> (\S*/lib(?:asan|ubsan)\S*)', needed))


def environment(**more):
    """What a process needs that uses the package; a value None takes the variable away."""
    env = dict(os.environ, HEAPSCOPE_LIBRARY=LIBRARY, PYTHONPATH=PACKAGE, PYTHONDONTWRITEBYTECODE='1')
    if preload():
        env.update(LD_PRELOAD=preload(), ASAN_OPTIONS='detect_leaks=0')  # the interpreter itself leaks
    env.update(more)
    return {key: value for key, value in env.items() if value is not None}


def hosts():
    """The oldest Python that the package supports, and the newest that is here."""
    able = [i for i in harness.INTERPRETERS if i.version >= (3, 6)]
    return [able[0], able[-1]]


def memory_of(pid):
    """(read, mappings) of a process, as a debugger would give them to open_callback()."""
    mem = open('/proc/%d/mem' % pid, 'rb', 0)
    mappings = []
    with open('/proc/%d/maps' % pid) as f:
        for line in f:
            part = line.split(None, 5)
            start, end = [int(n, 16) for n in part[0].split('-')]
            prot = sum(bit for bit, letter in zip((1, 2, 4, 8), 'rwxs') if letter in part[1])
            mappings.append((start, end, int(part[2], 16), prot, part[5].strip() if len(part) > 5 else ''))

    def read(addr, length):
        try:
            mem.seek(addr)
            return mem.read(length)
        except (OSError, OverflowError):
            return b''
    read.close = mem.close
    return read, mappings


def main(newest_only=False):
    """Runs the tests of the calling file in each host; says which. newest_only: where the host does not matter much."""
    if os.environ.get('HEAPSCOPE_HOST'):
        unittest.main(verbosity=2)
    failed = False
    for host in hosts()[-1:] if newest_only else hosts():
        print('host: %s' % host, flush=True)
        failed |= subprocess.call([host.path, sys.argv[0]] + sys.argv[1:], env=environment(
            HEAPSCOPE_HOST=host.full)) != 0
    sys.exit(failed)
