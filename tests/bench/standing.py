# SPDX-License-Identifier: Apache-2.0
"""Processes for the measurement of stacks: standing.py trivial | threads N | deep N | locals."""
import sys
import threading

LOCK = threading.Lock()
LOCK.acquire()
READY = threading.Semaphore(0)


def wait():
    READY.release()
    LOCK.acquire()


def down(n):
    return down(n - 1) if n else wait()


def large():
    numbers = list(range(20000000))
    table = {i: i for i in range(3000000)}
    text = b'x' * (500 << 20)
    wait()
    return numbers, table, text


def start(target, *arguments):
    threading.Thread(target=target, args=arguments, daemon=True).start()


def main(kind, n=0):
    count = 1
    if kind == 'threads':
        threading.stack_size(256 << 10)
        count = n
        for _ in range(n):
            start(down, 15)  # 20 frames with those of threading
    elif kind == 'deep':
        sys.setrecursionlimit(10 * n)
        threading.stack_size(1 << 30)
        start(down, n)
    elif kind == 'locals':
        start(large)
    else:
        count = 0
    for _ in range(count):
        READY.acquire()
    print('READY', flush=True)
    sys.stdin.read()


main(sys.argv[1], *map(int, sys.argv[2:]))
