# SPDX-License-Identifier: Apache-2.0
"""GDB's current inferior as a target of libheapscope.

A process of this machine and a core file are opened by the library itself, at its own speed; whatever else GDB can read
(gdbserver) is read through GDB. Kinds are rows of OPENERS: to add one, add a row.
"""
import collections
import os
import re

import gdb

from . import _lib, gdb_remote, gdb_threads

Key = collections.namedtuple('Key', 'kind pid connection core exe sysroot debug libraries')


def _connection(inferior):
    return getattr(inferior, 'connection', None)


def kind(inferior):
    """'native', 'core', 'remote'..., as GDB calls the target; '' without one."""
    connection = _connection(inferior)
    return connection.type if connection else ''


def core_path(inferior):
    """The current inferior's core file, or None."""
    if kind(inferior) != 'core':
        return None
    found = re.search(r"core dump file:\s*\n\s*[`'\u2018](.*)['\u2019], file type", gdb.execute('info files', to_string=True))
    return found.group(1) if found else None


def key(inferior):
    """All that a session depends on, beside the inferior's own memory."""
    connection = _connection(inferior)
    return Key(kind(inferior), inferior.pid, connection.num if connection else 0, core_path(inferior),
               gdb.current_progspace().filename, gdb.parameter('sysroot'), gdb.parameter('debug-file-directory'),
               gdb.parameter('solib-search-path'))


def check(inferior):
    """Raises gdb.GdbError if there is nothing to look at, or if it runs."""
    if not inferior.pid or not kind(inferior):
        raise gdb.GdbError('heapscope: inferior %d has no process: run or attach to one, or open a core file' %
                           inferior.num)
    for thread in inferior.threads():
        if thread.is_running():
            raise gdb.GdbError('heapscope: thread %d of process %d is running: interrupt it first (interrupt -a)' %
                               (thread.num, inferior.pid))


def _local(path):
    """A path of GDB's on this machine, or None: "target:" means the other one, or nothing in particular."""
    path = re.sub('^(target|remote):', '', path or '')
    return None if path in ('', '/') else path


def options(files):
    """What GDB was told about where files are. files: those that it has found itself may be modules."""
    given = {'sysroot': _local(gdb.parameter('sysroot'))}
    debug = gdb.parameter('debug-file-directory') or ''
    if debug and debug != '/usr/lib/debug':
        given['debug_dirs'] = [d for d in debug.split(os.pathsep) if d]
    if files:
        given['files'] = [o.filename for o in gdb.objfiles() if o.filename and o.owner is None and
                          os.path.isfile(o.filename)]
    return given


def _open_native(inferior, by_main, prepared):
    return _lib.open_pid(inferior.pid, threads=prepared['threads'], **prepared['options'])


def _open_core(inferior, by_main, prepared):
    return _lib.open_core(prepared['core'], **prepared['options'])


OPENERS = {'native': _open_native, 'core': _open_core}


def prepare(inferior):
    """What only the main thread can ask GDB. Returns a function that opens the target, from any thread."""
    what = kind(inferior)
    prepared = {'options': options(what != 'native'), 'core': core_path(inferior)}
    if what == 'core':
        exe = _local(gdb.current_progspace().filename)
        if exe and os.path.isfile(exe):
            prepared['options']['exe'] = exe
    if what == 'native':
        prepared['threads'] = gdb_threads.threads(inferior)
    if what in OPENERS:
        return lambda by_main: OPENERS[what](inferior, by_main, prepared)
    remote = gdb_remote.Remote(inferior, prepared['options'].get('sysroot'))
    return lambda by_main: remote.open(by_main, prepared['options'])


def places_of(name):
    """Where a source file of the target may be on this machine, the likeliest first."""
    root = _local(gdb.parameter('sysroot'))
    inferior = gdb.selected_inferior()
    places = [root + name] if root else []
    if kind(inferior) == 'native':
        places.append('/proc/%d/root%s' % (inferior.pid, name))
    return [os.path.normpath(p) for p in places] + [name]
