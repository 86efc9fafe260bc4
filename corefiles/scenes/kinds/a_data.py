# SPDX-License-Identifier: Apache-2.0
# Part of ../kinds.py, run in its name space.

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
def bytes_untouched():
    return [bytes(n) if not PY2 else "\0" * n for n in (5000, 1 << 20, 50 << 20)]  # pages that nobody writes to


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
