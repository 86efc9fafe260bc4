# SPDX-License-Identifier: Apache-2.0
"""Runs on: counts in a file that is mapped, so that a test sees whether it does. ARG: "threads" bears threads in a
loop, "idle" sleeps between counts, "busy" computes, "collecting" keeps the garbage collector at work."""
import gc
import mmap
import os
import struct
import threading
import time

import scene

WAY = scene.ARGS[0]
ballast = [{'i': i, 'name': 'n%d' % i} for i in range(int(scene.ARGS[1]) if len(scene.ARGS) > 1 else 20000)]
path = os.path.join(scene.DIR, 'counter')
with open(path, 'wb') as f:
    f.write(b'\0' * 4096)
counter = mmap.mmap(os.open(path, os.O_RDWR), 4096)
ticks = [0]


def tick(*_):
    ticks[0] += 1
    counter[:8] = struct.pack('<Q', ticks[0])


def short_life():
    time.sleep(0.001)


def once():
    if WAY == 'threads':
        born = [threading.Thread(target=short_life) for _ in range(4)]
        for t in born:
            t.start()
        for t in born:
            t.join()
    elif WAY == 'collecting':
        for _ in range(20):
            cycles = []
            for i in range(200):
                one = [i]
                one.append(one)
                cycles.append({'one': one})
            gc.collect(0)
            del cycles
            gc.collect(1)
    elif WAY == 'idle':
        time.sleep(0.001)
    else:
        sum(range(10000))
    tick()


scene.tell({'ballast': len(ballast)})
once()
scene.ready()
until = time.time() + 600
while os.getppid() != 1 and time.time() < until:
    once()
