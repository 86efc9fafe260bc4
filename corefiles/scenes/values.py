# -*- coding: utf-8 -*-
# SPDX-License-Identifier: Apache-2.0
"""Values of every kind that heapscope writes, with the text that repr() has for them.

truth.json: {"list": id, "values": [[name, repr, why or null], ...]}. `why`: Python's own text has what heapscope
renders otherwise on purpose (no code of the target runs, so a __repr__ of a class has no say); then it differs.

To add a kind: a @value function that gives the objects; one that a version does not have raises and is left out.
"""
import array
import collections
import datetime
import decimal
import functools
import sys
import uuid
import weakref

import scene

PY2 = sys.version_info[0] == 2
U = type(u'')
VALUES = []  # what is held
TRUTH = []
KEEP = []
ATTRIBUTES = 'an instance is shown with its attributes'
OWN_REPR = 'the class has a __repr__ of its own'
WRAPPED = 'a value of a derived class is shown with its class'


def value(why=None):
    def add(make):
        try:
            made = list(make())
        except (AttributeError, ImportError, NameError, SyntaxError) as e:
            KEEP.append('%s: %s' % (make.__name__, e))
            return
        for i, o in enumerate(made):
            VALUES.append(o)
            TRUTH.append(['%s %d' % (make.__name__, i), None, why])
    return add


def run(source, name):
    space = {'__name__': '__main__'}
    exec(source, space)
    KEEP.append(space)
    return space[name]


class Plain(object):
    def method(self):
        return self

    @classmethod
    def make(cls):
        return cls()

    @staticmethod
    def helper():
        return 1

    @property
    def prop(self):
        return 1


class Attributes(object):
    def __init__(self):
        self.one = 1


class Slots(object):
    __slots__ = ('first', 'second')

    def __init__(self):
        self.first = 1


class EmptySlots(object):
    __slots__ = ('never',)


@value()
def ints():
    return [0, 1, -1, 255, 2 ** 30 - 1, 2 ** 30, -2 ** 30, 2 ** 31, 2 ** 62, -2 ** 63, 2 ** 63, 2 ** 64, -2 ** 70,
            10 ** 50 + 1, 3 ** 200, 7 ** 4000, -10 ** 4000]


@value()
def floats():
    return [0.0, -0.0, 1.0, 0.1, 1e15, 1e16, 1.5e16, 1e22, 1e23, 5e-324, 1e-4, 1.5e-5, 1.7976931348623157e308,
            float('inf'), float('-inf'), float('nan')]


@value()
def complexes():
    return [1j, -2.5j, 1 + 2j, complex(-0.0, 1), 0j]


@value()
def constants():
    return [None, True, False, Ellipsis, NotImplemented]


@value()
def strings():
    made = ['', 'a', "it's", 'say "x"', '\'"', 'a\\b', '\n\r\t\0\x1b[31m\x7f', 'x' * 3000]
    return made + [U(s) for s in made] + [
        u'caf\xe9', u'\u0416\u4e2d', u'\U0001f4a9', u'\xa0\xad\x80', u'\u200b\u200f\u2028\u202e\u2066\ufeff',
        u'\u2003\u3000\ue000\ufffe\U000e0001\U0010ffff\U000f0000'] + ([] if PY2 else ['\ud800', 'x\udfff\U0001f4a9'])


@value()
def bytes_():
    return [b'', b'abc', b'\x00\xff\n\'"', bytearray(b''), bytearray(b'ab\xff'), bytearray(b"it's")]


@value()
def containers():
    loop, dict_loop = [1], {}
    loop.append(loop)
    dict_loop['me'] = dict_loop
    tuple_loop = ([],)
    tuple_loop[0].append(tuple_loop)
    return [(), (1,), (1, 'a', None), [], [1, [2, [], ()], {}], {}, {'a': 1}, {1: ('x', 2.5)}, set(), {7}, frozenset(),
            frozenset([u'\xe9']), [[[[[[[[1]]]]]]]], loop, dict_loop, tuple_loop, list(range(1000)), [loop, loop]]


@value()
def sets_of_several():
    return [set('abcdef'), frozenset(range(20))]


@value()
def dates():
    d = datetime
    return [d.date(2020, 1, 2), d.date(1, 1, 1), d.date(9999, 12, 31), d.datetime(2020, 1, 2, 3, 4),
            d.datetime(2020, 1, 2, 3, 4, 5), d.datetime(2020, 1, 2, 3, 4, 5, 6), d.datetime(2020, 1, 2), d.time(1, 2),
            d.time(1, 2, 3), d.time(1, 2, 3, 999999), d.time(), d.timedelta(1, 2, 3), d.timedelta(0), d.timedelta(-1),
            d.timedelta(0, 5), d.timedelta(0, 0, 7), d.timedelta(999999999, 86399, 999999)]


