# SPDX-License-Identifier: Apache-2.0
"""A process of several threads that forks: its child has one thread, and starts others, which get the stacks, and so the
idents, of those that are not there any more.

Arguments: who forks, `main` or `thread`, and how, `os` (os.fork) or `c` (as a C library does it, of which the interpreter
hears nothing).
"""
import ctypes
import os
import sys
import threading
import time

import scene

WHO, HOW = scene.ARGS
HOLD = os.pipe()  # nobody ever writes to it
SAID = os.pipe()
LOCK = threading.RLock()
NEW = 2
LEFT = 4
library = ctypes.CDLL(None)


def tid():
    return library.syscall(186)


def deep(n):
    if n:
        return deep(n - 1)
    os.write(SAID[1], b'.')
    os.read(HOLD[0], 1)


def left():
    deep(5)


def holder():
    """Has a lock that nobody will ever give back in the child."""
    with LOCK:
        deep(5)


def fresh(tids):
    tids[threading.current_thread().name] = tid()
    os.write(SAID[1], b'.')
    os.read(HOLD[0], 1)


def waiter(tids):
    tids[threading.current_thread().name] = tid()
    os.write(SAID[1], b'.')
    with LOCK:
        pass


def start(name, target, *args):
    thread = threading.Thread(target=target, name=name, args=args)
    thread.daemon = True
    thread.start()
    os.read(SAID[0], 1)
    return thread


def child(idents, forker):
    os.close(HOLD[1])  # so it ends with its parent
    tids = {'forker': tid()}
    threads = [start('fresh %d' % i, fresh, tids) for i in range(NEW)]
    if HOW == 'c':
        threads.append(start('waiter', waiter, tids))
    time.sleep(0.3)
    scene.tell({
        'pid': os.getpid(), 'tids': tids, 'idents': {thread.name: thread.ident for thread in threads}, 'left': idents,
        'forker': forker, 'lock': id(LOCK)})
    scene.ready()
    os.read(HOLD[0], 1)


def fork(idents, main):
    idents = dict(idents)
    if WHO == 'main':
        forker = main
    else:
        forker = threading.current_thread().ident
        idents['MainThread'] = main
    time.sleep(0.3)  # all others stand: a condition on which one waits is of no use in the child when a C library forks
    pid = os.fork() if HOW == 'os' else ctypes.PyDLL(None).fork()
    if not pid:
        child(idents, forker)
        os._exit(0)
    return pid


def main():
    idents = {'holder': start('holder', holder).ident}
    idents.update({'left %d' % i: start('left %d' % i, left).ident for i in range(LEFT)})
    ident = threading.current_thread().ident
    pids = []
    if WHO == 'main':
        pids.append(fork(idents, ident))
    else:
        thread = threading.Thread(target=lambda: pids.append(fork(idents, ident)), name='forker')
        thread.start()
        thread.join()
    scene.block()
    os.kill(pids[0], 9)
    os.waitpid(pids[0], 0)
    scene.end()


if sys.version_info >= (3, 12):
    import warnings
    warnings.simplefilter('ignore')  # of forks of processes with threads: that is what this is about
main()
