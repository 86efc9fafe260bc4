# SPDX-License-Identifier: Apache-2.0
"""Runs inside GDB, after the extension: opens every damaged core and asks what takes longest ways through it.

HS_CORES: a folder of core files, given to the library as they are (GDB takes few of them). HS_HEAPS: a folder of damages
(tests/fuzz/fuzz_objects.c) to HS_CORE, which GDB opens itself; HS_EVERY: only each so many of those.
"""
import os
import struct

import gdb
from heapscope import _lib

ON_HEAPS = ('hs types --limit 3', 'hs stack --locals', 'hs stack --native', 'hs group dict --by owner --limit 3',
            'hs path --type dict --limit 3', 'hs locals', 'hs info')


def bare_cores(folder):
    for name in sorted(os.listdir(folder)):
        try:
            with _lib.open_core(os.path.join(folder, name)) as handle:
                for command in 'info', 'stack', 'types', 'doctor':
                    handle.run([command], 'json', lambda data: None)
        except _lib.Error as e:
            assert str(e), name
    return len(os.listdir(folder))


def damaged(core, folder, every):
    with open(core, 'rb') as f:
        whole = f.read()
    names = sorted(os.listdir(folder))[::every]
    answers = 0
    for name in names:
        with open(os.path.join(folder, name), 'rb') as f:
            damage = f.read()
        changed = bytearray(whole)
        for where, word in struct.iter_unpack('<QQ', damage[:len(damage) // 16 * 16]):
            struct.pack_into('<Q', changed, 8192 + where % (len(whole) - 8192 - 8) // 8 * 8, word)
        path = core + '.damaged'
        with open(path, 'wb') as f:
            f.write(changed)
        gdb.execute('core-file ' + path, to_string=True)
        for command in ON_HEAPS:
            try:
                gdb.execute(command, to_string=True)
                answers += 1
            except gdb.error as e:
                assert str(e).startswith('heapscope: '), (name, command, str(e))
        gdb.execute('core-file', to_string=True)
    return len(names), answers


print('%d bare cores' % bare_cores(os.environ['HS_CORES']))
print('%d damaged heaps, %d answers' % damaged(os.environ['HS_CORE'], os.environ['HS_HEAPS'], int(os.environ['HS_EVERY'])))
print('GDB lives')
