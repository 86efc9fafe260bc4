# SPDX-License-Identifier: Apache-2.0
"""A scene: at least 80 kinds of object, each held under a name, on every CPython from 2.7 on.

    python kinds.py TRUTH.json [READY_FIFO]

Writes the truth about every object (see truth.py), then says "ready PID" to READY_FIFO (or stdout) and blocks until
its standard input ends or somebody kills it.

To add a kind: a @kind function that returns the object (or a list of several). What an older version cannot say
(a module, a syntax in a string) simply raises: the kind is left out there.
"""
from __future__ import print_function

import array
import collections
import ctypes
import datetime
import decimal
import functools
import io
import itertools
import os
import random
import re
import struct
import sys
import threading
import time
import types
import weakref

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import truth  # noqa: E402

PY2 = sys.version_info[0] == 2
KINDS = {}   # name -> object: what the truth calls "kinds"
FAILED = {}  # name -> why it is left out
KEEP = []    # what kinds need beside themselves


def kind(make):
    name = make.__name__
    try:
        KINDS[name] = make()
    except Exception as e:
        FAILED[name] = "%s: %s" % (type(e).__name__, e)
    return make


def run(source, name):
    """Syntax that only newer versions have."""
    space = {"__name__": "__main__"}
    exec(source, space)
    KEEP.append(space)
    return space[name]


# ---- numbers ----

@kind
def ints():
    return [0, 1, -1, 256, 257, -5, -6, 2 ** 15, 2 ** 30 - 1, 2 ** 30, -2 ** 30, 2 ** 31, 2 ** 60 - 1, 2 ** 60, -2 ** 90,
            2 ** 63, 3 ** 100, -7 ** 500, 10 ** 5000]


@kind
def bools():
    return [True, False]


@kind
def longs():
    return [long(0), long(1), long(-1), long(2) ** 30, long(2) ** 200]  # noqa: F821


class MyInt(int):
    pass


class MyIntSlots(int):
    __slots__ = ()


@kind
def int_subclass():
    a = MyInt(5)
    a.note = "noted"
    return [a, MyInt(-2 ** 40), MyInt(0), MyIntSlots(0)]


class MyLong(int if not PY2 else long):  # noqa: F821
    pass


class MyLongSlots(int if not PY2 else long):  # noqa: F821
    __slots__ = ()


@kind
def long_subclass():
    a = MyLong(2 ** 100)
    a.note = "a big one"
    return [a, MyLong(-2 ** 40), MyLong(0), MyLongSlots(2 ** 70), MyLongSlots(0)]


@kind
def floats():
    return [0.0, -0.0, 1.5, float("inf"), float("nan"), 1e308]


class MyFloat(float):
    pass


@kind
def float_subclass():
    a = MyFloat(2.5)
    a.unit = "m"
    return a


@kind
def complexes():
    return [1j, complex(3, -4)]


@kind
def decimals():
    return [decimal.Decimal(0), decimal.Decimal("3.14"), decimal.Decimal(10) ** 200, decimal.Decimal("NaN"),
            decimal.getcontext(), decimal.Context(prec=99)]


@kind
def fractions_():
    from fractions import Fraction
    return Fraction(22, 7)


# ---- strings ----

@kind
def strings():
    return ["", "a", "\xe9" if not PY2 else "\\xe9", "plain ascii", "x" * 1000, "".join(["not", " ", "interned"])]


@kind
def wide_strings():
    u = lambda s: s.decode("unicode_escape") if PY2 else s.encode("ascii").decode("unicode_escape")  # noqa: E731
    made = [u(r"caf\xe9 latin"), u(r"\u20ac uro"), u(r"\U0001f40d snake"), u(r"\xff"), u(""), u("q"),
            u(r"\u4e2d") * 300, u(r"\xe9") * 300]
    cached = [u(r"utf8 cache \xe9"), u(r"utf8 cache \u20ac"), u(r"utf8 cache \U0001f40d")]
    for s in cached:
        try:
            ctypes.pythonapi.PyUnicode_AsUTF8(ctypes.py_object(s))
        except AttributeError:
            s.encode("utf-8")
            hash(s)
    return made + cached


@kind
def wchar_strings():
    """With the wchar_t cache (before 3.12)."""
    if sys.version_info >= (3, 12) or PY2:
        raise NotImplementedError("no such cache")
    made = ["wide one", u"caf\xe9 wide", u"\u20ac wide", u"\U0001f40d wide"]
    get = ctypes.pythonapi.PyUnicode_AsUnicode
    get.restype = ctypes.c_void_p
    made = [s + " %d" % i for i, s in enumerate(made)]
    for s in made:
        get(ctypes.py_object(s))
    new = ctypes.pythonapi.PyUnicode_FromUnicode
    new.restype = ctypes.py_object
    legacy = new(None, ctypes.c_ssize_t(7))
    made.append(legacy)
    return made


@kind
def unicode_2():
    """2.7: with the encoded form that a unicode object keeps."""
    if not PY2:
        raise NotImplementedError("2.7 only")
    a, b = u"caf\xe9 cached", u"default encoded one"
    hash(a)
    buffer(b)  # noqa: F821
    memo = {b: 1}
    KEEP.append(memo)
    ctypes.pythonapi._PyUnicodeUCS4_AsDefaultEncodedString(ctypes.py_object(b), None)
    return [a, b]


