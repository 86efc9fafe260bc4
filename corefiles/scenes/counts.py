# SPDX-License-Identifier: Apache-2.0
"""Classes that only this scene makes, each with a count that it knows exactly.

Freed objects, raw memory that looks like objects, frozen objects. Then, part by part: atoms that nobody holds.
truth.json: {"types": {name: [count, size, max]}, "leaked": {name: n} (by the third part), "kept...": [address]}
"""
import array
import ctypes
import gc
import sys

import scene

PY2 = sys.version_info[0] == 2


class Kept(object):
    def __init__(self, i):
        self.ident = i
        self.items = [i, None]


class Slotted(object):
    __slots__ = ('a', 'b')


class Word(str):
    pass


class Number(long if PY2 else int):  # noqa: F821
    pass


class Pair(tuple):
    pass


class Freed(object):
    """100,000 of these are made, and all but 7 are freed."""

    def __init__(self, i):
        self.ident = i


class FreedAtom(int):
    """Not known to the collector."""
    __slots__ = ()


class Decoy(object):
    """Its objects' bytes are copied into raw memory."""
    __slots__ = ('a', 'b')


class DecoyAtom(float):
    """Not known to the collector: its bytes begin where the block begins."""
    __slots__ = ()


class Frozen(object):
    pass


class Outer(object):
    class Inner(object):
        pass


class Empty(object):
    pass


def old_style():
    """2.7: instances of classes without a base."""
    exec('class Old:\n    def __init__(self, i):\n        self.ident = i\n', globals())
    return [Old(i) for i in range(321)]  # noqa: F821


def freed(cls, keep):
    made = [cls(i) for i in range(100000)]
    step = len(made) // keep
    return made[::step][:keep]


def decoys():
    """Copies of objects' bytes, with and without what stands before them, in blocks of raw memory."""
    kept = [Decoy(), DecoyAtom(1.5)]
    copies = []
    for o in kept:
        for before in (0, 16, 32):
            image = ctypes.string_at(id(o) - before, before + o.__sizeof__())
            for room in (0, 100, 400):
                raw = image + b'\0' * max(0, room - len(image))
                for _ in range(200):
                    copies.append(bytearray(raw))
                    copies.append(ctypes.create_string_buffer(raw, len(raw)))
                    numbers = array.array('B')
                    (numbers.fromstring if PY2 else numbers.frombytes)(raw)
                    copies.append(numbers)
                    copies.append(raw[:-1] + b'!')
    # Item arrays whose second word is a class, as an object's header has it, behind a small first word or a pointer.
    for _ in range(500):
        copies.append([None, Decoy, None, DecoyAtom, None])
        copies.append([None, None, None, Decoy, None, None])
        copies.append({1: DecoyAtom, 2: Decoy})
        copies.append((None, Decoy))
    return kept, copies


hold = {
    'Kept': [Kept(i) for i in range(1000)],
    'Slotted': [Slotted() for _ in range(501)],
    'Word': [Word('w' * (i % 50)) for i in range(333)],
    'Number': [Number(i * 10 ** (i % 30)) for i in range(250)],
    'Pair': [Pair(range(i % 9)) for i in range(777)],
    'Outer.Inner': [Outer.Inner() for _ in range(41)],
    'Empty': [Empty() for _ in range(19)],
    'Frozen': [Frozen() for _ in range(123)],
    'Freed': freed(Freed, 7),
    'FreedAtom': freed(FreedAtom, 11),
}
if PY2:
    hold['Outer.Inner'] = hold.pop('Outer.Inner')
kept_decoys, copies = decoys()
hold['Decoy'] = kept_decoys[:1]
hold['DecoyAtom'] = kept_decoys[1:]
for o in hold['Slotted']:
    o.a = o
gc.collect()
if hasattr(gc, 'freeze'):
    gc.freeze()
# Those are in the oldest generation (or frozen); these are in the youngest.
hold['Kept'] += [Kept(i) for i in range(234)]
gc.disable()

# The qualified name where there is one: 2.7 knows only the last part.
types = dict(('__main__.' + (name.split('.')[-1] if PY2 else name), scene.sizes(objects))
             for name, objects in hold.items())
if PY2:
    old = old_style()
    types['instance of __main__.Old'] = scene.sizes(old)


def leak(n, held):
    """n str, n lists and n tuples that the collector does not track, and a hundredth of that of large objects, each
    with a reference that nobody holds; or given back."""
    for i in range(n):
        for o in ('leaked %d' % i, [i], (i * 1000003, 'item')):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(o))
            if held:
                ctypes.pythonapi.Py_DecRef(ctypes.py_object(o))
            o = None
    for i in range(n // 100):
        large = b'x' * (600 + 50 * i)  # not known to the collector, and too large for pymalloc
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(large))
        if held:
            ctypes.pythonapi.Py_DecRef(ctypes.py_object(large))
        large = None


leaked = {'str': 10100 if PY2 else 10000, 'list': 10000, 'tuple': 10000}
if not PY2:
    leaked['bytes'] = 100
scene.tell({'types': types, 'leaked': leaked,
            'kept': [id(o) for o in hold['Kept'][:100]],
            'kept_dicts': [id(o.__dict__) for o in hold['Kept'][100:200]],
            'kept_lists': [id(o.items) for o in hold['Kept'][200:300]]})
# Whatever a first time leaves behind is there before the first count is taken.
for _ in (1, 2):  # a list of its own on 2.7, if it were a range
    leak(10, held=True)
    gc.collect()
    if not scene.ready_and_block():
        scene.end()
leak(10000, held=False)
gc.collect()
scene.ready_and_block()
scene.end()
