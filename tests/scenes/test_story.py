#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The story that this program was written for: thousands of empty dicts in an agent, and who holds them, found without
a look at the answer; live and from a core.
"""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402


def ask(test, command, target, *arguments):
    run = harness.heapscope(command, '--json', target, *arguments)
    test.assertEqual((0, ''), (run.status, run.err), run)
    return run.json()


@harness.expand
class Story(unittest.TestCase):
    @harness.each_interpreter()
    def test_story(self, interpreter):
        with harness.Scene('story.py', interpreter) as scene:
            before = harness.types_of(self, scene.pid)
            scene.go_on()
            leaked = scene.truth['dicts']
            after = harness.types_of(self, scene.pid)
            grown = {name: row['count'] - before.get(name, {'count': 0})['count'] for name, row in after.items()}
            suspect = max(grown, key=grown.get)
            self.assertEqual('dict', suspect)
            self.assertIn(grown[suspect] - leaked, range(20))  # the scene's own work needs a few
            self.who_holds(scene.pid, suspect, leaked)
            scene.go_on()
            for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                self.which_places(target, scene.truth['tracers'])

    def test_readme_shows_this_run(self):
        """The README's tour: the same commands, the same words, the numbers of the story."""
        with open(os.path.join(harness.ROOT, 'README.md'), encoding='utf-8') as f:
            tour = f.read().split('## A leak, found')[1].split('\n## ')[0]
        runs = re.findall(r'^    \$ heapscope (.*)\n((?:    (?!\$).*\n)*)', tour, re.M)
        self.assertEqual(['snapshot', 'diff', 'path', 'group'], [command.split()[0] for command, _ in runs])
        with harness.Scene('story.py', harness.newest((3, 11))) as scene:
            for command, shown in runs:
                if command.split()[0] in ('diff', 'group'):
                    scene.go_on()
                words = [str(scene.pid) if w == '17604' else w for w in command.split()]
                run = harness.heapscope(*words, cwd=scene.dir)
                self.assertEqual(0, run.status, run)
                out = re.sub(r'^Process .* stood still for .*\n', '', run.out, flags=re.M)
                self.assertEqual(self.told(shown), self.told(out), command)

    def told(self, text):
        """Without what differs from run to run: addresses, counts of what is not the story's."""
        lines = [' '.join(line.split()) for line in text.splitlines()]
        story = ('6621', '3000', '2621', '1000')
        return [re.sub(r'0x[0-9a-f]+|\b\d+\b', lambda m: m.group() if m.group() in story else 'N', line) for line in lines]

    def who_holds(self, target, suspect, leaked):
        owners = ask(self, 'group', target, suspect, '--by', 'owner', '--by', 'len')['rows']
        self.assertEqual((leaked, 'agent.checks.HTTPCheck._instance_metadata[*]', '0'),
                         (owners[0]['count'], owners[0]['owner'], owners[0]['len']))
        branches = ask(self, 'path', target, '--type', suspect)['rows']
        way, depth = [], -1
        for row in branches:  # down the largest branches, as one reads it
            if row['depth'] == depth + 1 and row['count'] >= leaked:
                way.append((row['label'], row['type']))
                depth = row['depth']
        self.assertIn(('._instance_metadata', 'list'), way)
        self.assertEqual(('[*]', 'dict'), way[-1])
        path = ask(self, 'path', target, hex(owners[0]['example']), '--count', '9')['paths']
        self.assertTrue([p for p in path if p['expression'] and p['expression'].startswith(
            "agent.checks.REGISTRY['http']._instance_metadata[")], path)
        self.assertTrue([p for p in path if p['root'].startswith('local check in collector() story.py:')], path)

    def which_places(self, target, places):
        groups = ask(self, 'group', target, 'Tracer', '--by', '.trace_info')['rows']
        self.assertEqual(sorted(places.values(), reverse=True), [g['count'] for g in groups])
        for group in groups:
            text = [t for t in places if t in group['.trace_info']]
            self.assertEqual([group['count']], [places[t] for t in text], group)
        lines = ask(self, 'group', target, 'Tracer', '--by', '.trace_info[0][0]', '--by', '.trace_info[0][1]')['rows']
        self.assertEqual({("'checks.py'", '40'): 3000, ("'aggregator.py'", '12'): 2621, ("'checks.py'", '77'): 1000},
                         {(g['.trace_info[0][0]'], g['.trace_info[0][1]']): g['count'] for g in lines})


if __name__ == '__main__':
    harness.main()