class MyStr(str):
    pass


class MyStrSlots(str):
    __slots__ = ()


@kind
def str_subclass():
    a = MyStr("some text of mine")
    a.lang = "en"
    made = [a, MyStr(""), MyStrSlots("abc")]
    if not PY2:
        made += [MyStr(u"\u20ac\u20ac"), MyStr(u"\U0001f40d"), MyStr(u"\xe9t\xe9")]
    return made


class MyUnicode(type(u"")):
    __slots__ = ("lang", "__weakref__") if PY2 else ()


@kind
def unicode_subclass():
    return MyUnicode(u"caf\xe9")


@kind
def bytes_():
    return [b"", b"a", b"bytes" * 100]


class MyBytes(bytes):
    pass


@kind
def bytes_subclass():
    a = MyBytes(b"of mine")
    a.note = 1
    return a


@kind
def bytearrays():
    popped = bytearray(b"x" * 1000)
    del popped[:990]
    grown = bytearray()
    for i in range(300):
        grown.append(i & 255)
    return [bytearray(), bytearray(b"a"), popped, grown]


@kind
def interned():
    return getattr(sys, "intern", None)("interned_by_me") if not PY2 else intern("interned_by_me")  # noqa: F821


# ---- tuples, lists and what is made of them ----

@kind
def tuples():
    return [(), (1,), (1, "two", 3.0), ([],), tuple(range(100))]


class MyTuple(tuple):
    pass


class MyTupleSlots(tuple):
    __slots__ = ()


@kind
def tuple_subclass():
    a = MyTuple((1, [2], 3))
    a.note = "odd"
    return [a, MyTuple(), MyTuple((1, 2)), MyTupleSlots((4, 5))]


Point = collections.namedtuple("Point", "x y")


@kind
def namedtuple():
    return Point(1, [2])


@kind
def structseq():
    return [os.stat("/"), sys.version_info, time.localtime(0), os.times(), sys.float_info, sys.flags]


@kind
def lists():
    grown = []
    for i in range(1000):
        grown.append(i)
    shrunken = list(range(1000))
    del shrunken[10:]
    emptied = list(range(50))
    emptied[:] = []
    popped = list(range(9))
    popped.pop()
    return [[], [1], [None] * 10, grown, shrunken, emptied, popped, list("abc")]


class MyList(list):
    pass


class MyListSlots(list):
    __slots__ = ("a", "b")


@kind
def list_subclass():
    a = MyList([1, 2, []])
    a.note = "mine"
    b = MyListSlots([3])
    b.a = "slot a"
    return [a, b, MyList()]


# ---- dicts ----

@kind
def dicts():
    small = {}
    one = {"a": 1}
    strings = dict(("key%d" % i, i) for i in range(100))
    general = dict((i, str(i)) for i in range(100))
    mixed = {"a": 1, 2: "b", (3, 4): [5], None: None}
    shrunken = dict((i, i) for i in range(1000))
    for i in range(990):
        del shrunken[i]
    emptied = dict.fromkeys(range(100))
    emptied.clear()
    popped = {"x": 1, "y": 2, "z": 3}
    del popped["y"]
    turned = {"s": 1}  # a table of strings in which somebody looked for something else
    turned.get(5)
    huge = dict((i, None) for i in range(70000))
    return [small, one, strings, general, mixed, shrunken, emptied, popped, turned, huge, {1: {2: {3: {}}}},
            dict.fromkeys("abcdef")]


class MyDict(dict):
    pass


class MyDictSlots(dict):
    __slots__ = ("tag",)


@kind
def dict_subclass():
    a = MyDict(a=1)
    a.note = "x"
    b = MyDictSlots({1: 2})
    b.tag = []
    return [a, b, MyDict()]


@kind
def ordereddict():
    a = collections.OrderedDict((str(i), i) for i in range(20))
    for i in range(0, 20, 3):
        del a[str(i)]
    a.move_to_end("1") if hasattr(a, "move_to_end") else None
    b = collections.OrderedDict()
    c = collections.OrderedDict([(1, 2), ("k", "v")])
    c.note = "has a dict"
    return [a, b, c]


class MyOrderedDict(collections.OrderedDict):
    pass


@kind
def ordereddict_subclass():
    a = MyOrderedDict(k="v")
    a.more = 1
    return a


@kind
def defaultdict():
    a = collections.defaultdict(list)
    a["x"].append(1)
    return [a, collections.defaultdict(None, {1: 2})]


@kind
def counter():
    return collections.Counter("abracadabra")


@kind
def chainmap():
    return collections.ChainMap({"a": 1}, {"b": 2})


@kind
def userdict():
    return [collections.UserDict(a=1), collections.UserList([1]), collections.UserString("s")]


@kind
def dict_views():
    d = {"a": 1, "b": 2}
    names = ("viewkeys", "viewvalues", "viewitems") if PY2 else ("keys", "values", "items")
    views = [getattr(d, n)() for n in names]
    its = [iter(v) for v in views]
    for it in its:
        next(it)
    return [d, views, its]


@kind
def dict_reverse_iterators():
    d = {"a": 1, "b": 2}
    return [reversed(d), reversed(d.values()), reversed(d.items())]


@kind
def mappingproxy():
    return types.MappingProxyType({"a": 1}) if not PY2 else int.__dict__


