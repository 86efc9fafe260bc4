# SPDX-License-Identifier: Apache-2.0
"""Threads that are none of threading's: one that C started, one of _thread, one in each of two sub-interpreters.

Arguments: `process` (what the scene says of itself is all that is wanted).
"""
import ctypes
import os
import threading
import time

try:
    import _thread
except ImportError:
    import thread as _thread
import scene

PIPE = os.pipe()
TIDS = {}
gettid = ctypes.CDLL(None).syscall


def by_c(_):
    TIDS['c'] = gettid(186)
    os.read(PIPE[0], 1)
    return 0


def by_thread():
    TIDS['_thread'] = gettid(186)
    os.read(PIPE[0], 1)


CODE = '''
def in_sub():
    import os
    os.write(%d, b'.')
    os.read(%d, 1)
in_sub()
'''


def start_subs(count):
    """How many sub-interpreters run, each in a thread."""
    try:
        import _interpreters as subs
        run = getattr(subs, 'exec')
    except ImportError:
        try:
            import _xxsubinterpreters as subs
            run = subs.run_string
        except ImportError:
            return 0
    said, say = os.pipe()
    for i in range(count):
        code = CODE % (say, PIPE[0])
        ident = subs.create()

        def in_thread(i=i, ident=ident, code=code):
            TIDS['sub %d' % i] = gettid(186)
            run(ident, code)

        thread = threading.Thread(target=in_thread, name='sub %d' % i)
        thread.daemon = True
        thread.start()
        os.read(said, 1)
    return count


def main():
    kind = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
    callback = kind(by_c)
    ident = ctypes.c_ulong()
    ctypes.CDLL(None).pthread_create(ctypes.byref(ident), None, callback, None)
    _thread.start_new_thread(by_thread, ())
    subs = start_subs(2)
    while len(TIDS) < 2:
        time.sleep(0.01)
    time.sleep(0.2)
    scene.tell({'tids': TIDS, 'subs': subs, 'pid': os.getpid(), 'by_c': by_c.__code__.co_firstlineno + 2})
    scene.ready_and_block()
    scene.end()


main()
