# SPDX-License-Identifier: Apache-2.0
# Part of ../kinds.py, run in its name space.

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