@kind
def simplenamespace():
    return types.SimpleNamespace(a=1, b=[2])


# ---- sets ----

@kind
def sets():
    big = set(range(1000))
    shrunken = set(range(1000))
    for i in range(5, 1000):
        shrunken.discard(i)
    emptied = set("abcdefghijkl")
    emptied.clear()
    holes = set("abcde")
    holes.discard("c")
    return [set(), set([1]), set("abc"), big, shrunken, emptied, holes, set([(1, 2), "x", None])]


@kind
def frozensets():
    return [frozenset(), frozenset([1, 2]), frozenset("abcdefghij")]


class MySet(set):
    pass


class MySetSlots(set):
    __slots__ = ("tag",)


@kind
def set_subclass():
    a = MySet([1, 2])
    a.note = "n"
    b = MySetSlots("xyz")
    b.tag = {}
    return [a, b, iter(a)]


# ---- deques, arrays, buffers ----

@kind
def deques():
    d = collections.deque(range(200))
    d.popleft()
    return [collections.deque(), collections.deque([1]), d, collections.deque(range(200), 50), collections.deque("ab", 9)]


class MyDeque(collections.deque):
    pass


class MyDequeSlots(collections.deque):
    __slots__ = ("tag",)


@kind
def deque_subclass():
    a = MyDeque([1, [2]])
    a.note = 1
    b = MyDequeSlots([3])
    b.tag = "t"
    return [a, b, iter(a), reversed(b)]


@kind
def arrays():
    a = array.array("d", [1.0] * 100)
    a.append(2.0)
    return [a, array.array("b"), array.array("i", range(10)), array.array("l", [1])]


class MyArray(array.array):
    pass


@kind
def array_subclass():
    a = MyArray("h", [1, 2])
    a.note = "n"
    return [a, iter(a)]


@kind
def memoryviews():
    m = memoryview(bytearray(b"abcdef"))
    made = [m, m[1:4]]
    if not PY2:
        made += [m.cast("h"), m.cast("b", (2, 3))]
    released = memoryview(b"zzz")
    if not PY2:
        released.release()
        made.append(released)
    return made


@kind
def buffer_2():
    return [buffer("abcdef", 1, 2), xrange(10), iter(xrange(3))]  # noqa: F821


@kind
def struct_():
    return [struct.Struct("<ihq"), struct.Struct("10s4x"), struct.Struct(""), struct.Struct("iiddqq")]


@kind
def struct_iterator():
    return struct.Struct("<h").iter_unpack(b"abcd")


@kind
def mmap_():
    import mmap
    return mmap.mmap(-1, 4096)


@kind
def picklebuffer():
    import pickle
    return pickle.PickleBuffer(bytearray(b"xyz"))


# ---- input and output ----

@kind
def bytesio():
    a = io.BytesIO(b"initial bytes")
    b = io.BytesIO()
    b.write(b"x" * 500)
    c = io.BytesIO(b"shared " * 20)
    view = c.getbuffer() if hasattr(c, "getbuffer") else None
    closed = io.BytesIO(b"q")
    closed.close()
    noted = io.BytesIO()
    noted.note = []
    return [a, b, c, view, closed, noted]


@kind
def stringio():
    a = io.StringIO(u"some text")
    a.read(3)
    b = io.StringIO()
    b.write(u"text \u20ac " * 20)
    return [a, b, io.StringIO(newline=None), io.IncrementalNewlineDecoder(None, True)]


@kind
def files():
    made = [open(__file__), open(__file__, "rb"), io.open(__file__, "rb", 0), io.open(__file__, "r+b")
            if os.access(__file__, os.W_OK) else None]
    made[0].readline()
    made[1].read(10)
    return made


@kind
def text_file():
    f = io.open(__file__, encoding="utf-8")
    f.readline()
    return [f, f.buffer, f.buffer.raw]


@kind
def write_file():
    f = io.open("/dev/null", "w", encoding="latin-1")
    f.write(u"pending")
    g = io.open("/dev/null", "wb", 100)
    g.write(b"abc")
    return [f, g]


@kind
def buffered_pair():
    r, w = os.pipe()
    return [io.BufferedRWPair(io.FileIO(r, "rb"), io.FileIO(w, "wb")), r, w]


@kind
def file_2():
    a = file(__file__)  # noqa: F821
    a.readline()
    next(a)
    import cStringIO
    import StringIO
    return [a, cStringIO.StringIO("abc"), cStringIO.StringIO(), StringIO.StringIO("x")]


@kind
def sockets():
    import socket
    return socket.socketpair()


@kind
def select_():
    import select
    return [select.poll(), select.epoll()]


@kind
def scandir():
    it = os.scandir("/")
    entry = next(it)
    entry.is_dir()
    it.close()
    return [entry, entry.name]


# ---- functions and code ----

def outer(a, b=2, *args, **kwargs):
    """A function with a closure, defaults and a docstring."""
    cell = [a]

    def inner(c=b, d=None):
        return cell, c, args, kwargs, a
    inner.note = "on a function"
    return inner


@kind
def functions():
    empty_cell = run("def f():\n    def g():\n        return h\n    r = g\n    if 0:\n        h = 1\n    return r\ng = f()", "g")
    return [outer, outer(1), outer(1, 3, 4, z=5), lambda: None, empty_cell]


