# SPDX-License-Identifier: Apache-2.0
"""Two threads, one with a name that C gave it alone, an object with objects inside of objects, suspended generators."""
import ctypes
import os
import threading

try:
    import _thread
except ImportError:
    import thread as _thread
import scene

HOLD = os.pipe()
SAID = os.pipe()
library = ctypes.CDLL(None)
TIDS = {}
KEPT = []


class Node(object):
    def __init__(self, depth):
        self.number = depth
        self.inner = Node(depth - 1) if depth else None

    def holds(self):
        TIDS['named'] = [library.syscall(186), threading.current_thread().ident]
        os.write(SAID[1], b'.')
        os.read(HOLD[0], 1)


def suspended():
    yield 1
    yield 2


def bare():
    library.prctl(15, b'by \x1b C\n', 0, 0, 0)
    TIDS['bare'] = [library.syscall(186), _thread.get_ident()]
    os.write(SAID[1], b'.')
    os.read(HOLD[0], 1)


def main():
    for _ in range(3):
        KEPT.append(suspended())
        next(KEPT[-1])
    thread = threading.Thread(target=Node(4).holds, name='named')
    thread.daemon = True
    thread.start()
    _thread.start_new_thread(bare, ())
    os.read(SAID[0], 1)
    os.read(SAID[0], 1)
    scene.tell({'tids': TIDS})
    scene.ready_and_block()
    scene.end()


main()
