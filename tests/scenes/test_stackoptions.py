# SPDX-License-Identifier: Apache-2.0
"""heapscope stack: its options one by one, and what its first lines say."""
import re
import unittest

import harness


def stack(test, status, *arguments):
    run = harness.heapscope('stack', *arguments)
    test.assertEqual(status, run.status, run)
    return run


def frames(document, tid):
    return [(row['depth'], row['function'], row['line']) for row in document['rows'] if row['tid'] == tid]


@harness.expand
class Options(unittest.TestCase):
    def check_reverse(self, scene, tid):
        """The same frames, innermost first."""
        one, other = (stack(self, 0, '--json', scene.pid, *option).json() for option in ([], ['--reverse']))
        self.assertEqual(frames(one, tid)[::-1], frames(other, tid))
        self.assertEqual(0, frames(other, tid)[0][0])
        lines = [re.findall(r'(?m)^  File "(.*)", line (\d+), in (\S+)', stack(self, 0, scene.pid, '--thread', tid, *option).out)
                 for option in ([], ['--reverse'])]
        self.assertEqual(lines[0][::-1], lines[1])
        self.assertEqual(len(frames(one, tid)), len(lines[1]))

    def check_thread(self, scene, truth):
        """A thread is named by the system's id, or by that of threading."""
        for tid, ident in truth['tids'].values():
            for name in tid, ident:
                document = stack(self, 0, '--json', scene.pid, '--thread', name).json()
                self.assertEqual([tid], [row['tid'] for row in document['threads']])
                self.assertEqual({tid}, {row['tid'] for row in document['rows']})
        run = stack(self, 2, scene.pid, '--thread', 1)
        self.assertIn('no thread 1 has a Python stack here', run.err)
        self.assertEqual(1, run.err.count('\n'))

    def check_locals(self, target, tid):
        """`self` with its attributes, and with theirs, as deep as is asked for."""
        for depth in (1, 2, 3, 4):
            document = stack(self, 0, '--json', target, '--locals=%d' % depth).json()
            row, = [row for row in document['locals'] if row['tid'] == tid and row['name'] == 'self' and row['depth'] == 0]
            self.assertEqual('argument', row['kind'])
            numbers = [int(n) for n in re.findall(r'number=(\d+)', row['value'])]
            self.assertEqual(list(range(4, 4 - depth, -1)), numbers, row)
        return numbers

    def check_names(self, scene, truth):
        tid = truth['tids']['bare'][0]
        row, = [row for row in stack(self, 0, '--json', scene.pid).json()['threads'] if row['tid'] == tid]
        self.assertEqual([None, 'by \x1b C\n'], [row['name'], row['comm']], 'threading has no name for it')
        text = stack(self, 0, scene.pid).out
        self.assertIn('Thread %d "by \\x1b C\\n", ' % tid, text)
        self.assertNotIn('\x1b', text)

    @harness.each_interpreter()
    def test_options(self, interpreter):
        with harness.Scene('stack_options.py', interpreter) as scene:
            truth = scene.truth
            tid = truth['tids']['named'][0]
            self.check_names(scene, truth)
            self.check_reverse(scene, tid)
            self.check_thread(scene, truth)
            self.assertNotIn('suspended', stack(self, 0, scene.pid, '--full').out)
            for kind, target in harness.targets_of(scene, self, ('live', 'gcore core')):
                with self.subTest(kind=kind):
                    self.check_locals(target, tid)

    def test_the_pause_is_told(self):
        with harness.Scene('stack_options.py', harness.newest()) as scene:
            document = stack(self, 0, '--json', scene.pid).json()
            self.assertTrue(0 < document['target']['pause_seconds'] < 2)
            self.assertRegex(stack(self, 0, scene.pid).out, r'^Process %d, Python \S+; it stood still for \d+\.\d\d ms\n' % scene.pid)
            self.assertRegex(stack(self, 0, scene.pid, '--no-pause').out, r'^Process %d, .*; it was not paused\n' % scene.pid)

    def test_a_core_has_no_children(self):
        why = harness.why_no_gcore()
        if why:
            harness.skip(self, why)
        with harness.Scene('stack_options.py', harness.newest()) as scene:
            core = scene.gcore()
            run = stack(self, 64, '--children', core)
            self.assertEqual(["heapscope: stack: --children wants running processes, by their PIDs, not '%s'" % core,
                              "Try 'heapscope help stack'."], run.err.splitlines())


if __name__ == '__main__':
    harness.main()