@kind
def functions_3():
    return run("""
def f(a: int, b: 'str' = 'x', *, k: list = [], w=None) -> dict:
    return a
""", "f")


@kind
def typed_function():
    return run("""
def f[T](a: T) -> T:
    return a
class C[T, *Ts, **P]:
    x: T
type Alias[K] = dict[K, int]
""", "f")


@kind
def posonly_function():
    return run("def f(a, /, b, *, c=1): pass", "f")


@kind
def codes():
    return [outer.__code__, outer(1).__code__, compile("x = 1\ny = [i for i in range(3)]\n", "made up.py", "exec"),
            compile("1 + 1", "<s>", "eval")]


@kind
def code_cached():
    """Somebody asked for its bytecode, variable names, free variables (3.11+ keep the answers)."""
    made = compile("def f(a, b):\n    c = 1\n    return lambda: (a, c)\n", "cached.py", "exec")
    space = {}
    exec(made, space)
    KEEP.append((space["f"].__code__.co_code, space["f"].__code__.co_varnames, space["f"].__code__.co_cellvars))
    return space["f"]


@kind
def hot_code():
    """Run often enough that the interpreter makes caches for it (opcache in 3.8 to 3.10, specialised in 3.11+)."""
    space = run("""
def hot(n):
    total = 0
    for i in range(n):
        total += len('abc') + i
    return total
""", "hot")
    for i in range(2000):
        space(10)
    return space


@kind
def cells():
    return outer(1).__closure__ if not PY2 else outer(1).func_closure


class Plain(object):
    """A class with a bit of everything."""
    shared = [1, 2]

    def __init__(self, x=1, y=None):
        self.x = x
        self.y = y

    def method(self):
        return self.x

    @classmethod
    def make(cls):
        return cls()

    @staticmethod
    def helper():
        return 1

    @property
    def prop(self):
        """The documented property."""
        return self.x

    @prop.setter
    def prop(self, v):
        self.x = v


@kind
def methods():
    p = Plain()
    return [p.method, Plain.method, Plain.make, [].append, "".join, len, dict.fromkeys, outer.__get__(p, Plain)]


@kind
def descriptors():
    d = Plain.__dict__
    return [d["make"], d["helper"], d["prop"], property(), Plain.__dict__.get("__dict__"), Plain.__dict__.get("__weakref__"),
            str.join, int.__add__, dict.__dict__["fromkeys"], type.__dict__["__mro__"], complex.real, (1).__add__]


@kind
def static_attributes():
    """staticmethod and classmethod with a __dict__ (3.10+)."""
    a, b = staticmethod(outer), classmethod(outer)
    a.note = 1
    b.note = []
    return [a, b]


@kind
def frames():
    def raiser(a, b):
        local = [a, b]
        raise ValueError(local)
    try:
        raiser(1, "two")
    except ValueError:
        tb = sys.exc_info()[2]
    if PY2:
        sys.exc_clear()
    frame = tb.tb_next.tb_frame
    return [tb, tb.tb_next, frame]


