# SPDX-License-Identifier: Apache-2.0
"""Objects to be grouped, and what the interpreter itself counts; objects that are freed among others that are not.

truth.json: {"groups": [["TYPE EXPR", [[text, count]...]]...], "freed": [ids]}
"""
import collections
import sys

import scene


class Url(object):
    def __init__(self, host):
        self.host = host


class Item(object):
    def __init__(self, n):
        self.state = ('new', 'open', 'done')[n % 3]
        self.parts = {'url': Url('host%d.example' % (n % 4))}
        self.n = n % 5
        self.trace = [('a.py', n % 2)]
        self.group = GROUPS[n % 7]


class Slot(object):
    __slots__ = ('state',)


class Bag(list):
    pass


class Row(dict):
    pass


class Number(int):
    pass


class Counted(object):
    pass


class Freed(object):
    __slots__ = ('other',)


GROUPS = [Url('g%d' % i) for i in range(7)]
items = [Item(n) for n in range(240)]
slots = []
for n in range(30):
    slots.append(Slot())
    if n % 2:
        slots[-1].state = n % 6
bags = [Bag([None] * (n % 4)) for n in range(50)]
rows = [Row({'a': 1} if n % 3 else {'b': 1, 'a': 2}) for n in range(40)]
numbers = [Number(n % 4) for n in range(44)]
counted = [Counted() for _ in range(20)]
more = [counted[:10], counted[:5]]
freed = [Freed() for _ in range(4000)]
gone = [id(o) for o in freed[::2]]
del freed[::2]


def count(texts):
    return dict(collections.Counter(texts))


truth = {
    'Item .state': count(repr(i.state) for i in items),
    "Item .parts['url'].host": count(repr(i.parts['url'].host) for i in items),
    'Item .n': count(repr(i.n) for i in items),
    'Item .trace[0][1]': count(repr(i.trace[0][1]) for i in items),
    'Item .trace': count(repr(i.trace) for i in items),
    'Item .group.host': count(repr(i.group.host) for i in items),
    'Slot .state': count(repr(s.state) if hasattr(s, 'state') else '(none)' for s in slots),
    'Bag len': count(str(len(b)) for b in bags),
    'Row len': count(str(len(r)) for r in rows),
    'Number value': count('__main__.Number(%d)' % n for n in numbers),
    # getrefcount() counts its argument, and the loop's variable
    'Counted refcount': count(str(sys.getrefcount(c) - 2) for c in counted),
}
scene.quiet()
scene.tell({'groups': [[k, sorted(v.items(), key=str)] for k, v in truth.items()], 'freed': gone})
scene.ready_and_block()
scene.end()
