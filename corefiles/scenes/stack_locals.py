# -*- coding: utf-8 -*-
# SPDX-License-Identifier: Apache-2.0
"""A frame with names of every kind, and a value of every type that is shown as repr() shows it."""
import sys

import scene

U = type(u'')


class Plain(object):
    def __init__(self):
        self.one = 1
        self.two = u'\xe9'


def values():
    yield None
    yield True
    yield False
    yield Ellipsis
    for n in (0, 1, -1, 255, 2 ** 30 - 1, 2 ** 30, -2 ** 30, 2 ** 31, 2 ** 62, -2 ** 63, 2 ** 63, 2 ** 64, 2 ** 100,
              -2 ** 70, 10 ** 50 + 1, 3 ** 200):
        yield n
    for x in (0.0, -0.0, 1.0, 0.1, 1 / 3.0, 1e15, 1e16, 1.5e16, 123456789012345680.0, 1e22, 1e23, 5e-324, 1e-4, 1.5e-5,
              0.00012, 100.0, 1.7976931348623157e308, float('inf'), float('-inf'), float('nan'), 2.0 ** 70, 9007199254740993.0):
        yield x
    for z in (1j, -2.5j, 1 + 2j, 1 - 2j, complex(-0.0, 1), 0j):
        yield z
    for s in ('', 'a', "it's", 'say "x"', '\'"', 'a\\b', '\n\r\t\0\x1b[31m\x7f'):
        yield s
        yield U(s)
    for s in (u'caf\xe9 na\xefve', u'\u0416\u4e2d', u'\U0001f4a9', u'\xa0\xad\x80', u'\ud800' if sys.version_info >= (3,) else u'x',
              u'\u200f\u2028'):
        yield s
    yield b'\x00\xff\n\'"'
    yield bytearray(b'ab\xff')
    yield ()
    yield (1,)
    yield (1, 'a', None)
    yield []
    yield [1, [2, [], ()], {}]
    yield {}
    yield {'a': 1}
    yield {1: ('x', 2.5)}
    yield set()
    yield {7}
    yield frozenset()
    yield frozenset([u'\xe9'])


def holds(first, second=u'\xe9', *rest, **named):
    local = [1, 2]
    cell = first
    unset = local
    del unset

    def inner(argument, shared):
        free = cell, shared
        own = lambda: (shared, free)
        plain = Plain()
        large = list(range(100000))
        wide = dict((i, i) for i in range(100000))
        long_text = u'x' * 1000000
        deep = [[[[1]]]]
        huge = 7 ** 100000
        loop = []
        loop.append(loop)
        scene.ready_and_block()
        return own, plain, large, wide, long_text, deep, huge, loop

    return inner(1, second)


def many(v):
    """All values as locals of one frame, by names that keep their order."""
    code = 'def all_values(v):\n'
    code += ''.join('    v%03d = v[%d]\n' % (i, i) for i in range(len(v)))
    code += '    del v\n    holds(1, named=2)\n'
    names = {'holds': holds}
    eval(compile(code, 'values.py', 'exec'), names)
    scene.tell({'values': [repr(x) for x in v]})
    names['all_values'](v)


many(list(values()))
scene.end()
