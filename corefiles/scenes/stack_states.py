# SPDX-License-Identifier: Apache-2.0
"""Threads that do this and that: spin, sleep, read, sleep inside of a garbage collection. Or a crash in C: `crash`."""
import ctypes
import gc
import os
import sys
import threading
import time

import scene

READ_END = os.pipe()
LOCK = threading.Lock()


class SleepsWhenItDies(object):
    def __del__(self):
        time.sleep(1000)


def collects():
    gc.collect()


def reads():
    os.read(READ_END[0], 1)


def spins():
    while True:
        pass


def locks():
    with LOCK:
        pass


def garbage():
    knot = SleepsWhenItDies()
    knot.me = knot


def start(name, target):
    thread = threading.Thread(target=target, name=name)
    thread.daemon = True
    thread.start()


def calls_c():
    ctypes.string_at(0x10)


def crash():
    scene.ready_and_block()
    calls_c()


def main():
    LOCK.acquire()
    if 'crash' in scene.ARGS:
        start('other', locks)
        thread = threading.Thread(target=crash, name='crasher')
        thread.start()
        thread.join()
    gc.disable()
    garbage()
    start('reader', reads)
    start('locked', locks)
    if sys.version_info >= (3, 4):  # before, such knots are not undone
        start('collector', collects)
    for i in range(2):
        start('spinner', spins)
    time.sleep(0.2)
    scene.tell({'fd': READ_END[0], 'lock': id(LOCK), 'link': os.readlink('/proc/self/fd/%d' % READ_END[0])})
    scene.ready_and_block()
    scene.end()


main()
