# SPDX-License-Identifier: Apache-2.0
"""Threads that never rest: Python calls C calls Python, so that a look finds them anywhere in between.

With `clock`: one that is in the kernel's own code most of the time (vdso).
"""
import functools
import json
import re
import threading
import time

import scene


def numbers(n):
    for i in range(n):
        yield i


class Ordered(object):
    def __init__(self, n):
        self.n = n

    def __lt__(self, other):
        return self.n < other.n

    def __del__(self):
        pass

    @property
    def listed(self):
        return [n for n in numbers(3)]


def work():
    while True:
        sorted([Ordered(3), Ordered(1), Ordered(2)])
        Ordered(1).listed
        list(map(lambda n: n + 1, numbers(5)))
        re.sub('a', lambda match: 'b', 'aaa')
        json.dumps({'a': [1, 2, {'b': 3}]}, indent=1)
        functools.reduce(lambda a, b: a + b, numbers(4))


def look_at_the_clock():
    now = time.time
    while True:
        now(), now(), now(), now(), now(), now(), now(), now()


if 'clock' in scene.ARGS:
    scene.ready()
    look_at_the_clock()
for _ in range(3):
    thread = threading.Thread(target=work)
    thread.daemon = True
    thread.start()
scene.ready()
work()
