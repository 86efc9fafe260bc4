# SPDX-License-Identifier: Apache-2.0
"""A process tree: workers that stand alike, a worker's child, a child that is no Python process, and a zombie."""
import os
import time

import scene

SAID = os.pipe()
HOLD = os.pipe()  # the first process alone holds the end that is written to: when it ends, all do


def serve(depth):
    if depth:
        serve(depth - 1)
    os.write(SAID[1], b'.')
    os.dup(0)  # takes the number that HOLD[1] had
    os.read(os.dup(HOLD[0]), 1)  # another number in each process
    os._exit(0)


def fork(depth, grandchild=False):
    os.dup(0)
    pid = os.fork()
    if not pid:
        os.close(HOLD[1])
        if grandchild and not os.fork():
            serve(depth)
        serve(depth)
    return pid


def main():
    workers = [fork(3) for _ in range(3)]
    other = fork(5, True)
    sleeper = os.fork()
    if not sleeper:
        os.close(HOLD[1])
        os.dup2(HOLD[0], 0)
        os.execv('/bin/sh', ['sh', '-c', 'read x'])
    if not os.fork():  # never waited for
        os._exit(0)
    for _ in range(5):
        os.read(SAID[0], 1)
    time.sleep(0.3)
    scene.tell({'workers': workers, 'other': other, 'sleeper': sleeper})
    scene.ready_and_block()
    scene.end()


main()
