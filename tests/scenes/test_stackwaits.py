# SPDX-License-Identifier: Apache-2.0
"""heapscope stack: what each thread is blocked on, who has that, and deadlocks, as the threads themselves say."""
import unittest

import harness


def stack_of(test, target, *options, status=0):
    run = harness.heapscope('stack', '--json', target, *options)
    test.assertEqual(status, run.status, run)
    return run.json()


def plain(function):
    return function and function.rsplit('.', 1)[-1]


@harness.expand
class Waits(unittest.TestCase):
    maxDiff = None

    @staticmethod
    def method(row):
        """2.7's RLock is written in Python, later ones in C."""
        return None if row['blocked_type'] == 'RLock' else plain(row['blocked_in'])

    def check_threads(self, interpreter, truth, kind, document):
        rows = {row['ident']: row for row in document['threads']}
        for name, expected in truth['waits'].items():
            row = rows[truth['idents'][name]]
            owner = expected['owner'] and rows[truth['idents'][expected['owner']]]['tid']
            with self.subTest(thread=name):
                self.assertEqual(
                    [expected['type'], expected['object'], expected['method'], owner],
                    [row['blocked_type'], row['blocked_on'], self.method(row), row['owner']], row)
                if expected['name']:
                    self.assertEqual(expected['name'], row['blocked_name'], row)
                if interpreter.version >= (3,):  # before, waiting for some time is sleeping for short ones
                    self.assertEqual(expected['timed'], row['timed'], row)
                if row['timed'] and interpreter.version >= (3,) and kind == 'live':
                    self.assertTrue(4000 < row['timeout'] <= 5000, row)
                self.assertIn('blocked ', row['doing'])
        for name in set(truth['idents']) - set(truth['waits']):
            self.assertIsNone(rows[truth['idents'][name]]['blocked_type'], name)
        bare = rows[truth['bare']]
        self.assertEqual(['Lock', truth['forever']], [bare['blocked_type'], bare['blocked_on']])

    def check_locks(self, truth, document):
        idents = {ident: name for name, ident in truth['idents'].items()}
        locks = {row['object']: row for row in document['locks']}
        waited = {expected['object'] for expected in truth['waits'].values()}
        self.assertEqual(waited, set(locks))
        for row in locks.values():
            with self.subTest(lock=row):
                waiters = {name for name, expected in truth['waits'].items() if expected['object'] == row['object']}
                bare = row['object'] == truth['forever']
                self.assertEqual(len(waiters) + bare, row['waiters'])
                owner = truth['owners'].get(str(row['object']))
                self.assertEqual(owner, idents.get(row['owner_ident']))
                if row['type'] == 'Lock':
                    self.assertEqual('with block' if owner else None, row['owner_evidence'])
                    self.assertIn(row['locked'], (True, None))
                elif row['type'] in ('RLock', 'Thread', 'lock between processes'):
                    self.assertEqual('recorded', row['owner_evidence'])
                else:
                    self.assertIsNone(row['owner_evidence'])
        self.assertEqual(len(truth['waits']) + 1, len(document['waits']))
        for row in document['waits']:
            if row['ident'] != truth['bare']:
                self.assertEqual(truth['waits'][idents[row['ident']]]['object'],
                                 document['locks'][row['lock']]['object'])

    def check_deadlocks(self, truth, document):
        cycles, evidence = {}, {}
        names = {row['tid']: name for name, ident in truth['idents'].items()
                 for row in document['threads'] if row['ident'] == ident}
        for row in document['deadlocks']:
            cycles.setdefault(row['deadlock'], []).append(names[row['tid']])
            evidence.setdefault(row['deadlock'], set()).add(row['owner_evidence'])
            self.assertEqual(truth['waits'][names[row['tid']]]['object'], row['waits_for'])
            self.assertFalse(row['timed'])
        for rows in cycles.values():  # each waits for the next
            index = {name: i for i, name in enumerate(rows)}
            first = min(rows)
            rows[:] = rows[index[first]:] + rows[:index[first]]
        self.assertEqual(sorted(truth['deadlocks']), sorted(cycles.values()))
        for number, cycle in cycles.items():
            self.assertEqual({'recorded' if 'rlock' in cycle[0] or 'processes' in cycle[0] else 'with block'}, evidence[number])
        held_by = {names[row['tid']]: names[row['held_by']] for row in document['deadlocks']}
        for cycle in truth['deadlocks']:
            for i, name in enumerate(cycle):
                self.assertEqual(cycle[(i + 1) % len(cycle)], held_by[name])

    def check_text(self, target):
        run = harness.heapscope('stack', '--locks', target)
        self.assertEqual(0, run.status, run)
        for text in ('Deadlock of 2 threads:', 'Deadlock of 3 threads:', 'Deadlock of a thread with itself:',
                     'likely held by', '(HELD_BY_SLEEPER)', 'blocked in get() on Queue', ', owner unknown'):
            self.assertIn(text, run.out)

    def stacks_at_rest(self, interpreter, truth, target, *options):
        """To 2.7 a wait for some time is a row of short sleeps, between which the thread runs: a moment when it sleeps."""
        for _ in range(50):
            document = stack_of(self, target, '--locks', *options)
            rows = {row['ident']: row for row in document['threads']}
            if interpreter.version >= (3,) or all(rows[truth['idents'][name]]['blocked_type'] for name in truth['waits']):
                break
        return document

    @harness.each_interpreter()
    def test_h24_waits_owners_deadlocks(self, interpreter):
        with harness.Scene('stack_waits.py', interpreter) as scene:
            truth = scene.truth
            with self.subTest(kind='without a pause'):
                document = self.stacks_at_rest(interpreter, truth, scene.pid, '--no-pause')
                self.check_threads(interpreter, truth, 'live', document)
                self.check_locks(truth, document)
                self.check_deadlocks(truth, document)
            for kind, target in harness.targets_of(scene, self):
                with self.subTest(kind=kind):
                    document = self.stacks_at_rest(interpreter, truth, target)
                    self.check_threads(interpreter, truth, kind, document)
                    self.check_locks(truth, document)
                    self.check_deadlocks(truth, document)
                    self.check_text(target)


if __name__ == '__main__':
    harness.main()
