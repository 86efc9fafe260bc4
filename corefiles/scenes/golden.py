# SPDX-License-Identifier: Apache-2.0
"""A small heap for the golden cores: something of each common kind, no imports that make the core larger."""
import sys


class Base(object):
    def __init__(self, i):
        self.ident = i
        self.name = 'name %d' % i


class Session(Base):
    limit = 10

    def __init__(self, i, parent):
        Base.__init__(self, i)
        self.parent = parent
        self.tags = {'state': 'open', 'weight': i * 0.5, i: None}


class Point(object):
    __slots__ = ('x', 'y')


def numbers(n):
    for i in range(n):
        yield i


sessions = []
for i in range(50):
    sessions.append(Session(i, sessions[-1] if i % 5 else None))
points = [Point() for _ in range(20)]
for p in points:
    p.x, p.y = p, 1 << 70
mixed = [set(range(40)), frozenset('abc'), bytearray(100), b'bytes', 'text', u'\xe4\u20ac', 1.5, 2j, None, True,
         slice(1, 2), range(3), numbers(3), iter([1]), lambda: 0, Base, len, sys, Session.__init__, type, object()]
next(mixed[12])
loop = []
loop.append(loop)
sys.stdout.write('ready\n')
sys.stdout.flush()
sys.stdin.readline()
