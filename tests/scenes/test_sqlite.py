#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Snapshots as SQLite files: the same objects and references as the lines of jsonl (which test_snapshot.py holds
against the interpreter), the texts, threads and frames that the scene knows; whole, or not there."""
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
from test_snapshot import Kinds, read, snapshot  # noqa: E402


def opened(test, path):
    db = sqlite3.connect('file:%s?mode=ro' % path, uri=True)
    db.text_factory = lambda b: b.decode('utf-8', 'replace')
    test.assertEqual([('ok',)], db.execute('PRAGMA integrity_check').fetchall())
    return db


@harness.expand
class Sqlite(unittest.TestCase):
    maxDiff = 2000

    def test_all_kinds(self):
        for interpreter in (harness.INTERPRETERS[0], harness.newest()):
            with Kinds(interpreter) as scene:
                lines, path = os.path.join(scene.dir, 'a'), os.path.join(scene.dir, 'a.sqlite')
                for kind, core in harness.targets_of(scene, self, ('kernel core',)):
                    snapshot(self, core, lines)
                    snapshot(self, core, path, '--format', 'sqlite')
                    self.check(read(self, lines), opened(self, path), kind)

    def check(self, objects, db, kind):
        rows = {r[0]: r[1:] for r in db.execute('SELECT address, type, module, size, len, refcount, name FROM objects')}
        self.assertEqual({a: (o['type'], o['module'], o['size'], o.get('len')) for a, o in objects.items()},
                         {a: r[:4] for a, r in rows.items()}, kind)
        # the target has not moved, but a live one's counts of its own running code may
        self.assertEqual({a: o.get('name') for a, o in objects.items()}, {a: r[5] for a, r in rows.items()}, kind)
        refs = {}
        for source, target, position in db.execute('SELECT source, target, position FROM refs ORDER BY source, position'):
            refs.setdefault(source, []).append(target)
            self.assertEqual(len(refs[source]) - 1, position)
        other = [a for a, o in objects.items() if o['refs'] != refs.get(a, [])]
        # the table of interned strings holds nothing alive, and so is left out of the graph
        self.assertLessEqual(len(other), 1, (kind, other[:5]))
        for a in other:
            self.assertEqual(('dict', None), (objects[a]['type'], refs.get(a)), kind)
        self.assertEqual([(0,)], db.execute('SELECT count(*) FROM refs WHERE label IS NULL OR kind IS NULL').fetchall())
        sums = {t: (n, s) for t, n, s in db.execute('SELECT name, sum(count), sum(size) FROM types GROUP BY 1')}
        self.assertEqual({t: (n, s) for t, n, s in db.execute('SELECT type, count(*), sum(size) FROM objects GROUP BY 1')},
                         {t: s for t, s in sums.items() if s[0]}, kind)
        texts = {a: t for a, t in db.execute('SELECT address, text FROM strings')}
        for a, o in objects.items():
            if isinstance(o.get('value'), str) and o['type'] == 'str' and re.match(r'[ -\[\]-~]*$', o['value']):
                self.assertEqual(o['value'], texts[a][:100], kind)
        plan = ' '.join(str(r) for r in db.execute('EXPLAIN QUERY PLAN SELECT * FROM refs WHERE target = 1'))
        self.assertIn('refs_by_target', plan)

    @harness.each_interpreter()
    def test_what_the_scene_knows(self, interpreter):
        with harness.Scene('asked.py', interpreter) as scene:
            truth, path = scene.truth, os.path.join(scene.dir, 'a.sqlite')
            for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                snapshot(self, target, path, '--format', 'sqlite')
                snapshot(self, target, os.path.join(scene.dir, 'a'))
                db = opened(self, path)
                self.check(read(self, os.path.join(scene.dir, 'a')), db, kind)
                for address, text in truth['strings']:
                    self.assertEqual([(len(text), text)], db.execute(
                        'SELECT len, text FROM strings WHERE address = ?', (address,)).fetchall(), kind)
                for address, value in truth['values']:
                    self.assertEqual([(value,)], db.execute(
                        'SELECT value FROM objects WHERE address = ?', (address,)).fetchall(), kind)
                self.assertEqual([('inner',), ('outer',), ('<module>',)], db.execute(
                    'SELECT function FROM frames WHERE file = ? ORDER BY depth', (truth['file'],)).fetchall(), kind)
                self.assertEqual([(0, 1)], db.execute('SELECT thread, main FROM threads').fetchall(), kind)
                self.assertEqual([(str(scene.pid),)], db.execute(
                    "SELECT value FROM heapscope WHERE key = 'pid'").fetchall(), kind)
            if shutil.which('sqlite3'):
                out = subprocess.run(['sqlite3', path, 'SELECT count(*) FROM objects'], stdout=subprocess.PIPE, check=True)
                self.assertGreater(int(out.stdout), 1000)

    def test_all_or_nothing(self):
        with harness.Scene('asked.py', harness.newest()) as scene:
            folder = os.path.join(scene.dir, 'out')
            os.mkdir(folder)
            path = os.path.join(folder, 'a.sqlite')
            command = [harness.HEAPSCOPE, 'snapshot', str(scene.pid), '--format', 'sqlite', '-o']

            def limited():
                resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            run = subprocess.run(command + [path], stderr=subprocess.PIPE, universal_newlines=True, preexec_fn=limited)
            self.assertEqual((2, 1), (run.returncode, run.stderr.count('\n')), run)
            self.assertIn("cannot write '%s'" % path, run.stderr)
            self.assertEqual([], os.listdir(folder))
            for where, status, says in (('/dev/null', 64, 'is no regular file'), (path + '.gz', 64, 'is not compressed'),
                                        (os.path.join(folder, 'no', 'where'), 2, 'No such file')):
                run = subprocess.run(command + [where], stderr=subprocess.PIPE, universal_newlines=True)
                self.assertEqual(status, run.returncode, run)
                self.assertIn(says, run.stderr.splitlines()[0])
            self.assertEqual([], os.listdir(folder))
            with open(path, 'w') as f:
                f.write('old')
            run = subprocess.Popen(command + [path], stderr=subprocess.PIPE, universal_newlines=True)
            while len(os.listdir(folder)) < 2 and run.poll() is None:
                time.sleep(0.001)
            run.send_signal(signal.SIGINT)
            _, said = run.communicate(timeout=harness.PATIENCE)
            if run.returncode:  # it may have been done already
                self.assertEqual((2, 'heapscope: interrupted\n'), (run.returncode, said))
                with open(path) as f:
                    self.assertEqual('old', f.read())
            self.assertEqual(['a.sqlite'], os.listdir(folder))
            snapshot(self, scene.pid, path, '--format', 'sqlite')
            self.assertEqual(['a.sqlite'], os.listdir(folder))
            mask = os.umask(0)
            os.umask(mask)
            self.assertEqual(0o666 & ~mask, os.stat(path).st_mode & 0o777)
            opened(self, path)

    def test_full_disk(self):
        if os.geteuid():
            harness.skip(self, 'only root can mount a small file system')
        with harness.Scene('asked.py', harness.newest()) as scene:
            disk = os.path.join(scene.dir, 'disk')
            os.mkdir(disk)
            if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=512k', 'none', disk]).returncode:
                harness.skip(self, 'no tmpfs can be mounted here')
            try:
                for options in (['--format', 'sqlite'], [], ['--format', 'meliae']):
                    run = harness.heapscope('snapshot', scene.pid, '-o', os.path.join(disk, 'a'), *options)
                    self.assertEqual((2, 1), (run.status, run.err.count('\n')), run)
                    self.assertIn('No space left on device', run.err)
                    self.assertEqual([], os.listdir(disk))
            finally:
                subprocess.run(['umount', disk], check=True)


if __name__ == '__main__':
    why = harness.heapscope('sql', '--schema').err
    if 'built without SQLite' in why:
        print(why)
        sys.exit(1 if harness.REQUIRE_ALL else 77)
    harness.main()
