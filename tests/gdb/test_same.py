#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command of the table in GDB, on a process that GDB has attached and on a core: text and JSON are the program's,
byte for byte, and so is what is incomplete. One session answers them all, in two orders."""
import os
import re
import shlex
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import debugger  # noqa: E402
from debugger import harness  # noqa: E402

# What stands on a command's line beside its name; {job}, {queue} are addresses. A command that is not here runs with the
# arguments that STANDARD has for those that it must have.
RUNS = {
    'types': ['', '--limit 5', '--sort count --addresses', '--filter *Job* --module'],
    'stack': ['', '--locals=3', '--full --reverse'],
    'objects': ['__main__.Job --limit 3', 'dict --key key --addresses'],
    'show': ['{job}', '{queue} --depth 1'],
    'referents': ['{job} --depth 2'],
    'referrers': ['{queue} --depth 2'],
    'path': ['{queue}', '--type __main__.Job'],
    'group': ['__main__.Job --by referrers', 'dict --by owner --limit 5'],
    'sql': ['"SELECT type, count(*) FROM objects GROUP BY type ORDER BY 2 DESC, 1 LIMIT 5"', '--schema',
            '"SELECT name, repr FROM attributes WHERE object = {job}"'],
    'snapshot': ['--output /dev/null'],
    'diff': ['{old}', '{old} --new dict'],
}
STANDARD = {'address': '{job}', 'new': '{old}', 'type': 'dict', 'expression': '__main__.jobs[3].queue', 'query': 'SELECT 1'}


def table():
    """{command: [arguments that it must have]}"""
    with open(os.path.join(harness.ROOT, 'inspector', 'cmd', 'commands.def'), encoding='utf-8') as f:
        text = f.read()
    rows = {name: [] for name in re.findall(r'^COMMAND\(\s*(\w+)', text, re.M)}
    for name, argument in re.findall(r'^ARGUMENT\(\s*(\w+), (\w+), \w+, ONE', text, re.M):
        rows[name].append(argument)
    return rows


def lines(truth):
    """(command, [argument...]) for each run."""
    for name, needed in table().items():
        for run in RUNS.get(name, [' '.join(STANDARD[a] for a in needed)]):
            yield name, shlex.split(run.format(**{k: hex(v) if isinstance(v, int) else v for k, v in truth.items()}))


def comparable(text, live):
    """Without what is no answer: how long it took; and how much memory is resident, which reading it changes."""
    text = re.sub(r'(in |: )\d+\.\d+( s\b)', r'\1SECONDS\2', text)
    if live:
        text = re.sub(r'"(resident|read)": \d+', r'"\1": 0', text)
        text = re.sub(r'^(.* +\d+ +[\d.]+ \w+) +[\d.]+ \w+ +[\d.]+ \w+$', r'\1', text, flags=re.M)
    return text


@harness.expand
class Same(unittest.TestCase):
    maxDiff = None

    def steps(self, target, truth, mark, backwards):
        """The command in GDB, and the program with the same; text, then JSON."""
        runs = list(lines(truth))
        for name, words in reversed(runs) if backwards else runs:
            here = [shlex.quote(w) for w in words]
            more = ['--mark', str(mark)] if name == 'stack' else []
            selected = ['--thread', str(mark), '--frame', '0'] if name == 'print' else []
            for json in [], ['--json']:
                yield ['gdb', ' '.join(['hs', name] + here + json)]
                targets = [words[0], str(target)] + words[1:] if name == 'diff' else [str(target)] + words
                yield ['run', harness.HEAPSCOPE, name] + targets + json + more + selected

    def with_old(self, scene):
        """What the scene knows, and a snapshot: what `diff` takes for OLD, as GDB's target is NEW."""
        path = os.path.join(scene.dir, 'old.jsonl')
        run = harness.heapscope('snapshot', scene.pid, '-o', path)
        self.assertEqual(0, run.status, run)
        return dict(scene.truth, old=path)

    def check(self, gdb, steps, live):
        for i in range(0, len(steps), 2):
            ours, program = gdb[i], gdb[i + 1]
            with self.subTest(steps[i][1]):
                if program['status'] == 2:
                    self.assertIn(program['err'].splitlines()[-1], ours['error'])
                    continue
                self.assertIsNone(ours['error'])
                self.assertIn(program['status'], (0, 1), program['err'])
                self.assertEqual(comparable(program['out'], live), comparable(ours['out'], live))
                self.assertLessEqual(ours['err'].splitlines(), program['err'].splitlines())
        said, program = (''.join(gdb[i].get('err', '') for i in range(first, len(steps), 2)) for first in (0, 1))
        self.assertEqual(set(program.splitlines()), set(said.splitlines()))

    @harness.each_interpreter()
    def test_attached(self, interpreter):
        with harness.Scene('debugged.py', interpreter) as scene:
            truth = self.with_old(scene)
            for backwards in (False, True) if interpreter is harness.newest() else (False,):
                steps = list(self.steps(scene.pid, truth, scene.pid, backwards))
                self.check(debugger.attached(scene.pid, steps), steps, True)
            self.assertTrue(harness.is_going_on(scene.pid))

    @harness.each_interpreter()
    def test_core(self, interpreter):
        with harness.Scene('debugged.py', interpreter) as scene:
            truth, pid = self.with_old(scene), scene.pid
            for kind, core in harness.targets_of(scene, self, ('gcore core', 'kernel core')):
                steps = list(self.steps(core, truth, pid, kind != 'gcore core'))
                self.check(debugger.Gdb(['-iex', 'set auto-solib-add off', '-c', core], steps), steps, False)


if __name__ == '__main__':
    if debugger.gone():
        sys.exit(debugger.gone())
    harness.main()
