# SPDX-License-Identifier: Apache-2.0
"""Stacks that are damaged, in a core, or change while they are read, without a pause."""
import os
import re
import unittest

import cores
import harness


def document_of(test, status, *arguments):
    run = harness.heapscope('stack', '--json', *arguments)
    test.assertEqual(status, run.status, run)
    return run.json()


def threads_with_frames(document):
    """{name: [[function, file, line]...]}"""
    found = {}
    for row in document['rows']:
        found.setdefault(document['threads'][row['thread']]['name'], []).append(
            [row['function'], row['file'], row['line']])
    return found


@harness.expand
class Damaged(unittest.TestCase):
    """H8: a chain of frames that leads nowhere, or in a circle. The other stacks are whole."""

    def check(self, scene, whole, damage, mark):
        core = cores.Core(self.core)
        frames = scene.truth['frames']
        damage(core, frames)
        document = document_of(self, 1, core.save(os.path.join(scene.dir, 'damaged')))
        got, expected = threads_with_frames(document), threads_with_frames(whole)
        hurt, = [row for row in document['threads'] if row['problem']]
        self.assertEqual('victim', hurt['name'])
        self.assertRegex(hurt['problem'], mark)
        self.assertTrue(any(re.search(mark, note) and str(hurt['tid']) in note for note in document['incomplete']))
        for name, rows in expected.items():
            if name != 'victim':
                self.assertEqual(rows, got[name], name)
        kept = got.get('victim', [])
        self.assertEqual(expected['victim'][len(expected['victim']) - len(kept):], kept, 'what is left is right')
        text = harness.heapscope('stack', os.path.join(scene.dir, 'damaged'))
        self.assertEqual(1, text.status)
        self.assertRegex(text.out, r'(?m)^  \((%s)' % mark)
        return kept

    @harness.each_interpreter()
    def test_h08_broken_chain(self, interpreter):
        why = harness.why_no_gcore()
        if why:
            harness.skip(self, why)
        with harness.Scene('stack_chain.py', interpreter) as scene:
            self.core = scene.gcore()
            whole = document_of(self, 0, self.core)
            link = scene.truth['link']
            frames = scene.truth['frames']

            def patch(index, value):
                return lambda core, frames: core.patch(frames[index] + link, value(frames))

            for what, damage, mark, least in (
                    ('circle of one', patch(2, lambda f: f[2]), 'damaged: the frames below form a cycle', 3),
                    ('circle of three', patch(4, lambda f: f[2]), 'damaged: the frames below form a cycle', 5),
                    ('wild', patch(3, lambda f: 0xdead0000beef0), 'cut off: the next frame', 4),
                    ('odd', patch(3, lambda f: f[1] + 3), 'damaged: what should be the next frame', 4),
                    ('no frame', patch(3, lambda f: scene.truth['none']), 'damaged: what should be the next frame|cut off', 4),
            ):
                with self.subTest(what=what):
                    self.assertGreaterEqual(len(self.check(scene, whole, damage, mark)), least)


@harness.expand
class Moving(unittest.TestCase):
    @harness.each_interpreter()
    def test_generators_in_turn(self, interpreter):
        """Without a pause: every stack that is shown as whole is one that the scene can have."""
        with harness.Scene('stack_switches.py', interpreter) as scene:
            allowed = {tuple(names) for names in scene.truth['stacks']}
            again = torn = looks = 0
            seen = set()
            # until it was caught while it moved, and in other stacks than the shortest; both are a matter of luck
            while looks < 25 or (looks < 1000 and (not again or len(seen) < 2)):
                looks += 1
                run = harness.heapscope('stack', '--json', '--no-pause', scene.pid)
                self.assertIn(run.status, (0, 1), run)
                document = run.json()
                again += document['totals']['read_again']
                for index, thread in enumerate(document['threads']):
                    if thread['name'] != 'switcher':
                        continue
                    names = tuple(row['function'].rpartition('.')[2] for row in document['rows']
                                  if row['thread'] == index)
                    names = names[names.index('switches'):] if 'switches' in names else names
                    if thread['problem']:
                        torn += 1
                        self.assertEqual(1, run.status)
                    else:
                        self.assertIn(names, allowed)
                        seen.add(names)
                self.assertTrue(harness.is_going_on(scene.pid))
            self.assertGreater(len(seen), 1, 'other stacks than the shortest are caught')
            self.assertGreater(again, 0, 'it moves')
            print('read again %d times, torn %d of %d, %d different stacks' % (again, torn, looks, len(seen)))

    @harness.each_interpreter()
    def test_with_a_pause_none_is_torn(self, interpreter):
        with harness.Scene('stack_switches.py', interpreter) as scene:
            allowed = {tuple(names) for names in scene.truth['stacks']}
            for _ in range(15):
                document = document_of(self, 0, scene.pid)
                names = tuple(row['function'].rpartition('.')[2] for row in document['rows']
                              if document['threads'][row['thread']]['name'] == 'switcher')
                self.assertIn(names[names.index('switches'):], allowed)


if __name__ == '__main__':
    harness.main()
