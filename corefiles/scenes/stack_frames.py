# -*- coding: utf-8 -*-
# SPDX-License-Identifier: Apache-2.0
"""Threads in all sorts of frames. A last thread writes down where each of the others stands, and what it is called."""
import ctypes
import functools
import io
import os
import re
import sys
import threading
import time

import scene

FOREVER = threading.Lock()
FOREVER.acquire()
NATIVE = {}  # ident -> id of the operating system
FROM_C = ['key_of', 'compared', 'by_partial', 'by_ctypes', 'through_map', 'Hashed.__hash__', '__hash__',
          'coroutine_that_waits']
gettid = ctypes.CDLL(None).syscall


def wait():
    NATIVE[threading.current_thread().ident] = gettid(186)
    FOREVER.acquire()


def recursion(n):
    if n:
        return recursion(n - 1)
    wait()


def ping(n):
    return pong(n) if n else wait()


def pong(n):
    return ping(n - 1)


class Outer(object):
    class Inner(object):
        @staticmethod
        def static(x):
            def closure():
                return x, wait()
            return closure()

        @classmethod
        def method(cls):
            return [cls.static(i) for i in range(3)]


def key_of(x):
    wait()


def sorts():
    sorted([1, 2], key=key_of)


def by_partial(a, b):
    wait()


def partials():
    functools.reduce(functools.partial(by_partial, 1), [1, 2]) if False else functools.partial(
        by_partial, 1)(2)


def by_ctypes(a, b):
    wait()
    return 0


def calls_back():
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    numbers = (ctypes.c_int * 3)(3, 2, 1)
    ctypes.CDLL(None).qsort(numbers, 3, 4, kind(by_ctypes))


class Hashed(object):
    def __hash__(self):
        return wait() or 1


def hashes():
    return {Hashed(): 1}


def through_map(x):
    wait()


def maps():
    for _ in map(through_map, [1]):
        pass


def generator_that_waits():
    yield 1
    wait()
    yield 2


def suspended():
    yield 1
    yield 2


def generates():
    s = suspended()
    next(s)
    next(suspended())
    for _ in generator_that_waits():
        s = s


def many_lines(
    a,
    b=(1,
       2),
):
    result = dict(
        x=1,
        y=max(
            1,
            wait(),
        ),
    )
    return result


def in_finally():
    try:
        raise ValueError('x')
    except ValueError:
        try:
            pass
        finally:
            with FOREVER if False else io.BytesIO():
                wait(
                )


def on_long_line():
    _____________________________________________________________________________________________________ = [[[[wait()]]]]


def back_and_forth(f=lambda: (
        0,
        wait())):
    return [
        1, f(
        ), 2]


def generated():
    """Steps of more than 127 lines and more than 255 bytes, which tables write in several entries."""
    names = {'wait': wait}
    source = 'def far():\n' + '\n' * 1000 + '    x = (' + ' + '.join(['1.5j'] * 3) + ',' + '\n' * 400
    source += '         ' + 'wait())\n' + '\n' * 300
    more = 'def wide():\n    a = [' + ', '.join('f(%d)' % i for i in range(300)) + ']\n' + '\n' * 200
    more += '    if a:\n' + '\n' * 200 + '        far()\nwide()\n'
    names['f'] = float
    eval(compile(source + more, 'generated.py', 'exec'), names)


ASYNC = u'''
async def inner():
    wait()

async def coroutine_that_waits():
    await inner()

async def async_generator_that_waits():
    yield 1
    await inner()
    yield 2

async def loops():
    async for x in async_generator_that_waits():
        pass

def runs():
    asleep = inner()
    try:
        coroutine_that_waits().send(None)
    except StopIteration:
        pass

def runs_generator():
    try:
        loops().send(None)
    except StopIteration:
        pass
'''

UNICODE = u'''# -*- coding: utf-8 -*-
def кириллица():
    текст = "💩💩"; wait()

def наружу():
    кириллица()
'''


def from_file(name, text):
    """Functions of a file of that name."""
    folder = os.path.join(scene.DIR, u'dé')
    if not os.path.isdir(folder):
        os.mkdir(folder)
    path = os.path.join(folder, name)
    with io.open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    names = {'wait': wait}
    code = compile(text if sys.version_info >= (3,) else text.encode('utf-8'), path, 'exec')
    eval(code, names)
    return names


def targets():
    yield 'recursion', lambda: recursion(300)
    yield 'two in turn', lambda: ping(50)
    yield 'nested', Outer.Inner.method
    for f in (sorts, partials, calls_back, hashes, maps, generates, many_lines, in_finally, on_long_line,
              back_and_forth, generated):
        yield f.__name__, f if f is not many_lines else functools.partial(many_lines, 1)
    if sys.version_info >= (3,):
        names = from_file(u'asynchronous.py', ASYNC)
        yield 'coroutine', names['runs']
        yield 'async generator', names['runs_generator']
        names = from_file(u'tést\U0001f4a9.py', UNICODE)
        yield u'н\xe4me\x1b[31m\n', names[u'наружу']


def where(frame):
    """[function, file, line, end line, column, end column], outermost first."""
    found = []
    while frame:
        code = frame.f_code
        place = [frame.f_lineno, None, None, None]
        if hasattr(code, 'co_positions'):
            place = list(list(code.co_positions())[frame.f_lasti // 2])
        found.append([getattr(code, 'co_qualname', code.co_name), code.co_filename] + place)
        frame = frame.f_back
    return found[::-1]


def write(main):
    NATIVE[threading.current_thread().ident] = gettid(186)
    NATIVE[main] = os.getpid()
    while True:
        frames = sys._current_frames()
        if len(NATIVE) == len(frames) and frames[main].f_code.co_name == 'block' and all(
                f.f_code.co_name == 'wait' for i, f in frames.items()
                if i not in (main, threading.current_thread().ident)):
            break
        time.sleep(0.01)
    time.sleep(0.1)
    truth = {'main': main, 'threads': {}, 'from_c': FROM_C}
    for thread in threading.enumerate():
        truth['threads'][str(thread.ident)] = {
            'name': thread.name, 'tid': NATIVE[thread.ident],
            'frames': None if thread is threading.current_thread() else where(frames[thread.ident])}
    scene.tell(truth)
    scene.ready()
    FOREVER.acquire()


def main():
    sys.setrecursionlimit(5000)
    for name, target in targets():
        thread = threading.Thread(target=target, name=name)
        thread.daemon = True
        thread.start()
    writer = threading.Thread(target=write, args=(threading.current_thread().ident,), name='writer')
    writer.daemon = True
    writer.start()
    scene.block()
    scene.end()


main()
