# SPDX-License-Identifier: Apache-2.0
"""Objects that are held from outside of the heap, each in one way. truth.json: {name: id}."""
import codecs
import ctypes
import sys
import threading

import scene

PY2 = sys.version_info[0] == 2
HELD = {}
builtins = __import__('__builtin__' if PY2 else 'builtins')


class Thing(object):
    def __init__(self, name):
        HELD[name] = id(self)

    def __call__(self, *_):
        return None


def in_c_global():
    """A pointer in the interpreter's own .bss that nobody uses."""
    thing = Thing('C global')
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
    ctypes.c_void_p.in_dll(ctypes.pythonapi, 'PyOS_ReadlineFunctionPointer').value = id(thing)


def on_native_stack():
    """bsearch() has the key; what it calls never returns."""
    thing = Thing('native stack')
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
    key = id(thing)
    del thing
    there = ctypes.c_long(0)
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(lambda a, b: STAY.acquire() and 0)
    ctypes.CDLL(None).bsearch(ctypes.c_void_p(key), ctypes.byref(there), ctypes.c_size_t(1), ctypes.c_size_t(8), compare)


def in_local():
    only_here = Thing('local')
    READY.release()
    STAY.acquire()
    return only_here


STAY = threading.Semaphore(0)
READY = threading.Semaphore(0)
in_c_global()
builtins.held_by_builtins = Thing('builtins')
codecs.register(Thing('interpreter'))
HELD['static type'] = id(complex)
HELD['interned'] = id((intern if PY2 else sys.intern)('only the table has ' + str(scene.DIR)))  # noqa: F821
for run in (on_native_stack, in_local):
    t = threading.Thread(target=run)
    t.daemon = True
    t.start()
del t
READY.acquire()
scene.quiet()
scene.tell(HELD)
scene.ready_and_block()
scene.end()