@value()
def zones():
    d = datetime
    zone = d.timezone(d.timedelta(hours=2), 'here')
    made = [d.timezone.utc, zone, d.timezone(d.timedelta(hours=-5, minutes=-30)), d.timezone(d.timedelta(0), 'zero'),
            d.datetime(2020, 1, 2, tzinfo=zone), d.time(1, tzinfo=d.timezone.utc), d.datetime(1, 1, 1, fold=1),
            d.time(1, 2, 3, 4, fold=1, tzinfo=zone)]
    return made


@value()
def zoneinfos():
    import zoneinfo
    return [zoneinfo.ZoneInfo('UTC'), datetime.datetime(2020, 1, 2, 3, tzinfo=zoneinfo.ZoneInfo('UTC'))]


@value()
def decimals():
    D = decimal.Decimal
    return [D(0), D('-0'), D('0.00'), D('0E+5'), D('0E-10'), D('3.14'), D('-3.14'), D(10) ** 200, D('1E+5'), D('1E-6'),
            D('1E-7'), D('1.23E-6'), D('1.23E-7'), D('123456789012345678901234567890.5'), D('12345678901234567890'),
            D('1.5E+1000'), D('NaN'), D('-NaN'), D('sNaN'), D('NaN123'), D('Infinity'), D('-Infinity'), D('1' * 100)]


@value()
def python_decimals():
    if PY2:
        return []
    import _pydecimal
    D = _pydecimal.Decimal
    return [D(0), D('3.14'), D('-1.5E+1000'), D('1.23E-7'), D('NaN'), D('sNaN'), D('-Infinity')]


@value()
def uuids():
    return [uuid.UUID(int=0), uuid.UUID('12345678-1234-5678-1234-567812345678'), uuid.UUID(int=2 ** 128 - 1)]


@value()
def enums():
    import enum

    class Color(enum.Enum):
        RED = 1
        GREEN = 'green'

    class Number(enum.IntEnum):
        ONE = 1

    class Perm(enum.Flag):
        R = 1
        W = 2

    class IntPerm(enum.IntFlag):
        X = 4
    return [Color.RED, Color.GREEN, Number.ONE, Perm.R, IntPerm.X, [Color.RED]]


@value()
def exceptions():
    made = [ValueError('a'), ValueError(), ValueError('a', [1]), KeyError('k'), OSError(2, 'gone'), StopIteration(3),
            SystemExit(4), UnicodeDecodeError('ascii', b'x', 0, 1, 'why'), MemoryError(), BaseException(1),
            SyntaxError('bad', ('f', 1, 2, 'text'))]

    class MyError(Exception):
        pass
    return made + [MyError('mine'), MyError('two', 2)]


@value()
def exception_groups():
    return [run("made = ExceptionGroup('several', [ValueError(1), KeyError('x')])", 'made')]


@value()
def functions():
    def inner():
        return 1
    return [value, inner, lambda: 1, run('def f(): pass', 'f')]


@value()
def methods():
    p, a = Plain(), Attributes()
    return [p.method, Plain.make, Plain.method, [].append, ''.join, len, dict.fromkeys, value.__get__(p, Plain),
            value.__get__(a, Attributes)]


@value()
def generators():
    def g():
        yield 1
    return [g(), (x for x in 'ab')]


@value()
def coroutines():
    made = run('async def c(): pass\nasync def a(): yield 1\nmade = [c(), a()]', 'made')
    return made


@value()
def codes():
    return [value.__code__ if hasattr(value, '__code__') else value.func_code, compile('1', 'made up.py', 'eval')]


@value()
def modules():
    import os
    import types
    return [sys, os, collections, types.ModuleType('made_up'), sys.modules['__main__'], datetime, array]


@value()
def types_():
    class Local(object):
        pass

    class Old:
        pass
    return [int, type, object, ValueError, collections.deque, Plain, Local, Old, datetime.date, collections.OrderedDict,
            type(len), type(None), Slots, functools.partial]


@value()
def old_instances():
    class Old:
        pass
    return [Old()]


@value()
def descriptors():
    d = Plain.__dict__
    return [str.join, int.__add__, complex.real, type.__dict__['__mro__'], dict.__dict__['fromkeys'], d['__dict__'],
            Slots.first, (5).__add__, d['prop'], d['make'], d['helper']]


