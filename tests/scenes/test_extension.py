#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""C types without a row: their members, the struct in the debug information that their functions take, else a scan of
their words; doctor says which. On an extension that is compiled here, with debug information and without."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402

CC = os.environ.get('CC', 'cc').split()


def compile_into(test, interpreter, directory, *flags):
    include = harness.headers(test, interpreter)
    subprocess.run(CC + list(flags) + ['-O2', '-std=gnu11', '-shared', '-fPIC', '-w', '-I', include, os.path.join(
        harness.HERE, 'extension.c'), '-o', os.path.join(directory, 'unheard.so')], check=True)


def ask(test, command, target, *arguments):
    run = harness.heapscope(command, '--json', target, *arguments)
    test.assertEqual(0, run.status, run)
    return run.json()


def labels_of(test, target, address):
    rows = ask(test, 'show', target, hex(address), '--limit', '0')['rows']
    return {row['label']: row['address'] for row in rows if row['label'] != '.__class__'}


@harness.expand
class Extension(unittest.TestCase):
    def each_target(self, interpreter, *flags):
        with tempfile.TemporaryDirectory() as directory:
            compile_into(self, interpreter, directory, *flags)
            with harness.Scene('extension.py', interpreter, takes=('{dir}',), env={'PYTHONPATH': directory}) as scene:
                for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                    yield target, scene.truth, {row['type']: row for row in ask(self, 'doctor', target, '--types')['types']}

    @harness.each_interpreter()
    def test_with_debug_information(self, interpreter):
        for target, truth, types in self.each_target(interpreter, '-g'):
            found_by = {name: row['found_by'] for name, row in types.items() if name.startswith('unheard.')}
            self.assertEqual({'unheard.Node': 'DWARF', 'unheard.Shown': 'members', 'unheard.Half': 'DWARF',
                              'unheard.Concrete': 'DWARF'}, found_by)
            self.assertEqual(0, types['unheard.Node']['scanned'])
            for node, fields in (('node', 'fields'), ('derived', 'derived_fields')):
                labels = labels_of(self, target, truth[node])
                wanted = {'C field ' + name: to for name, to in truth[fields].items()}
                self.assertEqual(wanted, {k: v for k, v in labels.items() if k in wanted})
            self.assertEqual(truth['more'], labels['.more'])
            self.assertEqual({'.seen': truth['a'], 'C field hidden': truth['b']}, labels_of(self, target, truth['half']))
            self.members(target, truth)
            self.small_trait(target, truth)
            self.holders(target, truth, 'items[3]')

    def small_trait(self, target, truth):
        """A base that is declared smaller than its own base: it and what is derived from it are types nevertheless."""
        document = ask(self, 'show', target, hex(truth['concrete']))
        self.assertEqual(('unheard.Concrete', truth['concrete_size']),
                         (document['object']['type'], document['object']['size']))
        self.assertIn(truth['concrete_held'], [row['address'] for row in document['rows']])

    @harness.each_interpreter()
    def test_without(self, interpreter):
        for target, truth, types in self.each_target(interpreter, '-g0', '-s'):
            found_by = {name: row['found_by'] for name, row in types.items() if name.startswith('unheard.')}
            self.assertEqual({'unheard.Node': 'scan', 'unheard.Shown': 'members', 'unheard.Half': 'scan',
                              'unheard.Concrete': 'scan'}, found_by)
            in_words = {to for name, to in truth['fields'].items() if not name.startswith('items')}
            labels = labels_of(self, target, truth['node'])
            self.assertLessEqual(in_words, set(labels.values()))
            self.assertTrue(all(k.endswith('(unsure)') for k in labels), labels)
            half = labels_of(self, target, truth['half'])
            self.assertEqual((truth['a'], {truth['a'], truth['b']}), (half['.seen'], set(half.values())))
            self.members(target, truth)
            self.small_trait(target, truth)
            self.holders(target, truth, 'slots[1]')

    def members(self, target, truth):
        self.assertEqual({'.a': truth['a'], '.b': truth['b']}, labels_of(self, target, truth['shown']))
        path = ask(self, 'path', target, hex(truth['a']), '--count', '4')['paths']
        self.assertIn('__main__.shown.a', [p['expression'] for p in path])

    def holders(self, target, truth, name):
        """From the held object up, and all the way from a root."""
        held = truth['fields'][name]
        rows = ask(self, 'referrers', target, hex(held))['rows']
        self.assertEqual([truth['node']], [row['address'] for row in rows])
        steps = ask(self, 'path', target, hex(held))['rows']
        self.assertEqual([truth['node'], held], [row['address'] for row in steps][-2:])


if __name__ == '__main__':
    harness.main()