@kind
def frame_locals():
    """A frame somebody asked for its locals; with cells and a long stack."""
    def raiser(a, b, *args):
        c = lambda: (a, args)  # noqa: E731
        return [a, b, (c, a, b, 1 // b)]
    try:
        raiser([], 0, 3)
    except ZeroDivisionError:
        tb = sys.exc_info()[2]
    if PY2:
        sys.exc_clear()
    frame = tb.tb_next.tb_frame
    locals_ = frame.f_locals
    return [tb, frame, locals_]


def counter_gen(n):
    held = [n]
    for i in range(n):
        yield i, held


@kind
def generators():
    fresh, started, done, deep = counter_gen(3), counter_gen(3), counter_gen(1), counter_gen(9)
    next(started)
    list(done)
    KEEP.append([x for x in (next(deep), next(deep))])
    expr = (x for x in [1, 2, [3]])
    next(expr)
    return [fresh, started, done, deep, expr]


@kind
def closed_generator():
    g = counter_gen(3)
    next(g)
    g.close()
    try:
        g.gi_frame
    except AttributeError:
        pass
    return g


@kind
def generator_frame():
    g = counter_gen(5)
    next(g)
    return [g, g.gi_frame]


@kind
def yield_from():
    g = run("""
def inner():
    yield [1]
def outer():
    x = yield from inner()
g = outer()
next(g)
""", "g")
    return g


@kind
def generator_in_except():
    g = run("""
def f():
    try:
        raise KeyError('k')
    except KeyError as e:
        yield e
g = f()
next(g)
""", "g")
    return g


@kind
def coroutines():
    made = run("""
import types, warnings
warnings.simplefilter('ignore')
@types.coroutine
def stop():
    yield 'stopped'
async def co(x):
    y = [x]
    await stop()
    return y
fresh, started = co(1), co(2)
started.send(None)
await_iter = fresh.__await__()
made = [fresh, started, await_iter]
""", "made")
    return made


@kind
def async_generators():
    return run("""
async def ag(n):
    held = [n]
    yield held
    yield n
fresh, started = ag(1), ag(2)
step = started.asend(None)
try:
    step.send(None)
except StopIteration:
    pass
other = fresh.__anext__()
thrown = ag(3).athrow(ValueError)
closer = ag(4).aclose()
made = [fresh, started, step, other, thrown, closer]
""", "made")


@kind
def builtin_anext():
    return run("""
async def ag():
    yield 1
a = ag()
made = [a, anext(a, 5), aiter(a)]
""", "made")


# ---- classes and instances ----

@kind
def instances():
    a = Plain()
    b = Plain(2, 3)
    b.extra = "late"
    c = Plain()
    del c.y
    d = Plain()
    d.__dict__
    e = Plain()
    e.__dict__ = {"other": 1}
    f = Plain()
    f.__dict__["z"] = 4
    g = Plain()
    g.__dict__[5] = "not a string"
    h = Plain()
    for i in range(40):
        setattr(h, "attribute%d" % i, i)
    made = [a, b, c, d, e, f, g, h]
    for i in range(20):
        o = Plain()
        setattr(o, "own%d" % i, i)
        made.append(o)
    return made


class Empty(object):
    pass


@kind
def empty_instances():
    a, b = Empty(), Empty()
    b.x = 1
    del b.x
    return [a, b]


class Slotted(object):
    __slots__ = ("a", "b")


class SlottedMore(Slotted):
    __slots__ = ("c", "__dict__")


class SlottedWeak(Slotted):
    __slots__ = ("__weakref__", "d")


class NoSlots(object):
    __slots__ = ()


class SlottedOpen(Slotted):
    pass


@kind
def slotted():
    a, b, c, d, e = Slotted(), SlottedMore(), SlottedWeak(), NoSlots(), SlottedOpen()
    a.a = [1]
    b.a, b.c, b.free = 1, 2, 3
    c.a, c.d = {}, ()
    e.a, e.dyn = "s", "d"
    return [a, b, c, d, e, weakref.ref(c), Slotted()]


@kind
def slot_descriptors():
    return [Slotted.a, Slotted.__dict__["b"]]


class Mixin(object):
    __slots__ = ()

    def more(self):
        pass


class Several(Mixin, Plain, dict):
    pass


class SeveralInts(Mixin, MyLong):
    note = 1


@kind
def multiple_inheritance():
    a = Several()
    a["k"] = "v"
    a.attribute = 1
    b = SeveralInts(2 ** 70)
    b.here = 2
    return [a, b]


class Meta(type):
    def __new__(mcs, name, bases, space):
        space["made_by"] = "Meta"
        return type.__new__(mcs, name, bases, space)


MetaMade = Meta("MetaMade", (object,), {"x": 1})


@kind
def classes():
    m = MetaMade()
    m.y = 2
    named = type("Na me\xe9" if not PY2 else "Na me", (Plain,), {})
    nested = run("class A(object):\n    class B(object):\n        class C(object): pass\n    b = B()\nmade = A.B.C()", "made")
    return [Plain, MetaMade, m, named, named(), nested, type(nested), Point, MyInt, type("NoModule", (), {"__module__": 5})()]


@kind
def local_class():
    def make():
        class Local(object):
            pass
        return Local()
    return make()


@kind
def many_slots_class():
    c = type("ManySlots", (object,), {"__slots__": tuple("s%d" % i for i in range(20))})
    o = c()
    for i in range(0, 20, 2):
        setattr(o, "s%d" % i, [i])
    return [c, o]


@kind
def abstract_class():
    import abc
    C = abc.ABCMeta("Abstract", (object,), {"m": abc.abstractmethod(lambda self: 1)})
    D = type(C)("Concrete", (C,), {"m": 1})
    C.register(list)
    isinstance([], C)
    return [C, D, D()]


@kind
def enums():
    import enum
    Color = enum.Enum("Color", "RED GREEN")
    Bits = enum.IntFlag("Bits", "A B")
    Number = enum.IntEnum("Number", "ONE TWO")
    return [Color, Color.RED, Bits.A | Bits.B, Number.TWO]


@kind
def dataclass():
    return run("""
import dataclasses
@dataclasses.dataclass
class D:
    x: int
    y: list = dataclasses.field(default_factory=list)
@dataclasses.dataclass(frozen=True)
class F:
    a: str = 'a'
made = [D(1), F()]
""", "made")


@kind
def slots_dataclass():
    return run("""
import dataclasses
@dataclasses.dataclass(slots=True, weakref_slot=True)
class D:
    x: int
made = [D(1)]
""", "made")


@kind
def super_():
    class Child(Plain):
        def get(self):
            return super(Child, self)
    return Child().get()


@kind
def old_style():
    if not PY2:
        raise NotImplementedError("2.7 only")
    return run("""
class Old:
    'doc'
    x = 1
    def m(self): pass
class Older(Old):
    pass
a, b = Old(), Older()
a.y = [2]
made = [Old, Older, a, b, a.m, Old.m]
""", "made")


# ---- iterators ----

@kind
def iterators():
    made = [iter([1, 2]), iter((1, 2)), iter("ab"), iter(b"ab"), iter(bytearray(b"ab")), iter(set([1])), iter({1: 2}),
            iter(range(5)), reversed([1, 2]), reversed((1, 2)), enumerate("ab"), enumerate([1], 2 ** 70), iter(lambda: 1, 2),
            iter(u"\u20ac\u20ac"), iter(b"")]
    for it in made[:6]:
        next(it)
    exhausted = iter([])
    list(exhausted)
    made.append(exhausted)
    return made


@kind
def more_iterators():
    if PY2:
        raise NotImplementedError("lists in 2.7")
    made = [zip([1, 2], "ab"), map(str, [1, 2]), map(max, [1], [2]), filter(None, [0, 1]), range(2, 10 ** 20, 3),
            iter(range(10 ** 20)), iter(memoryview(b"abc"))]
    next(made[0])
    return made


@kind
def sequence_iterator():
    class Seq(object):
        def __getitem__(self, i):
            return i
    return iter(Seq())


@kind
def slices():
    return [slice(1), slice(1, 2, 3), slice(None), slice("a", [1])]


@kind
def ranges():
    return [range(5), range(0), range(3, 1000, 7)]


@kind
def itertools_():
    it = itertools
    made = [it.count(), it.count(2 ** 70), it.count(1.5, 0.5), it.cycle([1, 2]), it.repeat("x"), it.repeat("x", 3),
            it.chain([1], [2]), it.chain.from_iterable([[1], [2]]), it.compress("ab", [1, 0]), it.dropwhile(bool, [0, 1]),
            it.takewhile(bool, [1, 1]), it.islice(range(10), 2, 8), it.starmap(pow, [(1, 2)]), it.groupby("aab")]
    made += list(it.tee([1, 2, 3]))
    for m in made:
        try:
            next(m)
        except StopIteration:
            pass
    return made


@kind
def itertools_groups():
    g = itertools.groupby([1, 1, 2], key=bool)
    key, group = next(g)
    next(group)
    return [g, group]


@kind
def itertools_combinatorics():
    it = itertools
    made = [it.product("ab", [1, 2]), it.combinations("abcd", 2), it.combinations_with_replacement("abc", 2),
            it.permutations("abc"), it.permutations("abcd", 2), it.product("ab", repeat=5)]
    fresh = [it.product("ab", [1, 2]), it.combinations("abcd", 2), it.combinations_with_replacement("abc", 2),
             it.permutations("abc"), it.product(), it.combinations("", 1)]
    for m in made:
        next(m)
    return made + fresh


@kind
def itertools_newer():
    it = itertools
    made = [it.accumulate([1, 2]), it.zip_longest("a", "bc")]
    for name in ("pairwise", "batched"):
        if hasattr(it, name):
            made.append(getattr(it, name)("abcdef", *([2] if name == "batched" else [])))
    for m in made:
        next(m)
    return made


@kind
def itertools_2():
    it = itertools
    made = [it.imap(str, [1]), it.ifilter(None, [0, 1]), it.izip("ab", "cd"), it.ifilterfalse(None, [0, 1]),
            it.izip_longest("a", "bc")]
    for m in made:
        next(m)
    return made


@kind
def filterfalse():
    return itertools.filterfalse(None, [0, 1])


# ---- functools, operator ----

@kind
def partials():
    a = functools.partial(int, base=2)
    b = functools.partial(max, 1, 2)
    b.note = "n"
    return [a, b]


class MyPartial(functools.partial):
    pass


@kind
def partial_subclass():
    return MyPartial(int, "5")


@kind
def lru_caches():
    @functools.lru_cache(maxsize=10)
    def bounded(x):
        return [x]

    @functools.lru_cache(maxsize=None)
    def unbounded(x, y=1):
        return x

    @functools.lru_cache(maxsize=0)
    def none(x):
        return x
    for i in range(15):
        bounded(i)
        unbounded(i, y=i)
        none(i)
    bounded("text")
    return [bounded, unbounded, none]


@kind
def cached_property():
    class C(object):
        @functools.cached_property
        def p(self):
            return [1]
    c = C()
    c.p
    return c


@kind
def cmp_to_key():
    key = functools.cmp_to_key(lambda a, b: 0)
    return [key, key(3)]


@kind
def singledispatch():
    f = functools.singledispatch(lambda x: x)
    f.register(int, lambda x: x + 1)
    return f


@kind
def operators():
    import operator
    return [operator.itemgetter(1), operator.itemgetter(1, 2), operator.attrgetter("a.b", "c"),
            operator.methodcaller("m", 1, k=2), operator.methodcaller("m")]


# ---- exceptions ----

class MyError(Exception):
    def __init__(self, *args):
        super(MyError, self).__init__(*args)
        self.more = "more"


class MySlotError(ValueError):
    __slots__ = ("s",)


@kind
def exceptions():
    a = ValueError("a", [1])
    b = MyError("b")
    c = MySlotError("c")
    c.s = 5
    made = [a, b, c, KeyError("k"), OSError(2, "gone", "file"), IOError(), UnicodeDecodeError("ascii", b"x", 0, 1, "why"),
            UnicodeEncodeError("ascii", u"x", 0, 1, "why"), SyntaxError("bad", ("f", 1, 2, "text")), StopIteration(3),
            SystemExit(4), ImportError("imp"), AttributeError("at"), NameError("nm"), MemoryError(), RecursionError()
            if not PY2 else RuntimeError(), AssertionError(), BaseException()]
    return made


@kind
def exception_chain():
    return run("""
try:
    try:
        1 // 0
    except ZeroDivisionError as e:
        raise KeyError('x') from e
except KeyError as e:
    kept = e
if hasattr(kept, 'add_note'):
    kept.add_note('a note')
""", "kept")


@kind
def exception_group():
    return run("made = ExceptionGroup('several', [ValueError(1), KeyError(2)])", "made")


@kind
def import_error():
    try:
        raise ImportError("m", name="n", path="p")
    except ImportError as e:
        kept = e
    try:
        None.nothing
    except AttributeError as e:
        other = e
    return [kept, other]


# ---- weak references ----

@kind
def weakrefs():
    o, called = Plain(), []
    KEEP.append(o)
    dead = weakref.ref(Plain())
    p = weakref.proxy(o)
    KINDS["weak_target"] = o
    KEEP.append(p)
    return [weakref.ref(o), weakref.ref(o, called.append), dead]


class MyRef(weakref.ref):
    pass


class MyRefSlots(weakref.ref):
    __slots__ = ("key",)


@kind
def weakref_subclass():
    o = Plain()
    KEEP.append(o)
    a = MyRef(o)
    a.note = 1
    b = MyRefSlots(o, None)
    b.key = "k"
    return [a, b]


@kind
def weak_containers():
    o = Plain()
    KEEP.append(o)
    d, k, s = weakref.WeakValueDictionary(), weakref.WeakKeyDictionary(), weakref.WeakSet()
    d["o"] = o
    k[o] = 1
    s.add(o)
    return [d, k, s]


# ---- modules and the like ----

@kind
def modules():
    m = types.ModuleType("made_up", "doc")
    m.x = [1]
    return [sys, os, m, collections]


@kind
def namespaces():
    return [sys.modules["__main__"].__dict__, Plain.__dict__]


@kind
def specs():
    return [getattr(os, "__spec__"), getattr(os, "__loader__")]


@kind
def singletons():
    return [None, NotImplemented, Ellipsis]


@kind
def threads():
    made = [threading.Lock(), threading.RLock(), threading.Event(), threading.Condition(), threading.Semaphore()]
    local = threading.local()
    local.x = [1]
    held = threading.RLock()
    held.acquire()
    return made + [local, held, threading.current_thread()]


class MyLocal(threading.local):
    pass


@kind
def thread_locals():
    local = MyLocal()
    local.y = "y"
    return local


@kind
def capsules():
    return datetime.datetime_CAPI


# ---- datetime, re, random ----

@kind
def datetimes():
    dt = datetime
    return [dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5, 6), dt.time(1, 2, 3), dt.timedelta(1, 2, 3)]


@kind
def datetimes_with_zone():
    dt = datetime
    zone = dt.timezone(dt.timedelta(hours=2), "here")
    return [dt.datetime(2020, 1, 2, tzinfo=zone), dt.time(1, tzinfo=zone), zone, dt.timezone.utc]


class MyZone(datetime.tzinfo):
    def utcoffset(self, when):
        return datetime.timedelta(0)


@kind
def timezone_subclass():
    z = MyZone()
    return [z, datetime.datetime(2020, 1, 2, tzinfo=z), datetime.time(1, 2, tzinfo=z)]


class MyDatetime(datetime.datetime):
    pass


@kind
def datetime_subclass():
    d = MyDatetime(2000, 1, 1)
    d.note = "n"
    return d


@kind
def zoneinfo_():
    import zoneinfo
    return zoneinfo.ZoneInfo("UTC")


@kind
def regexes():
    p = re.compile(r"(?P<word>\w+)\s(x)?")
    m = p.match("hello world")
    m.regs
    scanner = p.scanner("a b c")
    return [p, m, scanner, p.finditer("a b c"), re.compile(b"[a-z]")]


@kind
def randoms():
    return [random.Random(5), random.SystemRandom(), __import__("_random").Random(1)]


@kind
def hashes():
    import hashlib
    import zlib
    return [hashlib.md5(b"x"), hashlib.sha256(b"x"), zlib.compressobj(), zlib.decompressobj()]


@kind
def compressors():
    import bz2
    import lzma
    return [bz2.BZ2Compressor(), bz2.BZ2Decompressor(), lzma.LZMADecompressor(), lzma.LZMACompressor()]


# ---- ctypes ----

class CStruct(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_double), ("p", ctypes.c_void_p), ("next", ctypes.c_char_p)]


