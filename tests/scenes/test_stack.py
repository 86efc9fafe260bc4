# SPDX-License-Identifier: Apache-2.0
"""heapscope stack: frames, lines, columns, names and ids are those that the interpreter itself gives."""
import unittest

import harness


def stack_of(test, target, *options, status=0):
    run = harness.heapscope('stack', '--json', target, *options)
    test.assertEqual(status, run.status, run)
    return run.json()


def frames_by_ident(document):
    """{ident: [row, outermost first]}"""
    stacks = {index: [] for index in range(len(document['threads']))}
    for row in document['rows']:
        stacks[row['thread']].append(row)
    return {thread['ident']: stacks[index] for index, thread in enumerate(document['threads'])}


PLACE = ('function', 'file', 'line', 'end_line', 'column', 'end_column')


@harness.expand
class Frames(unittest.TestCase):
    def check(self, truth, document, live):
        stacks = frames_by_ident(document)
        threads = {thread['ident']: thread for thread in document['threads']}
        self.assertEqual({int(ident) for ident in truth['threads']}, set(stacks))
        for ident, expected in truth['threads'].items():
            thread = threads[int(ident)]
            self.assertEqual(expected['name'], thread['name'])
            self.assertEqual(expected['tid'], thread['tid'])
            self.assertEqual(int(ident) == truth['main'], thread['main'])
            self.assertIsNone(thread['problem'])
            if expected['frames'] is None:  # the one that wrote the truth had gone on since then
                continue
            got = [[row[key] for key in PLACE] for row in stacks[int(ident)]]
            self.assertEqual(expected['frames'], got, expected['name'])
            self.assertEqual(list(range(len(got) - 1, -1, -1)), [row['depth'] for row in stacks[int(ident)]])
        self.assertTrue(document['threads'][0]['main'], 'the main thread comes first')

    def check_entries(self, truth, document, recorded):
        """Which frames C code has called."""
        for stack in frames_by_ident(document).values():
            for row in stack:
                name = row['function'].rsplit('<locals>.', 1)[-1]
                if not recorded:
                    self.assertIsNone(row['from_c'])
                elif row is stack[0] or name in truth['from_c']:
                    self.assertTrue(row['from_c'], row)
                elif name in ('wait', 'recursion', 'ping', 'pong', 'far', 'many_lines'):
                    self.assertEqual(name == 'many_lines', row['from_c'], row)

    def check_sources(self, document):
        """Every source line is the file's."""
        seen = 0
        for row in document['rows']:
            try:
                with open(row['file'], encoding='utf-8') as f:
                    lines = f.read().split('\n')
            except OSError:
                continue
            seen += 1
            self.assertEqual(lines[row['line'] - 1].strip(), row['source'])
        self.assertTrue(seen)

    @harness.each_interpreter()
    def test_as_the_interpreter_says(self, interpreter):
        with harness.Scene('stack_frames.py', interpreter) as scene:
            truth = scene.truth
            for kind, target in harness.targets_of(scene, self):
                with self.subTest(kind=kind):
                    document = stack_of(self, target)
                    self.check(truth, document, kind == 'live')
                    self.check_entries(truth, document, interpreter.version >= (3, 11))
                    self.check_sources(document)

    @harness.each_interpreter()
    def test_without_a_pause(self, interpreter):
        with harness.Scene('stack_frames.py', interpreter) as scene:
            document = stack_of(self, scene.pid, '--no-pause')
            self.check(scene.truth, document, True)
            self.assertEqual(0, document['target']['pause_seconds'])
            self.assertTrue(harness.is_going_on(scene.pid))


if __name__ == '__main__':
    harness.main()
