# SPDX-License-Identifier: Apache-2.0
"""heapscope stack where there is much: frames, threads, locals. Linear, bounded, complete."""
import re
import unittest

import harness


def stack(test, target, *options):
    """(document, seconds, peak bytes)"""
    run = harness.heapscope('stack', target, *options)
    test.assertEqual(0, run.status, run)
    return run


@harness.expand
class Large(unittest.TestCase):
    def check_deep(self, target, depth, line):
        document = stack(self, target, '--json').json()
        rows = [row for row in document['rows'] if row['thread'] == 1]
        names = [row['function'] for row in rows]
        self.assertEqual(['down'] * (depth + 1) + ['wait'], names[-depth - 2:])
        self.assertEqual(depth + 2 + 3, len(names), 'and three of threading')
        self.assertEqual({line}, {row['line'] for row in rows if row['function'] == 'down'})
        text = stack(self, target).out
        # the innermost one stands elsewhere in the line: it calls wait()
        self.assertIn('  ... {:,} more of down() '.format(depth - 1), text)
        self.assertLess(len(text.splitlines()), 40)

    @harness.each_interpreter()
    def test_h07_deep(self, interpreter):
        depth = 100000 if interpreter.version >= (3, 11) else 20000 if interpreter.version == (2, 7) else 50000
        with harness.Scene('stack_large.py', interpreter, 'deep', str(depth)) as scene:
            line = scene.truth['line']
            self.check_deep(scene.pid, depth, line)
            full = stack(self, scene.pid, '--full').out
            self.assertEqual(depth + 1, full.count(', line %d, in down' % line))

    def test_h07_deep_core(self):
        why = harness.why_no_gcore()
        if why:
            harness.skip(self, why)
        for interpreter in (harness.newest(), harness.newest((3, 10))):
            with harness.Scene('stack_large.py', interpreter, 'deep', '5000') as scene:
                self.check_deep(scene.gcore(), 5000, scene.truth['line'])

    @harness.each_interpreter()
    def test_h18_threads(self, interpreter):
        with harness.Scene('stack_large.py', interpreter, 'threads', '1000') as scene:
            document = stack(self, scene.pid, '--json').json()
            self.assertEqual(1001, len(document['threads']))
            self.assertEqual(1001, len({row['tid'] for row in document['threads']}))
            depth = {}
            for row in document['rows']:
                depth[row['tid']] = depth.get(row['tid'], 0) + 1
            self.assertEqual({20}, {n for tid, n in depth.items() if tid != scene.pid})
            text = stack(self, scene.pid).out
            self.assertEqual(1000, sum(int(n.replace(',', '')) for n in re.findall(
                r'(?m)^([\d,]+) threads stand alike', text)) + text.count('\nThread ') - 1, text[:3000])

    @harness.each_interpreter()
    def test_h17_locals(self, interpreter):
        """As much memory and time for a million items as for a few."""
        with harness.Scene('stack_large.py', interpreter, 'locals', '1000000') as scene:
            for kind, target in harness.targets_of(scene, self, ('live', 'gcore core')):
                with self.subTest(kind=kind):
                    run = harness.heapscope('stack', '--json', '--locals', target)
                    self.assertEqual(0, run.status, run)
                    document = run.json()
                    at, = [(row['thread'], row['depth']) for row in document['rows']
                           if row['function'].endswith('holds')]
                    values = {row['name']: row['value'] for row in document['locals']
                              if (row['thread'], row['depth']) == at}
                    self.assertEqual('[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... 999990 more]', values['numbers'])
                    self.assertTrue(values['table'].endswith('9: None, ... 999990 more}'), values['table'])
                    self.assertIn('... 999990 more', values['members'])
                    self.assertTrue(values['text'].endswith("x'... 24999800 more"), values['text'])
                    self.assertTrue(values['word'].endswith(u"' ... 9999800 more") or values['word'].endswith(
                        u"'... 9999800 more"), values['word'])
                    self.assertRegex(values['whole'], r'^<int of about 80\d{5} bits>$')
                    self.assertRegex(values['self'], r'^<__main__.Holder .*number=7.* at 0x[0-9a-f]+>$')

    def test_h17_memory(self):
        if harness.is_sanitized():  # a sanitizer alone reserves terabytes of addresses
            return
        with harness.Scene('stack_large.py', harness.newest(), 'locals', '2000000') as scene:
            run = harness.heapscope('stack', '--locals', scene.pid, prefix=['prlimit', '--as=%d' % (200 << 20)])
            self.assertEqual(0, run.status, run)


if __name__ == '__main__':
    harness.main()
