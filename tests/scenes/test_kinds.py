#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every kind of object: all that gc.get_objects() has, and all that can be reached from it, is found with its type,
its size and what it owns; live, from gcore's core and from the kernel's."""
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402


# Types whose __sizeof__ is code that nobody but the interpreter can run.
OWN_SIZEOF = ('__main__.SizedByMixin',)


@harness.expand
class Kinds(unittest.TestCase):
    def run_check(self, program, target, truth):
        done = subprocess.run([os.path.join(harness.BUILD, program), str(target), truth], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=2 * harness.PATIENCE)
        out = done.stdout.decode('utf-8', 'replace')
        self.assertEqual(0, done.returncode, '%s %s\n%s' % (program, target, out[-6000:]))
        return out

    @harness.each_interpreter()
    def test_kinds(self, interpreter):
        with harness.Scene('kinds.py', interpreter, takes=('{dir}/truth.json', '{dir}/ready')) as scene:
            truth = os.path.join(scene.dir, 'truth.json')
            self.assertGreaterEqual(len(scene.truth['kinds']), 80)
            in_truth = {}
            for _, name, size, _ in scene.truth['objects']:
                count, whole = in_truth.get(name, (0, 0))
                in_truth[name] = count + 1, whole + size
            for kind, target in harness.targets_of(scene, self):
                found = self.run_check('check_found', target, truth)
                self.assertGreater(int(re.search(r'^(\d+) objects', found, re.M).group(1)), 5000)
                self.run_check('check_objects', target, truth)
                self.check_rows(harness.types_of(self, target), in_truth, kind)
                self.assertRegex(harness.heapscope('types', target).err, r'sizes of .*__main__\.SizedByMixin\b.* are those')

    @harness.each_interpreter(since=(3, 6))
    def test_debug_hooks(self, interpreter):
        """The debug hooks put their own words before and behind every request: each object still lies right."""
        with harness.Scene('kinds.py', interpreter, env={'PYTHONMALLOC': 'debug'},
                           takes=('{dir}/truth.json', '{dir}/ready')) as scene:
            self.run_check('check_objects', scene.pid, os.path.join(scene.dir, 'truth.json'))

    def check_rows(self, rows, in_truth, kind):
        """What nobody can reach comes on top of the truth; nothing may be less."""
        for name, (count, size) in in_truth.items():
            if name == 'instance':  # old-style ones are shown by class
                continue
            self.assertIn(name, rows, kind)
            self.assertGreaterEqual(rows[name]['count'], count, '%s: %s' % (kind, name))
            if name not in OWN_SIZEOF:
                self.assertGreaterEqual(rows[name]['size'], size, '%s: %s' % (kind, name))


if __name__ == '__main__':
    harness.main()
