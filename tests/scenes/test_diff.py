#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two looks at a process: what a scene knows to have come, gone and grown; the story's leak; snapshots in every form,
cores, live; what is no same process, no snapshot, no whole file."""
import gzip
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402

sys.path.insert(1, os.path.join(harness.ROOT, 'tests', 'gdb'))
import package  # noqa: E402
from test_snapshot import snapshot  # noqa: E402

ON_AN_OPEN_TARGET = '''
import sys
from heapscope import _lib
with _lib.open_pid(int(sys.argv[1])) as target:
    target.check(target.run(["diff", "--limit", "0", sys.argv[2]], "json", sys.stdout.buffer.write))
'''

ENDINGS = ('', '.gz', '.zst')


def diff(test, old, new, *options):
    run = harness.heapscope('diff', '--json', old, new, *options)
    said = re.sub(r'heapscope: note: (OLD: |NEW: |)sizes of .*\n', '', run.err)
    test.assertEqual((0, ''), (run.status, said), run)
    return run.json()


@harness.expand
class Diff(unittest.TestCase):
    maxDiff = 3000

    @harness.each_interpreter()
    def test_what_the_scene_knows(self, interpreter):
        with harness.Scene('changed.py', interpreter) as scene:
            olds = [os.path.join(scene.dir, 'before' + ending) for ending in ENDINGS]
            for old in olds:
                snapshot(self, scene.pid, old)
            if interpreter in (harness.INTERPRETERS[0], harness.newest()) and not harness.why_no_gcore():
                olds.append(scene.gcore())
                os.rename(olds[-1], olds[-1] + '.before')
                olds[-1] += '.before'
            scene.go_on()
            truth = scene.truth
            answers = []
            for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                if kind == 'live':
                    after = os.path.join(scene.dir, 'after.gz')
                    snapshot(self, scene.pid, after)
                    answers += [self.check(olds[0], after, truth, 'snapshots')]
                for old in olds:
                    answers += [self.check(old, target, truth, '%s, %s' % (old, kind))]
                self.check_held(olds[0], target, truth)
                same = diff(self, target if kind != 'live' else after, target)
                self.assertEqual([], same['rows'], kind)
            self.assertEqual([], [a for a in answers if a != answers[0]], 'one answer everywhere')

    def check(self, old, new, truth, what):
        document = diff(self, old, new, '--limit', '0')
        self.assertEqual(1, document['totals']['same_process'], what)
        rows = {row['type']: row for row in document['rows']}
        self.assertEqual((len(truth['added']), 0), (rows['__main__.Added']['new'], rows['__main__.Added']['gone']), what)
        self.assertEqual((0, truth['gone'], -truth['gone']), (
            rows['__main__.Gone']['new'], rows['__main__.Gone']['gone'], rows['__main__.Gone']['count_change']), what)
        self.assertNotIn('__main__.Kept', rows)
        self.assertGreaterEqual(rows['list']['grown_size'], truth['grown'], what)
        for row in document['rows']:
            self.assertEqual(row['count_change'], row['new'] - row['gone'], row)
            self.assertEqual(row['size_change'], row['new_size'] - row['gone_size'] + row['grown_size'] - row['shrunk_size'],
                             row)
            self.assertEqual((row['count_change'], row['size_change']),
                             (row['count'] - row['old_count'], row['size'] - row['old_size']), row)
        added = diff(self, old, new, '--new', 'Added', '--limit', '0')
        self.assertEqual(sorted(truth['added']), sorted(row['address'] for row in added['rows']), what)
        return document['rows']

    def check_held(self, old, new, truth):
        rows = diff(self, old, new, '--new', '__main__.Added', '--held')['rows']
        self.assertEqual([(len(truth['added']), '__main__.Added', '__main__.Holder.things[*]')],
                         [(r['count'], r['type'], r['owner']) for r in rows])
        self.assertIn(rows[0]['example'], truth['added'])

    @harness.each_interpreter()
    def test_story(self, interpreter):
        with harness.Scene('story.py', interpreter) as scene:
            old = os.path.join(scene.dir, 'before.jsonl' + ENDINGS[interpreter.version[1] % 3])
            snapshot(self, scene.pid, old)
            scene.go_on()
            leaked = scene.truth['dicts']
            for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                suspect = diff(self, old, target, '--sort', 'count')['rows'][0]
                self.assertEqual('dict', suspect['type'], kind)
                self.assertIn(suspect['new'] - leaked, range(20), kind)
                held = diff(self, old, target, '--held')['rows'][0]
                self.assertEqual((leaked, 'dict', 'agent.checks.HTTPCheck._instance_metadata[*]'),
                                 (held['count'], held['type'], held['owner']), kind)
                listed = diff(self, old, target, '--new', 'dict', '--limit', '0')
                self.assertEqual(suspect['new'], len(listed['rows']), kind)
                self.assertIn('{}', [row['repr'] for row in listed['rows']])

    def test_on_an_open_target(self):
        """Through the library the open process is NEW."""
        with harness.Scene('changed.py', harness.newest()) as scene:
            old = os.path.join(scene.dir, 'before')
            snapshot(self, scene.pid, old)
            scene.go_on()
            want = diff(self, old, scene.pid, '--limit', '0')
            out = subprocess.run([sys.executable, '-c', ON_AN_OPEN_TARGET, str(scene.pid), old], env=package.environment(),
                                 stdout=subprocess.PIPE, check=True).stdout
            self.assertEqual(want['rows'], json.loads(out.decode('utf-8'))['rows'])

    def test_other_processes(self):
        with harness.Scene('changed.py', harness.newest()) as one, harness.Scene('changed.py', harness.newest()) as two:
            old = os.path.join(one.dir, 'before')
            snapshot(self, one.pid, old)
            two.go_on()  # else they may well have the same numbers of everything, and there is no row
            run = harness.heapscope('diff', '--json', old, two.pid)
            self.assertEqual(0, run.status, run)
            document = run.json()
            self.assertEqual(0, document['totals']['same_process'])
            self.assertIn('not the same process (PID %d and %d)' % (one.pid, two.pid), ' '.join(document['notes']))
            self.assertEqual({None}, set(row['new'] for row in document['rows']))
            for options in (['--held'], ['--new', 'dict']):
                run = harness.heapscope('diff', old, two.pid, *options)
                self.assertEqual((2, 1), (run.status, run.err.count('\n') - run.err.count('note: ')), run)
                self.assertIn('need the same process twice', run.err)
            with open(old) as f:
                lines = f.readlines()
            header = json.loads(lines[0])
            for key, value, says in (('start_time', header['heapscope']['start_time'] + 60, 'started 60 s apart'),
                                     ('build_id', '00' * 20, 'build-ids'), ('interpreter', '2.7.18', 'Python 2.7.18 and')):
                changed = dict(header['heapscope'], **{key: value})
                with open(old, 'w') as f:
                    f.writelines([json.dumps({'heapscope': changed}) + '\n'] + lines[1:])
                run = harness.heapscope('diff', '--json', old, one.pid)
                self.assertIn(says, ' '.join(run.json()['notes']), run)

    def test_bad_input(self):
        with harness.Scene('changed.py', harness.newest()) as scene:
            old = os.path.join(scene.dir, 'before')
            snapshot(self, scene.pid, old)
            with open(old, 'rb') as f:
                whole = f.read()
            lines = whole.split(b'\n')
            compressed = gzip.compress(whole)

            def written(name, content):
                path = os.path.join(scene.dir, name)
                with open(path, 'wb') as f:
                    f.write(content)
                return path
            meliae = os.path.join(scene.dir, 'meliae')
            snapshot(self, scene.pid, meliae, '--format', 'meliae')
            for path, status, says in (
                    (scene.pid, 64, 'both process %d as it is now; take a snapshot first' % scene.pid),
                    (os.path.join(scene.dir, 'none'), 2, 'No such file'),
                    (meliae, 2, 'no snapshot that can be compared'),
                    (written('empty', b''), 2, 'is empty'),
                    (written('json', b'{"a": 1}\n'), 2, 'no snapshot that can be compared'),
                    (written('cut', whole[:len(whole) // 2]), 2, 'is cut off'),
                    (written('lines', b'\n'.join(lines[:50])), 2, 'is cut off: it ends after 49 objects'),
                    (written('one', b'\n'.join(lines[:50] + lines[51:])), 2, 'is damaged: it says that it has'),
                    (written('order', b'\n'.join([lines[0], lines[2], lines[1]] + lines[3:])), 2, 'do not ascend'),
                    (written('word', whole.replace(b'"size": ', b'"size": "', 1)), 2, 'is damaged in line 2'),
                    (written('deep', lines[0] + b'\n{"x": ' + b'[' * 1000000), 2, 'is cut off'),
                    (written('big', whole.replace(b'"size": ', b'"size": 99999999999999999999', 1)), 2, 'in line 2'),
                    (written('cut.gz', compressed[:len(compressed) // 2]), 2, 'is cut off'),
                    (written('bad.gz', compressed[:5000] + b'\0' * 1000 + compressed[6000:]), 2, 'is damaged')):
                run = harness.heapscope('diff', path, scene.pid)
                self.assertEqual(status, run.status, run)
                self.assertIn(says, run.err.splitlines()[0], run)
            run = harness.heapscope('diff', old, scene.pid, '--new', 'Adedd')
            self.assertEqual(2, run.status, run)
            self.assertIn("no object of a type 'Adedd'", run.err)
            run = harness.heapscope('diff', old)
            self.assertEqual((64, 'heapscope: diff: no new given'), (run.status, run.err.splitlines()[0]), run)
            run = harness.heapscope('diff', old, old, '--held')
            self.assertEqual(64, run.status, run)
            self.assertIn('--held needs a PID or a core as NEW', run.err)

    def test_damaged_everywhere(self):
        """Whatever a byte becomes: an answer or one line, never a crash."""
        chance = random.Random(7)
        with harness.Scene('changed.py', harness.newest()) as scene:
            old, bad = os.path.join(scene.dir, 'before'), os.path.join(scene.dir, 'bad')
            snapshot(self, scene.pid, old)
            with open(old, 'rb') as f:
                whole = f.read()[:200000]
            for i in range(60):
                content = bytearray(whole)
                for _ in range(chance.choice((1, 3, 40))):
                    at = chance.randrange(len(content) if i % 3 else 300)
                    content[at:at + chance.choice((0, 1, 1, 9))] = chance.choice(
                        (b'', b'"', b'\\', b'{', b'[', b'}', b'\n', b'\\u', b'\\ud800', b'\xff', b'9' * 30, b'-1', b'1e9'))
                packed = i % 5 == 4
                with (gzip.open if packed else open)(bad, 'wb') as f:
                    f.write(content)
                run = harness.heapscope('diff', bad, old)
                self.assertIn(run.status, (0, 1, 2), run)
                self.assertEqual(run.status == 2, len(run.err.splitlines()) == 1 and 'note' not in run.err, run)

    def test_interrupt(self):
        with harness.Scene('changed.py', harness.newest()) as scene:
            old = os.path.join(scene.dir, 'before')
            snapshot(self, scene.pid, old)
            with open(old) as f:
                first = f.readline()
            with open(old, 'w') as f:
                f.write(first)
                for i in range(1500000):
                    f.write('{"address": %d, "type": "x", "module": "", "size": 1, "refs": []}\n' % (i + 1))
            run = subprocess.Popen([harness.HEAPSCOPE, 'diff', old, str(scene.pid)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, universal_newlines=True)
            time.sleep(0.3)
            run.send_signal(signal.SIGINT)
            _, said = run.communicate(timeout=harness.PATIENCE)
            self.assertEqual((2, 'heapscope: interrupted\n'), (run.returncode, said))


if __name__ == '__main__':
    harness.main()
