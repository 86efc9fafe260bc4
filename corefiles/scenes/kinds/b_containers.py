# SPDX-License-Identifier: Apache-2.0
# Part of ../kinds.py, run in its name space.

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
