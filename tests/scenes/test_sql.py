#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Questions in SQL: what a scene knows of its own attributes, items, values and references; sums that agree with
`types`, condensed or not; what is refused; live and from a core."""
import collections
import os
import re
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402


def sql(test, target, query):
    run = harness.heapscope('sql', '--json', target, query)
    said = re.sub(r'heapscope: note: .*\n', '', run.err)
    test.assertEqual((0, ''), (run.status, said), run)
    return [list(row.values()) for row in run.json()['rows']]


@harness.expand
class Sql(unittest.TestCase):
    maxDiff = 3000

    @harness.each_interpreter()
    def test_tables(self, interpreter):
        with harness.Scene('asked.py', interpreter) as scene:
            truth = scene.truth
            for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                self.check_attributes(target, truth, kind)
                self.check_items(target, truth, kind)
                self.check_values(target, truth, kind)
                self.check_references(target, truth, kind)
                frames = sql(self, target, 'SELECT function, file, line IS NOT NULL FROM frames ORDER BY thread, depth')
                self.assertEqual([['inner', 1], ['outer', 1], ['<module>', 1]],
                                 [[f[0], f[2]] for f in frames if f[1] == truth['file']], kind)
                threads = sql(self, target, 'SELECT thread, main, frames FROM threads')
                self.assertEqual([[0, 1, len(frames)]], threads, kind)
                self.check_sums(target, truth, kind)

    def check_attributes(self, target, truth, kind):
        got = sql(self, target, "SELECT object, name, target, value FROM attributes WHERE object IN (SELECT address FROM "
                  "objects WHERE type IN ('__main__.Plain', '__main__.Slots', '__main__.Both', '__main__.Words'))")
        self.assertEqual(sorted(truth['attributes'], key=str), sorted(got, key=str), kind)
        one = truth['attributes'][0][0]
        same = [row for row in got if row[0] == one]
        self.assertEqual(same, sql(self, target, 'SELECT object, name, target, value FROM attributes WHERE object = %d' % one))
        every = 'SELECT count(*) FROM attributes WHERE object + 0 = %d' % one
        self.assertEqual([[len(same)]], sql(self, target, every), 'by a scan')

    def check_items(self, target, truth, kind):
        objects = sorted(set(row[0] for row in truth['items']))
        got = sql(self, target, 'SELECT object, position, key, target, key_target FROM items WHERE object IN (%s)' % ', '.join(
            map(str, objects)))
        want = collections.Counter((o, p, k, t) for o, p, k, t in truth['items'])
        have = collections.Counter((o, None if kt else p, k, t) for o, p, k, t, kt in got)
        self.assertEqual(want, have, kind)

    def check_values(self, target, truth, kind):
        for address, value in truth['values']:
            got = sql(self, target, 'SELECT value FROM objects WHERE address = %d' % address)
            self.assertEqual([[value]], got, kind)
            self.assertEqual(str(value), str(got[0][0]), kind)  # integers, reals and -0.0 stay what they are
        for address, text in truth['strings']:
            self.assertEqual([[len(text), text]],
                             sql(self, target, 'SELECT len, text FROM strings WHERE address = %d' % address), kind)

    def check_references(self, target, truth, kind):
        got = sql(self, target, "SELECT r.source, r.position, r.kind, r.label FROM refs r JOIN objects o ON o.address = "
                  "r.source WHERE r.target = %d AND o.type NOT IN ('frame', 'cell')" % truth['target'])
        # its name in the module's globals, and since 3.11 attributes that are kept in a dict after all
        sources = [row[0] for row in got if row[0] != truth['own_globals']]
        owner = {row[0]: row[1] for row in sql(
            self, target, "SELECT target, source FROM refs WHERE label = '.__dict__' AND source IN (SELECT address FROM "
            "objects WHERE type = '__main__.Plain')")}
        want = truth['referrers']
        if any(w in owner for w in want):  # 2.7: the scene has named the dicts
            owner = {}
        self.assertEqual(want, sorted(owner.get(s, s) for s in sources), kind)
        by_scan = sql(self, target, 'SELECT source, position, kind, label FROM refs WHERE target + 0 = %d AND source IN '
                      "(SELECT address FROM objects WHERE type NOT IN ('frame', 'cell'))" % truth['target'])
        self.assertEqual(sorted(by_scan), sorted(got), kind)
        labels = [row[3] for row in got if row[0] == truth['big']]
        self.assertEqual(sorted("['k%d']" % i for i in range(1, 5000, 2)), sorted(labels), kind)
        total = sql(self, target, 'SELECT count(*) FROM refs')
        again = sql(self, target, 'SELECT count(*) FROM objects o JOIN refs r ON r.target = o.address')
        self.assertEqual(total, again, kind)

    def check_sums(self, target, truth, kind):
        query = 'SELECT type, count(*), sum(size)%s FROM objects GROUP BY 1 ORDER BY 1'
        condensed = sql(self, target, query % '')
        plain = [row[:3] for row in sql(self, target, query % ', count(DISTINCT address)')]
        self.assertEqual(plain, condensed, kind)
        rows = harness.types_of(self, target)
        self.assertEqual({t: [r['count'], r['size']] for t, r in rows.items()}, {t: [n, s] for t, n, s in condensed}, kind)
        for name, sums in truth['types'].items():
            self.assertIn([name] + sums, condensed, kind)
        for query in ('SELECT count(*), sum(size), max(size), min(size), avg(size), total(size)%s FROM objects',
                      "SELECT type, max(size), avg(size)%s FROM objects WHERE type LIKE '%%o%%' GROUP BY type "
                      'HAVING count(*) > 3 ORDER BY type DESC LIMIT 40',
                      'SELECT size, count(*)%s FROM objects GROUP BY size ORDER BY 1',
                      'SELECT length(type), count(size), sum(size)%s FROM objects GROUP BY 1 ORDER BY 1'):
            width = query.count(',', 0, query.index('%s')) + 1
            short = sql(self, target, query % '')
            long = [row[:width] for row in sql(self, target, query % ', count(DISTINCT address)')]
            self.assertEqual([[repr(round(c, 6)) if isinstance(c, float) else c for c in r] for r in long],
                             [[repr(round(c, 6)) if isinstance(c, float) else c for c in r] for r in short], query)

    def test_refused(self):
        with harness.Scene('asked.py', harness.newest()) as scene:
            for query, says, place in (
                    ('SELEC 1', 'near "SELEC": syntax error', 0),
                    ('SELECT foo FROM objects', 'no such column: foo', 7),
                    ('SELECT * FROM nowhere', 'no such table: nowhere', None),
                    ("ATTACH '/tmp/x' AS y", 'only SELECT is possible', None),
                    ('PRAGMA user_version = 3', 'only SELECT is possible', None),
                    ('CREATE TABLE x(a)', 'only SELECT is possible', None),
                    ('DELETE FROM objects', 'may not be modified', None),
                    ("VACUUM INTO '/tmp/x'", 'only SELECT is possible', None),
                    ("SELECT load_extension('x')", 'not authorized to use function: load_extension', 7),
                    ('SELECT * FROM pragma_database_list', 'not authorized', None),
                    ('SELECT 1; SELECT 2', 'one query at a time', None),
                    (' -- nothing', 'the query is empty', None),
                    ('SELECT sum(size * 9e18) + abs(-9223372036854775808) FROM types', 'integer overflow', None)):
                run = harness.heapscope('sql', scene.pid, query)
                self.assertEqual(64, run.status, run)
                lines = run.err.splitlines()
                self.assertIn(says, lines[0], run)
                if place is not None and len(lines) > 2:  # older SQLite does not tell the place
                    self.assertEqual(['    ' + query, '    %s^' % (' ' * place)], lines[1:3], run)
            run = harness.heapscope('sql', scene.pid)
            self.assertEqual((64, 'heapscope: sql: no query given'), (run.status, run.err.splitlines()[0]), run)
            schema = harness.heapscope('sql', '--schema', '--json')
            self.assertEqual(0, schema.status, schema)
            for row in schema.json()['rows']:
                sql(self, scene.pid, 'SELECT "%s" FROM "%s" LIMIT 1' % (row['column'], row['table']))

    def test_interrupt(self):
        """An endless query ends at once."""
        with harness.Scene('asked.py', harness.newest()) as scene:
            for query in ('SELECT count(*) FROM objects a, objects b, objects c WHERE a.size + b.size + c.size = -1',
                          'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n'):
                run = subprocess.Popen([harness.HEAPSCOPE, 'sql', str(scene.pid), query], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, universal_newlines=True)
                time.sleep(1.5)
                self.assertIsNone(run.poll(), query)
                began = time.monotonic()
                run.send_signal(signal.SIGINT)
                _, said = run.communicate(timeout=harness.PATIENCE)
                self.assertEqual((2, 'heapscope: interrupted\n'), (run.returncode, said))
                self.assertLess(time.monotonic() - began, 5)


if __name__ == '__main__':
    why = harness.heapscope('sql', '--schema').err
    if 'built without SQLite' in why:
        print(why)
        sys.exit(1 if harness.REQUIRE_ALL else 77)
    harness.main()
