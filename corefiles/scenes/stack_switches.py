# SPDX-License-Identifier: Apache-2.0
"""A thread that runs generators in turn, each of another depth, as fast as it can; now and then it stands still for a
moment at the deepest point of one of them, so that a reader without a pause can catch other stacks than the shortest."""
import itertools
import threading
import time

import scene


def first():
    while True:
        yield leaf(0)


calls = itertools.count(1)


def leaf(n):
    if n > 0:
        return inner(n - 1)
    if next(calls) % 4000 == 0:  # No multiple of three: it stands in each generator in turn.
        time.sleep(0.002)
    return n


def inner(n):
    return leaf(n)


def second():
    while True:
        yield leaf(2)


def third():
    for x in second():
        yield x


def switches():
    turns = [first(), second(), third()]
    while True:
        for turn in turns:
            next(turn)


def stacks():
    """Every chain of names below `switches` that there can be."""
    yield ['switches']
    for run in (['first'], ['second'], ['third'], ['third', 'second']):
        yield ['switches'] + run
        if run[-1] != 'third':
            deepest = ['leaf'] if run[-1] == 'first' else ['leaf', 'inner', 'leaf', 'inner', 'leaf']
            for n in range(1, len(deepest) + 1):
                yield ['switches'] + run + deepest[:n]


thread = threading.Thread(target=switches, name='switcher')
thread.daemon = True
thread.start()
scene.tell({'stacks': list(stacks())})
scene.ready_and_block()
scene.end()
