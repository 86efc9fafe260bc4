# SPDX-License-Identifier: Apache-2.0
"""heapscope in GDB: the one file to source. `help heapscope` lists the commands.

    (gdb) source .../heapscope-gdb.py

The package `heapscope` lies beside this file: in the source tree, in a build tree, and where `make install` put both.
"""
import os
import sys

import gdb


def _load():
    here = os.path.dirname(os.path.abspath(__file__))
    real = os.path.dirname(os.path.realpath(__file__))
    for folder in (here, real):
        if os.path.exists(os.path.join(folder, 'heapscope', '__init__.py')):
            break
    else:
        return 'the Python package heapscope is not beside %s' % __file__
    if folder not in sys.path:
        sys.path.insert(0, folder)
    from heapscope import _lib, gdb_commands
    library = os.path.join(os.path.dirname(here), '.libs', _lib.SONAME)
    if os.path.exists(library):  # a build tree
        _lib.built = library
    try:
        gdb_commands.register()
    except _lib.LibraryError as e:
        return str(e)


_problem = _load()
if _problem:  # GDB would show where in here an exception came from
    gdb.write('heapscope: %s\n' % _problem, gdb.STDERR)
