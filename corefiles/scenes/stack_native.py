# SPDX-License-Identifier: Apache-2.0
"""Python calls C calls Python, several times over, and then blocks or crashes in C.

stack_native.py DIR FOLDER HOW: FOLDER has native_calls.c and .cpp compiled: debug.so (no optimisation, debug information),
plain.so (optimised, no debug information), cxx.so. HOW: block, abort, strlen, thread, nothing, handler, otherstack, deep.
"""
import ctypes
import functools
import os
import sys
import threading
import time

import scene

FOLDER, HOW = scene.ARGS[:2]
DEBUG = ctypes.CDLL(os.path.join(FOLDER, 'debug.so'))
PLAIN = ctypes.CDLL(os.path.join(FOLDER, 'plain.so'))
COMPARE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
FIFO = os.path.join(scene.DIR, 'ready').encode()
NEVER = os.pipe()[0]


def block():
    if HOW == 'block':
        PLAIN.say_and_block(FIFO, 0)
    elif HOW in ('handler', 'otherstack'):
        DEBUG.block_in_handler(FIFO, HOW == 'otherstack')
    scene.ready_and_block()
    if HOW == 'abort':
        DEBUG.call_abort()
    elif HOW == 'strlen':
        DEBUG.call_strlen(ctypes.c_void_p(0x10))
    elif HOW == 'thread':
        DEBUG.crash_in_thread()
    elif HOW == 'nothing':
        DEBUG.call_nothing()


def numbers():
    block()
    yield 1


def compare_again(a, b):
    for number in numbers():
        return 0


def compare(a, b):
    PLAIN.sort_by_libc(AGAIN)
    return 0


def through_partial(n):
    DEBUG.sort_two(FIRST)
    return n


def by_key(item):
    return functools.partial(through_partial, 1)()


AGAIN, FIRST = COMPARE(compare_again), COMPARE(compare)


def recursion(n):
    if n:
        return recursion(n - 1)
    return sorted([1], key=by_key)


def start(name, target, *arguments):
    thread = threading.Thread(target=target, name=name, args=arguments)
    thread.daemon = True
    thread.start()


def in_cxx(library):
    library.block_in_cxx(NEVER)


def main():
    libraries = [DEBUG]
    if DEBUG.start_thread(NEVER):
        raise OSError('no thread')
    if os.path.exists(os.path.join(FOLDER, 'cxx.so')):
        libraries.append(ctypes.CDLL(os.path.join(FOLDER, 'cxx.so')))
        start('in C++', in_cxx, libraries[1])
    while not all(library.how_many_blocked() for library in libraries):
        time.sleep(0.01)
    scene.tell({'main': threading.current_thread().ident})
    if HOW == 'deep':
        sys.setrecursionlimit(100000)
        recursion(800)
    recursion(2)
    scene.end()


main()
