# SPDX-License-Identifier: Apache-2.0
"""heapscope stack of the child of a process of several threads: it has the states of threads that are not there."""
import unittest

import harness

GONE = 'no thread runs this: it ended, or a fork left it behind'
STARTS = ('_bootstrap', '_bootstrap_inner', 'run')


def plain(function):
    return function.rpartition('.')[2].replace('_Thread__', '').replace('__bootstrap', '_bootstrap')


@harness.expand
class Forked(unittest.TestCase):
    def stacks(self, document):
        """[(row of the thread, names of its functions, outermost first)]"""
        return [(row, [plain(frame['function']) for frame in document['rows'] if frame['thread'] == index])
                for index, row in enumerate(document['threads'])]

    def check_living(self, truth, stacks):
        """Every thread that there is once, by its own id and name, where it says that it stands."""
        self.assertEqual(sorted(truth['tids'].values()), sorted(row['tid'] for row, _ in stacks))
        names = {tid: name for name, tid in truth['tids'].items()}
        for row, functions in stacks:
            name = names[row['tid']]
            with self.subTest(thread=name):
                self.assertIsNone(row['problem'])
                if name == 'forker':
                    self.assertEqual(truth['forker'], row['ident'])
                    self.assertTrue(row['main'])
                    self.assertEqual('child', functions[-1])
                    continue
                self.assertFalse(row['main'])
                self.assertEqual([name, truth['idents'][name]], [row['name'], row['ident']])
                self.assertEqual(STARTS, tuple(functions[:3]))
                self.assertEqual('waiter' if name == 'waiter' else 'fresh', functions[3])

    def check_left(self, truth, stacks):
        """The others have no thread, and nothing of one that there is."""
        names = {ident: name for name, ident in truth['left'].items()}
        living = set(truth['idents'].values())
        for row, functions in stacks:
            with self.subTest(left=row):
                self.assertEqual([None, None, None, False, False], [row[key] for key in (
                    'tid', 'comm', 'state', 'main', 'collecting')])
                self.assertTrue(row['doing'].startswith(GONE), row)
                name = names[row['ident']]
                self.assertIn(row['name'], (None,) if row['ident'] in living else (None, name))
                if row['problem']:
                    self.assertEqual('lost: no C stack tells of it any more', row['problem'])
                    self.assertIn(row['ident'], living)
                    self.assertEqual([], functions)
                elif name != 'MainThread':
                    self.assertEqual([name.partition(' ')[0]] + ['deep'] * 6, functions[-7:])

    def check_lock(self, truth, document):
        waiter, = [row for row in document['threads'] if row['name'] == 'waiter']
        self.assertEqual(['RLock', truth['lock'], None], [waiter[key] for key in ('blocked_type', 'blocked_on', 'owner')])
        self.assertTrue(waiter['doing'].endswith(', which is gone'), waiter)
        lock, = [row for row in document['locks'] if row['object'] == truth['lock']]
        self.assertEqual([truth['left']['holder'], None, 'recorded'], [
            lock[key] for key in ('owner_ident', 'owner', 'owner_evidence')])

    def check(self, interpreter, how, truth, document):
        stacks = self.stacks(document)
        left = [(row, functions) for row, functions in stacks if row['orphan']]
        self.check_living(truth, [(row, functions) for row, functions in stacks if not row['orphan']])
        self.check_left(truth, left)
        keeps = how == 'c' or interpreter.version == (2, 7)
        self.assertEqual(sorted(truth['left'].values()) if keeps else [], sorted(row['ident'] for row, _ in left))
        self.assertEqual(0, document['totals']['foreign_threads'])
        if how == 'c':
            self.check_lock(truth, document)

    def run_one(self, interpreter, who, how, kinds):
        with harness.Scene('stack_forked.py', interpreter, who, how) as scene:
            truth = scene.truth
            self.look(interpreter, how, truth, 'without a pause', truth['pid'], '--no-pause')
            for kind, target in harness.targets_of(scene, self, kinds, truth['pid']):
                self.look(interpreter, how, truth, kind, target)

    def look(self, interpreter, how, truth, kind, target, *options):
        with self.subTest(kind=kind):
            run = harness.heapscope('stack', '--json', '--locks', target, *options)
            self.assertEqual(0, run.status, run)
            self.check(interpreter, how, truth, run.json())

    @harness.each_interpreter()
    def test_fork_by_main(self, interpreter):
        self.run_one(interpreter, 'main', 'os', ('live', 'gcore core'))

    @harness.each_interpreter()
    def test_fork_by_another_thread(self, interpreter):
        self.run_one(interpreter, 'thread', 'os', harness.KINDS)

    @harness.each_interpreter()
    def test_fork_by_a_c_library(self, interpreter):
        self.run_one(interpreter, 'thread', 'c', harness.KINDS)

    @harness.each_interpreter()
    def test_fork_by_a_c_library_on_main(self, interpreter):
        self.run_one(interpreter, 'main', 'c', ('live',))


if __name__ == '__main__':
    harness.main()
