# SPDX-License-Identifier: Apache-2.0
"""Much of something: `threads N` of 20 frames, `deep N` calls in a thread, `locals N` items in a frame's containers."""
import sys
import threading

import scene

FOREVER = threading.Lock()
FOREVER.acquire()
STANDING = threading.Semaphore(0)


def wait():
    STANDING.release()
    FOREVER.acquire()


def down(n):
    return down(n - 1) if n else wait()


class Holder(object):
    def __init__(self, n):
        self.number = n
        self.inner = {'key': [n]}

    def holds(self, n):
        numbers = list(range(n))
        table = dict.fromkeys(numbers)
        members = set(numbers)
        text = b'x' * (25 * n)
        word = u'\u0416' * (10 * n)
        whole = 1 << (8 * n)
        wait()
        return numbers, table, members, text, word, whole


def start(target, *arguments):
    thread = threading.Thread(target=target, args=arguments)
    thread.daemon = True
    thread.start()


def main(kind, n):
    count = n if kind == 'threads' else 1
    if kind == 'threads':
        threading.stack_size(512 << 10)
        for _ in range(n):
            start(down, 15)
    elif kind == 'deep':
        sys.setrecursionlimit(2 * n + 1000)
        threading.stack_size(2047 << 20)
        start(down, n)
    else:
        start(Holder(7).holds, n)
    for _ in range(count):
        STANDING.acquire()
    scene.tell({'line': down.__code__.co_firstlineno + 1})
    scene.ready_and_block()
    scene.end()


main(scene.ARGS[0], int(scene.ARGS[1]))
