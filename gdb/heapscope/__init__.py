# SPDX-License-Identifier: Apache-2.0
"""What is on the heap of a CPython process or core dump, from outside: libheapscope for Python.

    with heapscope.open(4711) as heap:
        for kind in heap.types():
            print(kind.type, kind.count, kind.size)
        for obj in heap.objects('agent.Session', attr='closed=True'):
            print(obj.attr('name').value, obj.path().expression)
        print(heap.find("agent.checks.REGISTRY['http']").repr)

Works in plain Python 3.6 and later and inside GDB, where heapscope.current() is the heap of the current inferior.
Sizes are bytes, addresses are int. Errors are heapscope.Error: .status says of what kind, .notes what else is to be
said. What could not be read makes no error: heap.incomplete lists it. Nothing is run in the target or changed in it.
"""
from ._heap import Heap, open_target as _open
from ._lib import Error, Interrupted, LibraryError, version
from ._objects import Frame, Member, NotFound, NoValue, Object, Path, Reference, Thread, Type

__all__ = ['Error', 'Frame', 'Heap', 'Interrupted', 'LibraryError', 'Member', 'NoValue', 'NotFound', 'Object', 'Path',
           'Reference', 'Thread', 'Type', 'current', 'open', 'version']


def open(target, **options):
    """Opens a process or a core file: Heap. target: a PID (int, or str of digits), or the path of a core file,
    which may be compressed.

    Options, as the program's: no_pause=True reads a live process without stopping it; exe, sysroot: where files are that
    the target names; debug_dirs: list of folders with debug files. Raises Error: status 2, it cannot be opened (the text
    says why and what to do). A context manager.
    """
    return _open(target, **options)


def current():
    """In GDB: the Heap of the current inferior, good until it runs, ends or is written to; ask again then. Raises Error
    if there is none, and everywhere else."""
    try:
        from . import gdb_session
    except ImportError:
        raise Error('heapscope.current() is for use inside GDB; heapscope.open(PID_OR_CORE) opens one here', 64)
    session = gdb_session.current()
    return Heap(run=lambda argv, format, write: session.run(argv, format, lambda text: write(text.encode())))
