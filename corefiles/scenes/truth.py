# SPDX-License-Identifier: Apache-2.0
"""The truth of a scene: what the interpreter itself says about every object that it can reach.

write(path, kinds) makes one JSON document, with one line for each object so that C can read it without a parser:

    {"version": "3.11.7", "pid": 1234, "kinds": {"list": 140237..., ...}, "objects": [
    [id, "type name", sys.getsizeof, [ids of what it owns, sorted]],
    ...
    ]}

Objects are those of gc.get_objects() and all that can be reached from them. What an object owns is what
gc.get_referents() says, made complete in two places where the interpreter's traverse functions leave out references
that they own: the keys of a dict, and the type of an instance of a heap type (C types before 3.9).
Frames that run, and what this module itself needs, are left out: they change while the truth is written.
"""
import gc
import io
import json
import os
import sys

_type_dict = type.__dict__["__dict__"].__get__
_type_module = type.__dict__["__module__"].__get__
_type_name = type.__dict__["__name__"].__get__
_type_qualname = type.__dict__["__qualname__"].__get__ if "__qualname__" in type.__dict__ else _type_name
_type_flags = type.__dict__["__flags__"].__get__
_type_mro = type.__dict__["__mro__"].__get__
_BUILTINS = ("builtins", "__builtin__")
_HEAP, _GC = 1 << 9, 1 << 14
if sys.version_info[0] == 2:
    _str = (str, unicode)  # noqa: F821
    _OrderedDict = None  # written in Python there
else:
    _str = (str,)
    from collections import OrderedDict as _OrderedDict


def type_name(t):
    """As heapscope shows it: module.qualname, builtins bare; static types as tp_name says."""
    if _type_flags(t) & _HEAP:
        module = _type_dict(t).get("__module__")
        name = _type_qualname(t)
    else:
        module = _type_module(t)
        name = _type_name(t)
    if not isinstance(module, _str) or module in _BUILTINS:
        return name
    return "%s.%s" % (module, name)


def _take(have, want):
    """Takes want (a list of ids) out of the counts have, or nothing if they are not all there."""
    taken = []
    for w in want:
        if have.get(w, 0) > 0:
            have[w] -= 1
            taken.append(w)
        else:
            for w in taken:
                have[w] += 1
            return False
    return True


def _missing_keys(o, refs):
    """The keys of a dict that its traverse function did not show."""
    keys = list(dict.__iter__(o))
    have = {}
    for r in refs:
        have[id(r)] = have.get(id(r), 0) + 1
    _take(have, [id(dict.__getitem__(o, k)) for k in keys])
    ids = [id(k) for k in keys]
    missing = []
    # An OrderedDict owns each key twice: by its list of nodes, and by the table.
    for _ in range(2 if _OrderedDict and isinstance(o, _OrderedDict) else 1):
        if not _take(have, ids):
            missing += keys
    return missing


def referents(o):
    refs = gc.get_referents(o)
    mro = _type_mro(type(o)) or ()
    if dict in mro:
        try:
            refs = refs + _missing_keys(o, refs)
        except Exception:  # keys with a __hash__ or __eq__ of their own
            pass
    if _type_flags(type(o)) & _HEAP and _type_flags(type(o)) & _GC and not any(r is type(o) for r in refs):
        refs.append(type(o))
    return refs


def _warm():
    """sys.getsizeof() makes types ready that never were: they get a dict, an mro and a base. Before the truth is taken."""
    objs = gc.get_objects()
    seen = set(map(id, objs))
    seen.add(id(seen))
    for o in objs:
        if o is not seen:
            sys.getsizeof(o)
            for r in gc.get_referents(o):
                if id(r) not in seen:
                    seen.add(id(r))
                    objs.append(r)


def write(path, kinds):
    fd = os.open(path + ".part", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    head = json.dumps({"version": sys.version.split()[0], "hexversion": sys.hexversion, "pid": os.getpid(),
                       "kinds": dict((k, id(v)) for k, v in kinds.items())})
    names = {}
    _warm()
    gc.collect()
    gc.disable()
    # Loops, not comprehensions: those have functions and frames of their own, gone when the truth is read.
    skip = set()
    skip.add(id(skip))
    skip.add(id(names))
    f = sys._getframe()
    while f is not None:
        skip.add(id(f))
        f = f.f_back
    objs = gc.get_objects()
    # A BytesIO counts its buffer while nobody else refers to it, and soon this list may.
    early = {}
    for o in objs:
        if isinstance(o, io.BytesIO):
            early[id(o)] = sys.getsizeof(o)
    seen = set(skip)
    for o in objs:
        seen.add(id(o))
    for o in objs:  # grows while it runs
        if id(o) not in skip:
            for r in referents(o):
                if id(r) not in seen:
                    seen.add(id(r))
                    objs.append(r)
    os.write(fd, (head[:-1] + ', "objects": [').encode("ascii"))
    comma = "\n"
    for o in objs:
        if id(o) in skip:
            continue
        t = type(o)
        if t not in names:
            names[t] = json.dumps(type_name(t))
        refs = sorted(map(id, referents(o)))
        line = "%s[%d, %s, %d, [%s]]" % (comma, id(o), names[t], early.get(id(o)) or sys.getsizeof(o),
                                        ", ".join(map(str, refs)))
        os.write(fd, line.encode("ascii"))
        comma = ",\n"
    os.write(fd, b"\n]}\n")
    os.close(fd)
    os.rename(path + ".part", path)
