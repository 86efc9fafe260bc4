# SPDX-License-Identifier: Apache-2.0
"""heapscope stack on several processes at once: which are there, which stand alike, and what is wrong with the rest."""
import re
import unittest

import harness

NOBODY = 4194303  # above pid_max, or as good as


def serves(document):
    """{pid: how often `serve` is on its stack}"""
    found = {}
    for row in document['rows']:
        found[row['pid']] = found.get(row['pid'], 0) + (row['function'] == 'serve')
    return found


@harness.expand
class Several(unittest.TestCase):
    def run_stack(self, status, *arguments):
        run = harness.heapscope('stack', *arguments)
        self.assertEqual(status, run.status, run)
        return run

    @harness.each_interpreter()
    def test_children(self, interpreter):
        with harness.Scene('stack_forks.py', interpreter) as scene:
            truth = scene.truth
            document = self.run_stack(0, '--json', '--children', scene.pid).json()
            pids = [row['pid'] for row in document['processes']]
            self.assertEqual(scene.pid, pids[0])
            self.assertEqual(set(truth['workers'] + [truth['other']]), set(pids[1:5]))
            grandchild, = set(pids) - {scene.pid, truth['other']} - set(truth['workers'])
            self.assertEqual(6, len(pids))
            self.assertEqual(pids[-1], grandchild, 'parents come before their children')
            expected = dict.fromkeys(truth['workers'], 4)
            expected.update({scene.pid: 0, truth['other']: 6, grandchild: 6})
            self.assertEqual(expected, serves(document))
            self.assertEqual([], document['incomplete'])
            note, = document['notes']
            self.assertTrue(note.startswith('%d: ' % truth['sleeper']), note)
            self.assertIn('not a CPython process', note)
            self.assertEqual({'processes': 6, 'threads': 6, 'foreign_threads': 0, 'read_again': 0}, document['totals'])
            for row in document['processes'] + document['threads']:
                self.assertTrue(harness.is_going_on(row['pid']))

            text = self.run_stack(0, scene.pid, '--children').out
            self.assertIn('6 processes, Python %s: %d, ' % (interpreter.full, scene.pid), text)
            self.assertRegex(text, r'(?m)^3 threads of 3 processes stand alike: .*; in read:$', 'each has another number')
            self.assertEqual(2, text.count('more of serve() '), 'workers are shown once')
            self.assertEqual(6, self.run_stack(0, scene.pid, '--children', '--full').out.count('\nThread '))

    @harness.each_interpreter()
    def test_named(self, interpreter):
        with harness.Scene('stack_forks.py', interpreter) as scene, harness.Scene('stack_locals.py', harness.newest()) as other:
            truth = scene.truth
            one, two = truth['workers'][:2]
            document = self.run_stack(0, '--json', one, two, one).json()
            self.assertEqual({one: 4, two: 4}, serves(document))
            document = self.run_stack(0, '--json', one, other.gcore(), other.pid).json()
            self.assertEqual([one, other.pid, other.pid], [row['pid'] for row in document['processes']])
            self.assertEqual([None, True, None], [row['core'] and True for row in document['processes']])
            text = self.run_stack(0, one, other.pid).out
            self.assertRegex(text, r'(?m)^(Process %d, |2 processes, )Python %s[;:] ' % (one, re.escape(interpreter.full)))
            self.assertIn('\nThread %d "' % other.pid, text)
            self.assertEqual({one}, set(row['pid'] for row in self.run_stack(
                0, '--json', one, two, '--thread', one).json()['rows']))

    def test_some_fail(self):
        with harness.Scene('stack_forks.py', harness.newest()) as scene:
            truth = scene.truth
            one = truth['workers'][0]
            for order in ([one, NOBODY, truth['sleeper'], __file__], [NOBODY, truth['sleeper'], __file__, one]):
                run = self.run_stack(1, '--json', *order)
                document = run.json()
                self.assertEqual({one: 4}, serves(document))
                self.assertEqual(one, document['target']['pid'])
                incomplete = '\n'.join(document['incomplete'])
                self.assertIn('%d: there is no process' % NOBODY, incomplete)
                self.assertIn('%d: ' % truth['sleeper'], incomplete)
                self.assertIn('%s: ' % __file__, incomplete)
                self.assertEqual(3, len(document['incomplete']))
                self.assertIn(incomplete.split('\n')[0], run.err)
            run = self.run_stack(2, NOBODY, truth['sleeper'])
            self.assertEqual('', run.out)
            self.assertIn('no stack can be shown: %d: there is no process' % NOBODY, run.err)
            self.assertEqual(1, run.err.count('\n'))
            self.run_stack(2, '--children', truth['sleeper'])
            self.run_stack(64, '--children', __file__)
            self.run_stack(2, NOBODY)

    def test_parent_that_is_no_python(self):
        """As under a shell: the tree counts, not its root."""
        with harness.Scene('stack_forks.py', harness.newest(), command=['/bin/sh', '-c', '"$0" "$@"; exit 0',
                                                                        harness.newest().path]) as scene:
            document = self.run_stack(1, '--json', '--children', scene.pid).json()
            self.assertEqual(6, len(document['processes']))
            self.assertIn('not a CPython process', document['incomplete'][0])


if __name__ == '__main__':
    harness.main()
