# SPDX-License-Identifier: Apache-2.0
"""What is on the heap of a CPython process or core dump, from outside: libheapscope for Python.

Works in plain Python 3.6 and later and inside GDB. The command `heapscope` and this package give the same answers.
"""
from ._lib import Error, Interrupted, LibraryError, version

__all__ = ['Error', 'Interrupted', 'LibraryError', 'version']
