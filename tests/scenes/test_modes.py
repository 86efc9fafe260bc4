#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Other allocators, other ways to start: PYTHONMALLOC, -X dev, embedded in a program, started through ld.so."""
import glob
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
from test_counts import check_classes  # noqa: E402

EMBED = os.path.join(harness.BUILD, 'embed')
LD_SO = '/lib64/ld-linux-x86-64.so.2'


def shared_library(interpreter):
    found = glob.glob(os.path.join(interpreter.prefix, 'lib', 'libpython%d.%d*.so.1.0' % interpreter.version))
    return found[0] if found else None


@harness.expand
class Modes(unittest.TestCase):
    def check(self, scene, note=None):
        run = harness.heapscope('types', '--json', scene.pid)
        self.assertEqual(0, run.status, run)
        document = run.json()
        rows = {row['type']: row for row in document['rows']}
        check_classes(self, scene.truth['types'], rows, 'live')
        if note:
            self.assertTrue([n for n in document['notes'] if note in n], document['notes'])
        return document

    @harness.each_interpreter(since=(3, 6))
    def test_malloc(self, interpreter):
        for mode in ('malloc', 'malloc_debug'):
            with self.subTest(mode), harness.Scene('counts.py', interpreter, env={'PYTHONMALLOC': mode}) as scene:
                self.check(scene, 'malloc')

    @harness.each_interpreter(since=(3, 6))
    def test_debug_hooks(self, interpreter):
        with harness.Scene('counts.py', interpreter, env={'PYTHONMALLOC': 'debug'}) as scene:
            self.check(scene)

    @harness.each_interpreter(since=(3, 7))
    def test_dev_mode(self, interpreter):
        with harness.Scene('counts.py', interpreter, flags=['-X', 'dev']) as scene:
            self.check(scene)

    @harness.each_interpreter()
    def test_embedded(self, interpreter):
        library = shared_library(interpreter)
        if not library:
            self.assertNotIn('/.pyenv/', interpreter.path, 'no libpython beside %s' % interpreter)
            return  # the distribution's own python3 comes without one
        for thread in ('main', 'thread'):
            with self.subTest(thread), harness.Scene('counts.py', interpreter, command=[EMBED, library, thread],
                                                     env={'PYTHONHOME': interpreter.prefix}) as scene:
                self.check(scene)

    @harness.each_interpreter()
    def test_through_ld_so(self, interpreter):
        if not os.path.exists(LD_SO):
            harness.skip(self, 'no ' + LD_SO)
        with harness.Scene('counts.py', interpreter, command=[LD_SO, os.path.realpath(interpreter.path)],
                           env={'PYTHONHOME': interpreter.prefix}) as scene:
            document = self.check(scene)
            self.assertTrue(document['target']['python'].startswith(interpreter.full.rstrip('+')), document['target'])


if __name__ == '__main__':
    harness.main()
