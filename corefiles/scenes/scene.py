# SPDX-License-Identifier: Apache-2.0
"""What every scene uses: how it says that it is ready, and how it blocks. Runs on CPython 2.7 and 3.6+.

A scene is started as `python SCENE.py DIR [ARG...]`. It builds its objects, leaves what it knows in DIR/truth.json,
says "ready" through the FIFO DIR/ready and blocks on its standard input. Each line that comes in there starts the
next part of the scene; the end of the input ends it.
"""
import gc
import json
import os
import sys

DIR = sys.argv[1]
ARGS = sys.argv[2:]


def tell(truth):
    """Leaves what the scene knows: for a part of several, the last word counts."""
    path = os.path.join(DIR, 'truth.json')
    with open(path + '.part', 'w') as f:
        json.dump(truth, f)
    os.rename(path + '.part', path)


def ready():
    """Says that everything is built."""
    fd = os.open(os.path.join(DIR, 'ready'), os.O_WRONLY)
    os.write(fd, b'ready\n')
    os.close(fd)


def block():
    """Waits for the next line of standard input. @return True if there was one, False at its end."""
    while True:
        c = os.read(0, 1)
        if c == b'\n':
            return True
        if not c:
            return False


def ready_and_block():
    ready()
    return block()


def end():
    """Ends without the work of an orderly end, which a scene with a damaged heap could not do."""
    os._exit(0)


def sizes(objects):
    """[count, sum of sys.getsizeof, largest] of objects of one class."""
    weights = [sys.getsizeof(o) for o in objects]
    return [len(weights), sum(weights), max(weights)]


def quiet():
    """No collection may change what the scene has written down."""
    gc.collect()
    gc.disable()