class CUnion(ctypes.Union):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_char * 100)]


@kind
def ctypes_():
    s = CStruct(1, 2.0, None, b"kept alive")
    arr = (ctypes.c_int * 100)(*range(100))
    p = ctypes.pointer(s)
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x)
    return [s, CUnion(), arr, p, callback, ctypes.c_int(5), ctypes.c_char_p(b"x"), ctypes.py_object([1]), ctypes.byref(s),
            CStruct, CUnion, ctypes.c_int * 3, CStruct.a, ctypes.pythonapi, ctypes.pythonapi.Py_IsInitialized,
            ctypes.create_string_buffer(500)]


# ---- asyncio, queue, contextvars, pickle, ElementTree, sqlite ----

@kind
def asyncio_():
    return run("""
import asyncio
loop = asyncio.new_event_loop()
async def wait():
    held = [1]
    await asyncio.sleep(1000)
fut = loop.create_future()
fut.add_done_callback(print)
fut.add_done_callback(repr)
done = loop.create_future()
done.set_result([5])
task = loop.create_task(wait())
for i in range(3):
    loop.call_soon(loop.stop)
    loop.run_forever()
failed = loop.create_future()
failed.set_exception(ValueError('f'))
failed.exception()
it = iter(fut)
made = [loop, fut, done, task, failed, it, asyncio.Queue() if hasattr(asyncio, 'Queue') else None]
""", "made")


