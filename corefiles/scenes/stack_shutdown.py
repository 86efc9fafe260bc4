# SPDX-License-Identifier: Apache-2.0
"""An interpreter that ends, and blocks: in a function of atexit, or while modules are taken apart (`teardown`)."""
import atexit
import os
import threading

import scene

FOREVER = threading.Lock()
FOREVER.acquire()


def blocks():
    scene.ready_and_block()
    scene.end()


class BlocksWhenItDies(object):
    """Uses nothing of any module: those are empty by then."""

    def __del__(self, path=os.path.join(scene.DIR, 'ready'), flags=os.O_WRONLY, open=os.open, write=os.write,
                read=os.read, close=os.close, end=os._exit):
        fd = open(path, flags)
        write(fd, b'ready')
        close(fd)
        read(0, 1)
        end(0)


thread = threading.Thread(target=FOREVER.acquire, name='daemon')  # no frame that keeps this module's names alive
thread.daemon = True
thread.start()
scene.tell({'main': threading.current_thread().ident, 'daemon': thread.ident,
            'function': '__del__' if 'teardown' in scene.ARGS else 'blocks'})
if 'teardown' in scene.ARGS:
    last = BlocksWhenItDies()
else:
    atexit.register(blocks)
