# SPDX-License-Identifier: Apache-2.0
# Run by check_python under every interpreter found, 2.7 and 3.x: prints facts about its own process, one a line,
# then "ready", and waits for its input to end. What is printed is kept alive in `keep`.
from __future__ import print_function
import gc
import os
import sys
import threading

keep = []


def fact(*words):
    print(*words)


def text(s):
    """An object's id and what it says, as UTF-8 in hex, surrogates as \\uXXXX escapes."""
    keep.append(s)
    if isinstance(s, bytes):
        out = b"".join(b"\\x%02x" % b if b >= 128 else bytes((b,)) for b in bytearray(s)) if sys.version_info >= (3, 5) \
            else "".join("\\x%02x" % b if b >= 128 else chr(b) for b in bytearray(s))
    else:
        out = "".join("\\u%04x" % ord(c) if 0xd800 <= ord(c) < 0xe000 else c for c in s) if sys.version_info[0] > 2 \
            else s
        out = out.encode("utf-8")
    fact("text", id(s), len(s), "".join("%02x" % b for b in bytearray(out)) or "-")


class Text(type(u"")):
    pass


class Plain(object):
    def __init__(self):
        self.first = 1.5
        self.second = []


def texts():
    for s in (u"", u"a", u"plain text", u"caf\xe9", u"\u20ac uro", u"\U0001f600 smile", u"x" * 5000, u"\u0416" * 3000,
              Text(u"a subclass"), Text(u"\u20ac"), Text(u"\U0001f600"), "native", "q" * 100):
        text(s)
    if sys.version_info[0] > 2:
        text("\ud800 lone")
    else:
        text("\x80 bytes \xff")


def gets():
    mixed = {1: "one", "two": [2], (3,): "three", None: {}}
    plain = dict(("k%d" % i, float(i)) for i in range(300))
    large = dict(("k%d" % i, float(i)) for i in range(70000))
    holes = dict(("k%d" % i, float(i)) for i in range(50))
    for i in range(0, 50, 2):
        del holes["k%d" % i]
    objects = [Plain() for i in range(3)]
    shared = objects[0].__dict__
    keep.append((mixed, plain, large, holes, objects, shared))
    for d, key in ((mixed, "two"), (plain, "k0"), (plain, "k299"), (large, "k69999"), (holes, "k1"), (holes, "k0"),
                   (shared, "second"), (shared, "first"), (sys.modules, "sys"), (sys.modules, "no such module"),
                   ({}, "nothing")):
        keep.append(d)
        fact("get", id(d), id(d[key]) if key in d else 0, key.replace(" ", "_") if key in d else key.split()[0])


def known():
    for name, thing in (("type", type), ("object", object), ("long", int if sys.version_info[0] > 2 else long),  # noqa
                        ("unicode", type(u"")), ("dict", dict), ("list", list), ("tuple", tuple), ("float", float),
                        ("bool", bool), ("set", set), ("frozenset", frozenset), ("none", None), ("true", True),
                        ("false", False), ("ellipsis", Ellipsis), ("notimplemented", NotImplemented),
                        ("function", type(text)), ("module", type(sys)), ("bytearray", bytearray)):
        fact("known", name, id(thing))
    for i in (-5, -1, 0, 1, 2, 100, 255, 256, 10**6, -10**9, 2**61, -2**40):
        keep.append(i)
        fact("int", i, id(i))


def tracked():
    made = [[i] for i in range(40)] + [text, sys, Plain, Plain()]
    keep.append(made)
    if hasattr(gc, "freeze"):
        frozen = [[i] for i in range(20)]
        keep.append(frozen)
        gc.freeze()
        for o in frozen:
            fact("frozen", id(o))
    young = [[i] for i in range(20)]
    keep.append(young)
    for o in made + young:
        fact("tracked", id(o))


def blocks():
    for i in range(2000):
        keep.append(object())
        if i % 50 == 0:
            fact("object", id(keep[-1]))


def threads():
    go = threading.Event()
    started = [threading.Event() for i in range(3)]

    def wait(n):
        started[n].set()
        go.wait()

    for n in range(3):
        t = threading.Thread(target=wait, args=(n,))
        t.daemon = True
        t.start()
        started[n].wait()
        keep.append(t)
        fact("thread", t.ident)
    fact("thread", threading.current_thread().ident)
    for tid in os.listdir("/proc/self/task"):
        fact("task", tid)
    if hasattr(threading, "get_native_id"):
        fact("native", threading.current_thread().ident, threading.get_native_id())


def interpreters():
    n = 1
    for name in ("_xxsubinterpreters", "_interpreters"):
        try:
            module = __import__(name)
        except ImportError:
            continue
        keep.append(module.create())
        n = len(module.list_all())
    fact("interpreters", n)


def main():
    fact("hexversion", sys.hexversion)
    fact("version", sys.version.split()[0])
    interpreters()
    texts()
    gets()
    known()
    blocks()
    threads()
    gc.collect()
    gc.disable()
    tracked()
    fact("threshold", *gc.get_threshold())
    fact("count", *gc.get_count())
    fact("ready")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


main()
