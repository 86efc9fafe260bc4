#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the tree to the rules of rules.py, and each rule to a planted breach."""
import glob
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rules  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('HEAPSCOPE_BUILD', os.getcwd())

# What each rule must find: {path: text} on top of an otherwise clean tree.
PLANTED = {
    'include_direction': {'inspector/elf/a.c': '#include "heap/heap.h"\n'},
    'printing': {'inspector/heap/a.c': 'static void f(void) { printf("%d", 1); }\n'},
    'exiting': {'inspector/heap/a.c': 'static void f(void)\n{\n\texit(1);\n}\n'},
    'elfutils_outside_elf': {'inspector/types/a.c': '#include <elfutils/libdw.h>\n'},
    'decoders_in_one_place': {'inspector/elf/corefile.c': '#include <archive.h>\n'},
    'versions_outside_layout': {'inspector/types/a.c': 'static int f(void) { return L->hexversion >= 5; }\n'},
    'commands_in_readme': {'inspector/cmd/commands.def': 'COMMAND(types, x)\nCOMMAND(fresh, x)\n'},
    'licence_lines': {'inspector/base/a.h': '#define A 1\n'},
    'file_lengths': {'inspector/base/a.c': '\n' * (rules.MAX_LINES + 1)},
    'left_open': {'inspector/base/a.c': '/* TO' + 'DO: later */\n'},
}


def planted_tree(files):
    tree = rules.Tree.__new__(rules.Tree)
    tree.files = {'README.md': '| `types` | x |\n', 'inspector/cmd/commands.def': 'COMMAND(types, x)\n'}
    tree.files.update(files)
    return tree


class Lint(unittest.TestCase):
    def test_tree_is_read(self):
        tree = rules.Tree(ROOT)
        for path in ('inspector/base/base.h', 'tests/lint/rules.py', 'README.md', 'configure.ac'):
            self.assertIn(path, tree.files)

    def test_comments_and_strings_are_no_code(self):
        tree = planted_tree({'inspector/heap/a.c': '/* printf(1) */ // exit(1)\nchar *s = "printf(";\n'})
        self.assertEqual([], list(rules.printing(tree)) + list(rules.exiting(tree)))

    def test_only_heapscope_names_are_exported(self):
        names = ['0 T heapscope_open', '0 T _init', '0 T graph_verb']
        self.assertEqual(['graph_verb'], list(rules.exported_symbols(names)))
        for library in glob.glob(os.path.join(BUILD, '.libs', 'libheapscope.so')) or [None]:
            self.assertIsNotNone(library, 'libheapscope.so is not in %s/.libs' % BUILD)
            found = subprocess.run(['nm', '-D', '--defined-only', library], stdout=subprocess.PIPE, check=True,
                                   universal_newlines=True).stdout.splitlines()
            self.assertTrue(found)
            self.assertEqual([], list(rules.exported_symbols(found)))


def add_rule(rule):
    def holds(self):
        breaches = list(rule(rules.Tree(ROOT)))
        self.assertEqual([], breaches, '\n' + '\n'.join(breaches))

    def finds(self):
        self.assertTrue(list(rule(planted_tree(PLANTED[rule.__name__]))), 'the planted breach was not found')

    setattr(Lint, 'test_%s' % rule.__name__, holds)
    setattr(Lint, 'test_%s_finds_a_planted_breach' % rule.__name__, finds)


for each in rules.RULES:
    add_rule(each)

if __name__ == '__main__':
    for line in rules.grown_files(rules.Tree(ROOT)):
        print('warning: should be split: ' + line)
    unittest.main(verbosity=1)
