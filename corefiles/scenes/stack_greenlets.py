# SPDX-License-Identifier: Apache-2.0
"""Greenlets: one that runs in each of two threads, called by others, and many that are suspended.

What is on a thread is what the interpreter says (sys._current_frames): the frames of the greenlet that runs. Arguments:
`busy`: a thread switches between greenlets as fast as it can.
"""
import os
import sys
import threading
import time

import greenlet
import scene

HOLD = os.pipe()
SAID = os.pipe()
KEPT = []


def waits():
    os.write(SAID[1], b'.')
    os.read(HOLD[0], 1)


def suspended(n):
    if n:
        return suspended(n - 1)
    greenlet.getcurrent().parent.switch()


def third():
    suspends(3)
    runs()


def runs():
    waits()


def suspends(count):
    for i in range(count):
        one = greenlet.greenlet(suspended)
        KEPT.append(one)
        one.switch(i + 5)


def second():
    suspends(2)
    greenlet.greenlet(third).switch()


def first():
    greenlet.greenlet(second).switch()


def thread():
    suspends(4)
    first()


def back():
    """Greenlets that have come back to the one that began them: it runs again."""
    suspends(3)
    waits()


def ping(depth):
    if depth:
        return ping(depth - 1)
    while True:
        greenlet.getcurrent().parent.switch()


def switches():
    turns = [greenlet.greenlet(ping) for _ in range(3)]
    for depth, turn in enumerate(turns):
        turn.switch(depth * 2)
    while True:
        for turn in turns:
            turn.switch()


def frames_of(frame):
    """Outermost first."""
    found = []
    while frame:
        found.append([frame.f_code.co_name, frame.f_code.co_filename, frame.f_lineno])
        frame = frame.f_back
    return found[::-1]


def start(target):
    t = threading.Thread(target=target, name=target.__name__)
    t.daemon = True
    t.start()
    if target is not switches:
        os.read(SAID[0], 1)
    return t


def main():
    targets = [switches] if scene.ARGS == ['busy'] else [thread, back]
    idents = {t.name: t.ident for t in [start(target) for target in targets]}
    suspends(2)
    time.sleep(0.3)
    frames = sys._current_frames()
    scene.tell({
        'threads': {name: [ident, frames_of(frames[ident])] for name, ident in idents.items()},
        'greenlet': greenlet.__version__, 'kept': len(KEPT)})
    scene.ready_and_block()
    scene.end()


main()
