#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who holds what: paths that the scene itself follows, references and referrers, single objects; live and cores."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402

def ask(test, command, target, *arguments, status=0):
    run = harness.heapscope(command, '--json', target, *arguments)
    test.assertEqual(status, run.status, run)
    return run.json()


@harness.expand
class Graph(unittest.TestCase):
    @harness.each_interpreter()
    def test_paths_lead_there(self, interpreter):
        with harness.Scene('held.py', interpreter) as scene:
            held = scene.truth['held']
            expressions = {}
            for name, address in sorted(held.items()):
                document = ask(self, 'path', scene.pid, hex(address), '--count', '3')
                paths = document['paths']
                self.assertTrue(paths, '%s: no path' % name)
                last = [r for r in document['rows'] if r['path'] == 1][-1]
                self.assertEqual((address, '__main__.Thing'), (last['address'], last['type']), name)
                expressions[name] = [[p['root'], p['expression']] for p in paths if p['expression']]
                self.assertIsNotNone(paths[0]['expression'], '%s: %s' % (name, paths[0]))
            with open(os.path.join(scene.dir, 'expressions.json'), 'w') as f:
                json.dump(expressions, f)
            scene.go_on()
            same = scene.truth['same']
            for name in sorted(expressions):
                for got, (root, expression) in zip(same[name], expressions[name]):
                    self.assertIs(got, True, '%s: %s %s: %s' % (name, root, expression, got))

    @harness.each_interpreter()
    def test_referrers_and_referents_agree(self, interpreter):
        with harness.Scene('held.py', interpreter) as scene:
            held = scene.truth['held']
            first = {}
            for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                for name in ('deep', 'slot', 'under a tuple', 'a key', 'in a closure'):
                    address = held[name]
                    shown = ask(self, 'show', target, hex(address))['object']
                    self.assertEqual(('__main__.Thing', address), (shown['type'], shown['address']), name)
                    self.assertEqual(shown['refcount'], shown['references_found'], '%s: %s' % (kind, name))
                    inside = ask(self, 'show', target, hex(address + 17))['object']
                    self.assertEqual(address, inside['address'], 'an address inside an object')
                    up = ask(self, 'referrers', target, hex(address))['rows']
                    self.assertEqual(1, len(up), name)
                    down = ask(self, 'referents', target, hex(up[0]['address']))['rows']
                    labels = [r['label'] for r in down if r['address'] == address]
                    if name == 'in a closure':  # from below it is called by the function that has the cell
                        function = 'function' if interpreter.version < (3,) else 'closure.<locals>.function'
                        self.assertEqual('closure cell inner of ' + function, up[0]['label'])
                        self.assertEqual(['.cell_contents'], labels)
                    else:
                        self.assertEqual([up[0]['label']], labels, name)
                    self.assertEqual(first.setdefault(name, up), up, '%s: not as live' % kind)

    @harness.each_interpreter()
    def test_roots_say_why(self, interpreter):
        reasons = {'C global': r'^C: \S+\+0x[0-9a-f]+ \(PyOS_ReadlineFunctionPointer\)$',
                   'native stack': r'^C: native stack of thread \d+, sp\+0x[0-9a-f]+$|^C: register ',
                   'local': r'^local only_here in in_local\(\) roots\.py:\d+, thread \d+$',
                   'builtins': r'^module (builtins|__builtin__)$', 'interpreter': r'^interpreter 0: \S+$'}
        with harness.Scene('roots.py', interpreter) as scene:
            truth = scene.truth
            for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                for name, reason in sorted(reasons.items()):
                    paths = ask(self, 'path', target, hex(truth[name]))['paths']
                    self.assertTrue(paths, '%s: %s: no path' % (kind, name))
                    self.assertRegex(paths[0]['root'], reason, '%s: %s' % (kind, name))
                if interpreter.version == (3, 12):  # before and after, the table holds nothing
                    self.assertEqual('interned strings', ask(self, 'path', target, hex(truth['interned']))[
                        'paths'][0]['root'])
                self.assertEqual('static type complex', ask(self, 'show', target, hex(
                    truth['static type']))['object']['root'])

    @harness.each_interpreter()
    def test_objects(self, interpreter):
        with harness.Scene('held.py', interpreter) as scene:
            held = scene.truth['held']
            rows = ask(self, 'objects', scene.pid, 'Thing', '--limit', '0')['rows']
            self.assertEqual(sorted(held.values()), sorted(r['address'] for r in rows))
            addresses = harness.heapscope('objects', scene.pid, '__main__.Thing', '--addresses', '--limit', '0',
                                          '--sort', 'address')
            got = [int(line, 16) for line in addresses.out.splitlines() if line.startswith('0x')]
            self.assertEqual(sorted(held.values()), got)
            nodes = ask(self, 'objects', scene.pid, 'Node', '--attr', 'tags')['rows']
            self.assertEqual(1, len(nodes))
            self.assertEqual(51, ask(self, 'objects', scene.pid, 'Node', '--attr', 'next')['totals']['objects'] - 1)
            self.assertEqual(1, len(ask(self, 'objects', scene.pid, 'dict', '--key', 'only one has this')['rows']))
            tree = ask(self, 'path', scene.pid, '--type', 'Thing')
            self.assertEqual(len(held), tree['totals']['count'])
            self.assertEqual(0, tree['totals']['unreachable_count'])
            self.assertEqual(len(held), sum(r['count'] for r in ask(
                self, 'path', scene.pid, '--type', 'Thing', '--limit', '0')['rows'] if r['depth'] == 0))

    @harness.each_interpreter()
    def test_groups(self, interpreter):
        with harness.Scene('groups.py', interpreter) as scene:
            groups = scene.truth['groups']
            for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                for what, counts in groups:
                    type_name, expression = what.split()
                    rows = ask(self, 'group', target, type_name, '--by', expression)['rows']
                    key = [k for k in rows[0] if k not in ('count', 'size', 'example')][0]
                    self.assertEqual(sorted(map(list, counts), key=str), sorted(
                        ([row[key], row['count']] for row in rows), key=str), '%s: %s' % (kind, what))
                rows = ask(self, 'group', target, 'Row', '--by', 'keys', '--by', 'len')['rows']
                self.assertEqual([("{'a'}", '1', 26), ("{'a', 'b'}", '2', 14)],
                                 [(row['keys'], row['len'], row['count']) for row in rows])
                self.freed(target, scene)

    def freed(self, target, scene):
        """Some blocks are taken again meanwhile, but not all."""
        says = ''
        for address in scene.truth['freed'][-30:]:
            run = harness.heapscope('show', target, hex(address))
            self.assertIn(run.status, (0, 2), run)
            if run.status == 2 and 'raw data' not in run.err:
                says = run.err
                break
        self.assertRegex(says, r'^heapscope: 0x[0-9a-f]+ .*free')

    def test_bad_input(self):
        with harness.Scene('held.py', harness.newest()) as scene:
            address = hex(scene.truth['held']['deep'])
            for arguments, status, says in (
                    (('show', '0x10'), 2, 'nothing is mapped at 0x10'),
                    (('show', 'xyz'), 64, "'xyz' is no address"),
                    (('path',), 64, 'which object'),
                    (('path', address, '--type', 'dict'), 64, 'not both'),
                    (('objects', 'Thign'), 2, 'did you mean __main__.Thing'),
                    (('objects', '--len', '5..x'), 64, "--len '5..x' is no range"),
                    (('objects', '--len', '5..3'), 64, "--len '5..3' is an empty range"),
                    (('group', 'dict'), 64, '--by is missing'),
                    (('group', 'dict', '--by', 'size'), 64, "unknown --by 'size'"),
                    (('group', 'dict', '--by', ".a['b"), 64, 'bad expression: the string is not closed')):
                for form in ((), ('--json',)):
                    run = harness.heapscope(arguments[0], scene.pid, *arguments[1:], *form)
                    self.assertEqual(status, run.status, run)
                    self.assertIn(says, run.err.splitlines()[0], run)
            run = harness.heapscope('group', scene.pid, 'dict', '--by', ".a['b")
            self.assertEqual("    .a['b", run.err.splitlines()[1], run)
            self.assertEqual(len("    .a['b"), run.err.splitlines()[2].index('^'), run)


if __name__ == '__main__':
    harness.main()
