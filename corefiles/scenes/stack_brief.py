# SPDX-License-Identifier: Apache-2.0
"""Threads that begin and end as fast as they can, of threading and without it, beside two that stay.

The truth: which functions there are in each file, from the compiler, and which calls which.
"""
import itertools
import os
import sys
import threading
import time

try:
    import _thread
except ImportError:
    import thread as _thread
import scene

AT_ONCE = 12
HOLD = os.pipe()
SAID = os.pipe()
ROOM = threading.Semaphore(AT_ONCE)
CHAIN = ['brief', 'one', 'two', 'three']


def three(n):
    return sum(range(n))


def two(n):
    return three(n) + 1


def one(n):
    return two(n) + 1


def brief(n):
    try:
        return one(n)
    finally:
        ROOM.release()


def begins():
    for n in itertools.count():
        ROOM.acquire()
        try:
            if n % 2:
                _thread.start_new_thread(brief, (n % 50,))
            else:
                threading.Thread(target=brief, args=(n % 50,)).start()
        except (RuntimeError, _thread.error):  # there are too many for a moment
            ROOM.release()
            time.sleep(0.001)


def stays(depth):
    if depth:
        return stays(depth - 1)
    os.write(SAID[1], b'.')
    os.read(HOLD[0], 1)


def functions(path):
    """[[name, first line, last line]...] of a file; a function's lines are those of what is inside of it too."""
    with open(path, 'rb') as f:
        text = f.read()
    found = []
    stack = [compile(text, path, 'exec')]
    while stack:
        code = stack.pop()
        table = bytearray(code.co_lnotab) if not hasattr(code, 'co_lines') else None
        if table is None:
            last = max([code.co_firstlineno] + [line for _, _, line in code.co_lines() if line])
        else:  # bytes are signed since 3.6
            line = last = code.co_firstlineno
            for step in table[1::2]:
                line += step - 256 if step > 127 and sys.version_info >= (3,) else step
                last = max(last, line)
        found.append([getattr(code, 'co_qualname', code.co_name), code.co_firstlineno, last])
        stack += [c for c in code.co_consts if hasattr(c, 'co_firstlineno')]
    return found


def main():
    threads = []
    for name in 'first', 'second':
        threads.append(threading.Thread(target=stays, args=(3,), name=name))
        threads[-1].daemon = True
        threads[-1].start()
        os.read(SAID[0], 1)
    beginner = threading.Thread(target=begins, name='beginner')
    beginner.daemon = True
    beginner.start()
    files = {}
    for module in list(sys.modules.values()):
        path = getattr(module, '__file__', None)
        path = path and path.replace('.pyc', '.py')
        if path and path.endswith('.py') and os.path.exists(path):
            files[path] = functions(path)
    scene.tell({
        'files': files, 'chain': CHAIN, 'stay': {thread.name: thread.ident for thread in threads}, 'beginner': beginner.ident})
    scene.ready_and_block()
    scene.end()


main()
