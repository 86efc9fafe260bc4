# SPDX-License-Identifier: Apache-2.0
"""An interpreter that calls another one on the same thread, which blocks."""
import os

import scene

try:
    import _interpreters as subs
    run = getattr(subs, 'exec')
except ImportError:
    import _xxsubinterpreters as subs
    run = subs.run_string

CODE = '''
import os


def key(n):
    fd = os.open(%r, os.O_WRONLY)
    os.write(fd, b'ready')
    os.close(fd)
    os.read(0, 1)


def inner():
    sorted([1], key=key)


inner()
'''


def outer():
    run(subs.create(), CODE % os.path.join(scene.DIR, 'ready'))


outer()
