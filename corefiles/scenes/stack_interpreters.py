# SPDX-License-Identifier: Apache-2.0
"""Threads that run code of further interpreters, one of them deep inside of code of the main one."""
import ctypes
import os
import threading
import time

import scene

LIBRARY = ctypes.PyDLL(scene.ARGS[0])
READY, DONE = os.pipe()
CODE = '''
import os
def inner():
    os.write(%d, b'1')
    os.read(%d, 1)
def outer():
    return [inner() for _ in (1,)]
outer()
'''


def calls():
    never = os.pipe()
    LIBRARY.run_in_another(ctypes.pythonapi.Py_NewInterpreter, ctypes.pythonapi.PyRun_SimpleString,
                           (CODE % (DONE, never[0])).encode('ascii'))


def main():
    for i in range(2):
        thread = threading.Thread(target=calls, name='sub %d' % i)
        thread.daemon = True
        thread.start()
        os.read(READY, 1)
    time.sleep(0.1)
    scene.tell({'functions': ['<module>', 'outer', 'inner']})
    scene.ready_and_block()
    scene.end()


main()
