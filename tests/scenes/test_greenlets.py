# SPDX-License-Identifier: Apache-2.0
"""heapscope stack of threads that run greenlets: the frames are the running one's, as the interpreter says, not those of
the others; also while they switch all the time."""
import subprocess
import unittest

import harness


def has_greenlet(interpreter):
    return not subprocess.run([interpreter.path, '-c', 'import greenlet'], stderr=subprocess.DEVNULL).returncode


def plain(function):
    return function.rpartition('.')[2].replace('_Thread__', '').replace('__bootstrap', '_bootstrap')


def stacks(document):
    """{ident: ([function, file, line] of each frame, outermost first; the thread's row)}"""
    return {row['ident']: ([[plain(frame['function']), frame['file'], frame['line']] for frame in document['rows']
                            if frame['thread'] == index and frame['kind'] == 'python'], row)
            for index, row in enumerate(document['threads'])}


@harness.expand
class Greenlets(unittest.TestCase):
    def test_there_is_one_with_greenlet(self):
        if not any(has_greenlet(interpreter) for interpreter in harness.INTERPRETERS):
            harness.skip(self, 'no interpreter has greenlet (Debian: python3-greenlet)')

    def check(self, truth, document):
        got = stacks(document)
        self.assertEqual(1 + len(truth['threads']), len(got), 'a greenlet is no thread')
        self.assertGreater(truth['kept'], 5)
        for name, (ident, frames) in truth['threads'].items():
            rows, thread = got[ident]
            self.assertEqual([name, None], [thread['name'], thread['problem']])
            self.assertEqual([[plain(frame[0])] + frame[1:] for frame in frames], rows, name)

    @harness.each_interpreter(only=has_greenlet)
    def test_suspended_ones_are_not_on_the_thread(self, interpreter):
        with harness.Scene('stack_greenlets.py', interpreter) as scene:
            truth = scene.truth
            self.assertEqual(['runs', 'waits'], [frame[0] for frame in truth['threads']['thread'][1]][-2:])
            options = [[], ['--no-pause'], ['--locals'], ['--locks']]
            for kind, target in harness.targets_of(scene, self):
                for option in options if kind == 'live' else [[]]:
                    with self.subTest(kind=kind, option=option):
                        run = harness.heapscope('stack', '--json', target, *option)
                        self.assertEqual(0, run.status, run)
                        self.check(truth, run.json())

    def names(self, document):
        """Of the thread that switches, if its stack is said to be whole."""
        found = [(rows, row) for rows, row in stacks(document).values() if row['name'] == 'switches']
        self.assertEqual(1, len(found))
        (rows, row), = found
        names = tuple(name for name, _, _ in rows)
        return None if row['problem'] else names[3:] if names[:1] == ('_bootstrap',) else names

    @harness.each_interpreter(only=has_greenlet)
    def test_while_they_switch(self, interpreter):
        allowed = [('ping',), ('ping',) * 3, ('ping',) * 5]
        with harness.Scene('stack_greenlets.py', interpreter, 'busy') as scene:
            seen = set()
            for i in range(60):
                run = harness.heapscope('stack', '--json', scene.pid, *[[], ['--no-pause'], ['--native']][i % 3])
                self.assertIn(run.status, (0, 1), run)
                names = self.names(run.json())
                if names is None:
                    self.assertEqual(1, run.status)
                    continue
                self.assertIn(names, allowed + [('switches',)])
                seen.add(names)
            self.assertGreater(len(seen), 1)
            self.assertTrue(harness.is_going_on(scene.pid))


if __name__ == '__main__':
    harness.main()