@kind
def queues():
    import queue
    q = queue.Queue()
    q.put([1])
    s = queue.SimpleQueue()
    s.put([2])
    s.put("x")
    s.get()
    return [q, s]


@kind
def contextvars_():
    import contextvars
    made = [contextvars.ContextVar("v%d" % i, default=[i]) for i in range(40)]
    tokens = [v.set([v]) for v in made]
    context = contextvars.copy_context()
    made[0].reset(tokens[0])
    return [made, tokens, context, iter(context), context.items()]


@kind
def picklers():
    import pickle
    p = pickle.Pickler(io.BytesIO())
    p.dump([1, "two", {3: 4}, Plain])
    data = pickle.dumps([1, 2, "x"])
    u = pickle.Unpickler(io.BytesIO(data))
    u.load()
    return [p, u, p.memo if hasattr(p, "memo") else None]


@kind
def picklers_2():
    import cPickle
    import cStringIO
    p = cPickle.Pickler(cStringIO.StringIO())
    p.dump([1, 2])
    return p


@kind
def elements():
    import xml.etree.ElementTree as et
    root = et.fromstring("<a x='1'>text<b>c</b>tail<d/></a>")
    many = et.Element("many")
    for i in range(20):
        et.SubElement(many, "child", {"n": str(i)})
    it = root.iter()
    next(it)
    builder = et.TreeBuilder()
    builder.start("x", {})
    return [root, many, et.Element("bare"), it, builder, et.ElementTree(root)]


