# SPDX-License-Identifier: Apache-2.0
"""A scene: at least 80 kinds of object, each held under a name, on every CPython from 2.7 on.

    python kinds.py TRUTH.json [READY_FIFO]

Writes the truth about every object (see truth.py), then says "ready PID" to READY_FIFO (or stdout) and blocks until
its standard input ends or somebody kills it.

To add a kind: a @kind function in kinds/ that returns the object (or a list of several). What an older version cannot say
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


HERE = os.path.dirname(os.path.abspath(__file__))
for part in sorted(os.listdir(os.path.join(HERE, "kinds"))):
    if part.endswith(".py"):
        with open(os.path.join(HERE, "kinds", part)) as f:
            exec(compile(f.read(), part, "exec"))
del part, f


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
