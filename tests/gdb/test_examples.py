#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of gdb/examples run, on a process and on a core, and say what the scene knows."""
import glob
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import package  # noqa: E402
from package import harness  # noqa: E402

FOLDER = os.path.join(harness.ROOT, 'gdb', 'examples')
# example: (arguments, what must be in its answer)
CASES = {
    'type_table.py': (['*.Late'], ['        8 objects ', '__main__.Late\n']),
    'attribute.py': (['Late', 'late'], ["'late %d'\n" % n for n in range(6)]),
    'large_dicts.py': (['5000'], ['5000 ', 'big']),
    'frame_locals.py': (['shadow'], ["innermost() shadow = 'of innermost'\n", "outer() shadow = 'of outer'\n"]),
    'follow.py': (["child.by_key"], ["dict {'a': 'letter'", "  ['a']                'letter'\n"]),
}


class Examples(unittest.TestCase):
    def test_each_has_a_case_and_is_short(self):
        names = {os.path.basename(path) for path in glob.glob(os.path.join(FOLDER, '*.py'))}
        self.assertEqual(set(CASES), names)
        for name in names:
            with open(os.path.join(FOLDER, name)) as f:
                code = [line for line in f.read().split('"""')[2].splitlines() if line.strip()]
            self.assertLessEqual(len(code), 10, name)

    def test_they_run(self):
        with harness.Scene('evaluate.py', harness.newest()) as scene:
            for kind, target in harness.targets_of(scene, self, ('live', 'gcore core')):
                for name, (arguments, expected) in CASES.items():
                    with self.subTest(name, kind=kind):
                        done = subprocess.run(
                            [sys.executable, os.path.join(FOLDER, name), str(target)] + arguments,
                            env=package.environment(PYTHONIOENCODING='utf-8'), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            universal_newlines=True, timeout=harness.PATIENCE)
                        self.assertEqual(0, done.returncode, done.stdout)
                        for text in expected:
                            self.assertIn(text, done.stdout)


if __name__ == '__main__':
    package.main()