@value()
def partials():
    return [functools.partial(int, base=2), functools.partial(max, 1, 2), functools.partial(len)]


@value()
def deques():
    d = collections.deque(range(200))
    d.popleft()
    loop = collections.deque([1])
    loop.append(loop)
    return [collections.deque(), collections.deque([1]), d, collections.deque(range(20), 5), collections.deque('ab', 9), loop]


@value()
def ordereddicts():
    a = collections.OrderedDict((str(i), i) for i in range(20))
    for i in range(0, 20, 3):
        del a[str(i)]
    if hasattr(a, 'move_to_end'):
        a.move_to_end('5')
        a.move_to_end('4', last=False)
    return [a, collections.OrderedDict(), collections.OrderedDict([(1, 2), ('k', [])])]


@value()
def defaultdicts():
    a = collections.defaultdict(list)
    a['x'].append(1)
    return [a, collections.defaultdict(None, {1: 2}), collections.defaultdict(int)]


@value()
def counters():
    return [collections.Counter('abracadabra'), collections.Counter(), collections.Counter(a=-1, b=5),
            collections.Counter({'x': 2 ** 70, 'y': 1, 'z': 2 ** 65})]


Point = collections.namedtuple('Point', 'x y')


@value()
def namedtuples():
    class Derived(Point):
        pass
    return [Point(1, [2]), collections.namedtuple('Empty', '')(), Derived('a', Point(1, 2))]


@value()
def structseqs():
    import time
    return [time.gmtime(0), sys.version_info, sys.float_info]


@value()
def weakrefs():
    p = Plain()
    KEEP.append(p)
    return [weakref.ref(p), weakref.ref(p, KEEP.append), weakref.ref(Plain()), weakref.ref(value), weakref.ref(Plain)]


@value()
def ranges():
    return [range(5) if not PY2 else xrange(5), slice(None), slice(1, 2, 'x')] + (  # noqa: F821
        [range(1, 5), range(0, 10, 2), range(5, 0, -1), range(2 ** 70)] if not PY2 else
        [xrange(1, 5), xrange(0, 10, 2), xrange(5, 0, -1)])  # noqa: F821


@value()
def arrays():
    made = [array.array('b'), array.array('d', [1.0, 0.1]), array.array('i', range(-3, 3)), array.array('B', [255]),
            array.array('h', [-1]), array.array('H', [65535]), array.array('l', [-2 ** 40]), array.array('L', [2 ** 63]),
            array.array('f', [0.5]), array.array('I', [2 ** 32 - 1])]
    return made + ([array.array('q', [-2 ** 62]), array.array('Q', [2 ** 64 - 1])] if not PY2 else
                   [array.array('c', "it's")]) + [array.array('u', u'ab\xe9')]


@value()
def memoryviews():
    m = memoryview(bytearray(b'abc'))
    released = memoryview(b'zzz')
    if not PY2:
        released.release()
    return [m, released]


@value()
def proxies():
    import types
    return [types.MappingProxyType({'a': [1]}), types.MappingProxyType(collections.OrderedDict(b=2))]


@value()
def dict_views():
    d = {'a': 1}
    return [d.keys(), d.values(), d.items()] if not PY2 else [d.viewkeys(), d.viewvalues(), d.viewitems()]


@value()
def namespaces():
    import types
    return [types.SimpleNamespace(a=1, b=[2]), types.SimpleNamespace()]


@value()
def instances():
    return [object(), Plain(), EmptySlots(), iter([])]


@value(ATTRIBUTES)
def instances_with_attributes():
    return [Attributes(), Slots()]


@value()
def in_methods():
    return [Attributes.__init__.__get__([Attributes()], list)]


@value(OWN_REPR)
def own_reprs():
    class Loud(object):
        def __init__(self):
            self.volume = 11

        def __repr__(self):
            return 'LOUD'
    return [Loud(), [Loud()]]


@value(WRAPPED)
def derived_values():
    class MyInt(int):
        pass

    class MyStr(str):
        pass

    class MyList(list):
        pass

    class MyDict(dict):
        pass

    class MyFloat(float):
        pass
    return [MyInt(5), MyStr('x'), MyList([1]), MyDict(a=1), MyFloat(0.5)]


scene.quiet()
for i, o in enumerate(VALUES):
    TRUTH[i][1] = repr(o)
    if PY2:
        TRUTH[i][1] = TRUTH[i][1].decode('latin-1')
scene.tell({'list': id(VALUES), 'values': TRUTH})
scene.ready_and_block()
scene.end()
