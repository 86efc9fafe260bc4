# SPDX-License-Identifier: Apache-2.0
# Part of ../kinds.py, run in its name space.

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


class SizedMixin(object):
    """__sizeof__ by a base that is not tp_base."""

    def __sizeof__(self):
        return 5000


class SizedByMixin(Plain, SizedMixin):
    pass


class SizedList(list, SizedMixin):
    """list's own __sizeof__ comes first."""


@kind
def sized_by_mixin():
    return [SizedByMixin(), SizedList([1, 2, 3])]
