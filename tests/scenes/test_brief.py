# SPDX-License-Identifier: Apache-2.0
"""heapscope stack while threads begin and end all the time: what it shows is there, and who stays is always shown."""
import os
import unittest

import harness

LOOKS = int(os.environ.get('HEAPSCOPE_LOOKS', '25'))  # at each interpreter, with a pause and without
OUTER = ('_bootstrap', '_bootstrap_inner', 'run')


def plain(function):
    return function.rpartition('.')[2].replace('_Thread__', '').replace('__bootstrap', '_bootstrap')


@harness.expand
class Brief(unittest.TestCase):
    def check_places(self, truth, document):
        """Every function is one of its file's, at a line that it has."""
        for row in document['rows']:
            self.assertIn(row['file'], truth['files'], row)
            places = [place for place in truth['files'][row['file']] if place[0] == row['function']]
            self.assertTrue(places, row)
            self.assertTrue(any(first <= row['line'] <= last for _, first, last in places), row)

    def check_stay(self, truth, document, stacks):
        """Those that stay are there once, whole, by their names."""
        for name, ident in truth['stay'].items():
            (index, row), = [(i, row) for i, row in enumerate(document['threads']) if row['name'] == name]
            self.assertEqual([ident, None, False], [row['ident'], row['problem'], row['orphan']])
            self.assertEqual(list(OUTER) + ['stays'] * 4, stacks[index])
        for name in 'MainThread', 'beginner':
            self.assertEqual(1, len([row for row in document['threads'] if row['name'] == name]), name)

    def check_calls(self, truth, document, stacks):
        """brief() calls one() calls two() ...: none is left out."""
        for index, names in enumerate(stacks):
            if 'brief' not in names or document['threads'][index]['problem']:
                continue
            at = names.index('brief')
            self.assertIn(tuple(names[:at]), ((), OUTER))
            inner = [name for name in names[at:] if name in truth['chain']]
            self.assertEqual(truth['chain'][:len(inner)], inner)

    def check(self, truth, run):
        document = run.json()
        stacks = [[] for _ in document['threads']]
        for row in document['rows']:
            stacks[row['thread']].append(plain(row['function']))
        self.check_places(truth, document)
        self.check_calls(truth, document, stacks)
        tids = [row['tid'] for row in document['threads'] if row['tid']]
        self.assertEqual(len(set(tids)), len(tids), 'a thread stands at one place')
        for row in document['threads']:
            self.assertEqual(row['orphan'], row['tid'] is None, row)
        self.assertEqual(run.status == 1, bool(document['incomplete']))
        if run.status == 0:
            self.check_stay(truth, document, stacks)
        return len(document['threads'])

    def look(self, interpreter, *options):
        with harness.Scene('stack_brief.py', interpreter) as scene:
            truth = scene.truth
            statuses, threads = [0, 0], 0
            for _ in range(LOOKS):
                run = harness.heapscope('stack', '--json', scene.pid, *options)
                self.assertIn(run.status, (0, 1), run)
                threads += self.check(truth, run)
                statuses[run.status] += 1
            self.assertTrue(harness.is_going_on(scene.pid))
            print('%d whole, %d marked, %d threads in all' % (statuses[0], statuses[1], threads))
            return statuses

    @harness.each_interpreter()
    def test_threads_begin_and_end(self, interpreter):
        self.assertEqual(0, self.look(interpreter)[1], 'it stands: all is there')

    @harness.each_interpreter()
    def test_threads_begin_and_end_without_a_pause(self, interpreter):
        self.assertGreater(self.look(interpreter, '--no-pause')[0], 0)


if __name__ == '__main__':
    harness.main()
