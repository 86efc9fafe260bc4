# SPDX-License-Identifier: Apache-2.0
# Part of ../kinds.py, run in its name space.

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