@kind
def xml_parser():
    import xml.etree.ElementTree as et
    import pyexpat
    p = pyexpat.ParserCreate()
    p.StartElementHandler = print if not PY2 else None
    q = et.XMLParser()
    q.feed("<a><b>")
    return [p, q]


@kind
def sqlite():
    import sqlite3
    c = sqlite3.connect(":memory:")
    cur = c.execute("select 1 as a, 'x' as b")
    c.row_factory = sqlite3.Row
    row = c.execute("select 2 as q").fetchone()
    return [c, cur, row, cur.fetchone()]


@kind
def csvs():
    import csv
    r = csv.reader(["a,b", "c,d"])
    next(r)
    return [r, csv.writer(io.StringIO() if not PY2 else io.BytesIO()), r.dialect]


@kind
def jsons():
    import json
    return [json.JSONDecoder(), json.JSONEncoder(), json.loads('{"a": [1, 2, {"b": null}]}'), json.JSONDecoder().scan_once]


@kind
def typings():
    import typing
    T = typing.TypeVar("T", bound=int)
    return [T, typing.List[int], typing.Optional[T], typing.Callable[[int], str]]


@kind
def generic_aliases():
    return run("made = [list[int], dict[str, 'x'], list[int].__parameters__]", "made")


@kind
def unions():
    return run("made = [int | None, list[int] | str]", "made")


@kind
def type_params():
    return run("""
class C[T: int, *Ts, **P]:
    pass
type A[X] = list[X]
made = [C, C.__type_params__, A, A.__value__, C[int, str, [float]]]
""", "made")


@kind
def typing_runtime():
    import typing
    return [typing.ParamSpec("P"), typing.ParamSpec("Q").args, typing.ParamSpec("R").kwargs, typing.TypeVarTuple("Ts")]


@kind
def asts():
    import ast
    return ast.parse("x = [1, 2 + y]\ndef f(a): return a")


@kind
def symtables():
    import symtable
    return symtable.symtable("def f(a):\n    def g(): return a\n    return g\n", "s.py", "exec")


@kind
def parser_():
    import parser
    return parser.expr("1 + 2")


@kind
def zipimporter():
    import zipimport
    import zipfile
    import tempfile
    name = tempfile.mktemp(".zip")
    with zipfile.ZipFile(name, "w") as z:
        z.writestr("m_in_zip.py", "x = 1")
    made = zipimport.zipimporter(name)
    os.unlink(name)
    return made


@kind
def codecs_():
    import codecs
    return [codecs.lookup("utf-8"), codecs.getincrementaldecoder("utf-8")(), codecs.getincrementalencoder("shift_jis")(),
            codecs.getincrementaldecoder("gb2312")(), codecs.charmap_build(u"".join(map(unichr if PY2 else chr, range(256))))]


@kind
def profilers():
    import cProfile
    p = cProfile.Profile()
    p.enable()
    len("x")
    p.disable()
    return p


@kind
def ssls():
    import ssl
    return [ssl.SSLContext(ssl.PROTOCOL_TLS), ssl.MemoryBIO()] if hasattr(ssl, "MemoryBIO") else ssl.SSLContext(
        ssl.PROTOCOL_TLS)


def ready(where):
    text = "ready %d\n" % os.getpid()
    if where:
        fd = os.open(where, os.O_WRONLY)
        os.write(fd, text.encode("ascii"))
        os.close(fd)
    else:
        os.write(1, text.encode("ascii"))


def block():
    while True:
        time.sleep(3600)


def main():
    where = sys.argv[2] if len(sys.argv) > 2 else None
    if "--list" in sys.argv:
        for name in sorted(FAILED):
            print("left out: %s (%s)" % (name, FAILED[name]))
        print("%d kinds" % len(KINDS))
        return
    truth.write(sys.argv[1], KINDS)
    ready(where)
    block()


if __name__ == "__main__":
    main()
