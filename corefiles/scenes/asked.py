# SPDX-License-Identifier: Apache-2.0
"""Objects of which the scene knows every attribute, item, value and reference, for questions in SQL.

truth.json: {"types": {type: [count, size]}, "attributes": [[object, name, target, value]], "items": [[object, position,
key, target]], "values": [[address, value]], "referrers": {address: [address of a referrer, once for each reference]},
"strings": [[address, text]], "frames": [function of each frame, innermost first], "file": ...}. Values are what JSON has;
a key is a number or a text.
"""
from __future__ import print_function

import collections
import gc
import sys

import scene

PY2 = sys.version_info[0] == 2
TEXT = (lambda s: s.decode('utf-8') if isinstance(s, str) else s) if PY2 else (lambda s: s)


class Plain(object):
    def __init__(self, i, other):
        self.ident = i
        self.label = 'plain %d' % i
        self.other = other
        self.ratio = i / 4.0
        self.good = i % 2 == 0
        self.nothing = None


class Slots(object):
    __slots__ = ('left', 'right')


class Both(Slots):
    def __init__(self):
        self.left = 'slot'
        self.extra = 'dict'


class Words(dict):
    pass


target = object()
plain = [Plain(i, target) for i in range(20)]
slots = Slots()
slots.left, slots.right = target, plain
both = Both()
late = Plain(99, None)
late.__dict__['added later'] = 'by its dict'
words = Words({'one': target, 2: 'two', 3.5: 'float'})
words.note = 'an attribute'
containers = [['a', target, 'c', target], (target, 1, u'\u20ac'), {'key': target, 7: 'seven', -1: None}, words,
              collections.deque(['d', target])]
held = {'target': target}
big = {}
for i in range(5000):
    big['k%d' % i] = target if i % 2 else i
values = [0, -1, 2 ** 62, -2 ** 63, 0.1, 1e300, -0.0, True, False, u'\u20ac and \U0001f600', 'plain', u'']
special = [2 ** 64, None, object()]


NUMBERS = (int, float, long) if PY2 else (int, float)  # noqa: F821


def simple(v):
    return v if isinstance(v, NUMBERS + (type(u''),)) and not isinstance(v, bool) else (
        TEXT(v) if isinstance(v, str) else int(v) if isinstance(v, bool) else None)


def tell():
    own = ['ident', 'label', 'other', 'ratio', 'good', 'nothing']
    attributes = []
    for o in plain:
        attributes += [[id(o), n, id(getattr(o, n)), simple(getattr(o, n))] for n in own]
    for o, names in ((slots, ['left', 'right']), (both, ['left', 'extra']), (words, ['note'])):
        attributes += [[id(o), n, id(getattr(o, n)), simple(getattr(o, n))] for n in names]
    attributes += [[id(late), n, id(late.__dict__[n]), simple(late.__dict__[n])] for n in own + ['added later']]
    items = []
    for c in containers + [big]:
        if isinstance(c, dict):
            items += [[id(c), None, TEXT(k), id(c[k])] for k in c]
        else:
            items += [[id(c), i, None, id(v)] for i, v in enumerate(c)]
    referrers = [id(o.__dict__) if PY2 else id(o) for o in plain]
    referrers += [id(slots), id(words), id(held)]
    for c in containers:
        if c is not words:
            referrers += [id(c)] * list(c.values() if isinstance(c, dict) else c).count(target)
    referrers += [id(big)] * 2500
    scene.tell({
        'types': {'__main__.Plain': [21, sum(sys.getsizeof(o) for o in plain + [late])],
                  '__main__.Slots': [1, sys.getsizeof(slots)]},
        'attributes': attributes, 'items': items, 'target': id(target), 'big': id(big),
        'values': [[id(v), simple(v)] for v in values] + [[id(special[0]), str(2 ** 64)], [id(special[1]), None],
                                                          [id(special[2]), None]],
        'referrers': sorted(referrers), 'own_globals': id(globals()), 'file': __file__,
        'strings': [[id(o.label), o.label] for o in plain] + [[id(values[9]), values[9]]]})


def inner():
    tell()
    scene.ready_and_block()


def outer():
    inner()


gc.collect()
gc.disable()
outer()
scene.end()
