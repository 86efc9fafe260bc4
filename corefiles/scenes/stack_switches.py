# SPDX-License-Identifier: Apache-2.0
"""A thread that runs generators in turn, each of another depth, as fast as it can."""
import threading

import scene


def first():
    while True:
        yield leaf(0)


def leaf(n):
    return inner(n - 1) if n > 0 else n


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
