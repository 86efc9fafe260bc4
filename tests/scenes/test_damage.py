#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cores that are cut, heaps with pointers overwritten: what is there is shown and marked, what is lost is counted."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cores  # noqa: E402
import harness  # noqa: E402

KEPT = '__main__.Kept'
GARBAGE = (0x41, 0x4141414141414141, 0xffffffffffffff00, 0)


@harness.expand
class Damage(unittest.TestCase):
    def one_line(self, run):
        self.assertEqual(1, run.err.count('\n'), run)
        self.assertEqual('', run.out, run)

    @harness.each_interpreter()
    def test_cut_and_damaged(self, interpreter):
        why = harness.why_no_kernel_core()
        if why:
            harness.skip(self, why)
        with harness.Scene('counts.py', interpreter) as scene:
            truth = scene.truth
            core = scene.kernel_core()
            whole = harness.types_of(self, core)
            for percent in (10, 50, 90, 99):
                self.check_cut(scene, core, percent, whole)
            self.check_type_pointers(scene, core, truth, whole)
            self.check_links(scene, core, truth, whole, interpreter)
            self.check_tables(scene, core, truth, whole, interpreter)

    def check_cut(self, scene, core, percent, whole):
        path = cores.cut(core, percent, os.path.join(scene.dir, 'cut'))
        run = harness.heapscope('types', '--json', path)
        if run.status == 2:
            self.one_line(run)
            self.assertRegex(run.err, 'cut|truncated|missing', run)
            self.assertLess(percent, 99, run)  # so little is missing that something must be shown
            return
        self.assertEqual(1, run.status, run)
        document = run.json()
        self.assertRegex(str(document['incomplete']), 'cut|truncated|missing', run)
        self.assertLessEqual(document['totals']['objects'], sum(row['count'] for row in whole.values()))

    def damaged(self, scene, core, change):
        copy = cores.Core(core)
        change(copy)
        path = copy.save(os.path.join(scene.dir, 'damaged'))
        run = harness.heapscope('types', '--json', path)
        self.assertIn(run.status, (0, 1), run)
        return run, {row['type']: row for row in run.json()['rows']}

    def check_type_pointers(self, scene, core, truth, whole):
        victims = truth['kept'][:40]

        def change(copy):
            for n, address in enumerate(victims):
                copy.patch(address + 8, GARBAGE[n % len(GARBAGE)])
        run, rows = self.damaged(scene, core, change)
        self.assertEqual(1, run.status, 'the loss is not told: %s' % run)
        self.assertEqual(whole[KEPT]['count'] - len(victims), rows[KEPT]['count'], run)
        self.assertTrue(run.json()['incomplete'], run)

    def check_links(self, scene, core, truth, whole, interpreter):
        """The lists of the collector, broken at two places: what stood behind is found by other ways."""
        head = 32 if interpreter.version < (3, 8) else 16

        def change(copy):
            copy.patch(truth['kept'][50] - head, 0x41)
            copy.patch(truth['kept'][60] - head + 8, 0x4141414141414140)
            # A list that leads back into itself.
            copy.patch(truth['kept'][70] - head, truth['kept'][65] - head)
        run, rows = self.damaged(scene, core, change)
        self.assertEqual(1, run.status, 'the damage is not told: %s' % run)
        self.assertEqual(whole[KEPT]['count'], rows[KEPT]['count'], run)

    def check_tables(self, scene, core, truth, whole, interpreter):
        """Dict tables and list items that point nowhere: each is passed over and counted, what they held is found."""
        table = 40 if interpreter.version < (3, 0) else 32

        def change(copy):
            for n, address in enumerate(truth['kept_dicts'][:20]):
                copy.patch(address + table, GARBAGE[n % 3])
            for n, address in enumerate(truth['kept_lists'][:20]):
                copy.patch(address + 24, GARBAGE[n % 3])
        run, rows = self.damaged(scene, core, change)
        self.assertEqual(1, run.status, 'the damage is not told: %s' % run)
        self.assertEqual(whole[KEPT]['count'], rows[KEPT]['count'], run)
        for name in ('dict', 'list'):
            self.assertLessEqual(whole[name]['count'] - 20, rows[name]['count'], run)


if __name__ == '__main__':
    harness.main()
