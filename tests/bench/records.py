# SPDX-License-Identifier: Apache-2.0
"""A heap of mixed records, as a service with a cache that nobody empties has. CPython 2.7 and 3.6+.

usage: python records.py N

Builds about N objects: a Node instance with its __dict__, dict, list, tuple, str, int, float, set, in a tenth as many
records. Prints READY and then obeys lines on standard input: "collect" prints the seconds of a gc.collect().
"""
from __future__ import print_function
import gc
import sys
import time

clock = getattr(time, 'perf_counter', time.time)


class Node(object):
    def __init__(self, i, parent):
        self.ident = i
        self.parent = parent
        self.tags = {'key%d' % (i % 97): 1.5 * i, 'state': 'open'}
        self.items = [i * 1000003, 'payload-%d' % i, None]
        self.pair = (i, i * 7919)


class Slots(object):
    __slots__ = ('a', 'b')


CACHE = {}
HISTORY = []
GROUPS = []


def build(n):
    previous = None
    for i in range(max(1, n // 11)):
        node = Node(i, previous if i % 10 else None)  # chains of ten
        previous = node
        CACHE['session-%d' % i] = node
        if i % 2 == 0:
            HISTORY.append((node, {'when': i * 0.5, 'who': 'user%d' % (i % 1000)}))
        if i % 4 == 0:
            GROUPS.append(set(['g%d' % (i % 50), i]))
        if i % 8 == 0:
            s = Slots()
            s.a = node
            s.b = s
            HISTORY.append(s)
        if i % 100 == 0:  # a cycle that only a collection would free
            c = [None]
            d = {'c': c}
            c[0] = d


gc.disable()
build(int(sys.argv[1]))
print('READY')
sys.stdout.flush()
for line in iter(sys.stdin.readline, ''):
    if line.strip() == 'collect':
        began = clock()
        gc.collect()
        print(clock() - began)
        sys.stdout.flush()
