# SPDX-License-Identifier: Apache-2.0
"""heapscope stack: frames, lines, columns, names and ids are those that the interpreter itself gives."""
import os
import time
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


def doing_of(document):
    """{name: [row of each thread of that name]}"""
    found = {}
    for row in document['threads']:
        found.setdefault(row['name'], []).append(row)
    return found


@harness.expand
class States(unittest.TestCase):
    def check(self, scene, kind, document):
        threads, truth = doing_of(document), scene.truth
        path = ' %s' % truth['link'] if kind == 'live' else ''
        self.assertEqual('in read(%d%s)' % (truth['fd'], path), threads['reader'][0]['doing'])
        self.assertEqual('blocked on Lock 0x%x (LOCK)' % truth['lock'], threads['locked'][0]['doing'])
        self.assertIn(kind == 'live' and 'in read(0 pipe:[' or 'in read(0)', threads['MainThread'][0]['doing'])
        for name, rows in threads.items():  # H21: also while it sleeps in there
            self.assertEqual(name == 'collector', rows[0]['collecting'], name)
        self.assertFalse(document['processes'][0]['finalizing'])
        holders = [row['name'] for row in document['threads'] if row['gil'] == 'holds']
        self.assertIn(holders, ([], ['spinner']))
        self.assertFalse([row for row in document['threads'] if row['gil'] == 'waits' and row['name'] != 'spinner'])
        return sorted(str(row['gil']) for row in threads['spinner'])

    def check_gil(self, document):
        """Those who wait for the GIL wait for the one that holds it."""
        holder = [row['tid'] for row in document['threads'] if row['gil'] == 'holds'] or [None]
        waiting = [row['tid'] for row in document['threads'] if row['gil'] == 'waits']
        gils = [index for index, row in enumerate(document['locks']) if row['type'] == 'GIL']
        self.assertEqual(bool(waiting), bool(gils))
        for index in gils:
            self.assertEqual(holder, [document['locks'][index]['owner']])
            self.assertEqual(waiting, [row['tid'] for row in document['waits'] if row['lock'] == index])
        self.assertFalse(document['deadlocks'])

    @staticmethod
    def wait_for_read(scene):
        """The scene is ready a moment before its main thread stands in read(): for that it wants the GIL once more."""
        for _ in range(200):
            with open('/proc/%d/wchan' % scene.pid) as f:
                if 'pipe' in f.read():
                    return
            time.sleep(0.05)

    @harness.each_interpreter()
    def test_h21_h22_collection_and_gil(self, interpreter):
        with harness.Scene('stack_states.py', interpreter) as scene:
            self.wait_for_read(scene)
            seen = set()
            for _ in range(300):  # on an idle machine who waits is mostly being woken
                document = stack_of(self, scene.pid, '--locks')
                seen.add(tuple(self.check(scene, 'live', document)))
                self.check_gil(document)
                if ('holds', 'waits') in seen:
                    break
            self.assertIn(('holds', 'waits'), seen)
            for kind, target in harness.targets_of(scene, self, ('gcore core', 'kernel core')):
                with self.subTest(kind=kind):
                    self.check(scene, kind, stack_of(self, target))


@harness.expand
class Cores(unittest.TestCase):
    @harness.each_interpreter()
    def test_h26_h27_crash_in_c(self, interpreter):
        """The first screen after a crash in C: the signal, the address, the line that called the function."""
        why = harness.why_no_kernel_core()
        if why:
            harness.skip(self, why)
        with harness.Scene('stack_states.py', interpreter, 'crash') as scene:
            before = set(scene._kernel_cores())
            scene.process.stdin.write(b'\n')
            scene.process.stdin.flush()
            scene.process.wait(harness.PATIENCE)
            core, = set(scene._kernel_cores()) - before
            document = stack_of(self, core)
            self.assertEqual('SIGSEGV', document['processes'][0]['signal'])
            self.assertEqual(0x10, document['processes'][0]['fault_address'])
            self.assertIsNone(document['processes'][0].get('sender'))
            first = document['threads'][0]
            self.assertEqual('crasher', first['name'])
            self.assertIn('crashed', first['doing'])
            names = [row['function'] for row in document['rows'] if row['thread'] == 0]
            self.assertEqual(['crash', 'calls_c', 'string_at'], names[-3:])
            text = harness.heapscope('stack', core)
            self.assertIn('ended by SIGSEGV at address 0x10', text.out)
            self.assertLess(text.out.index('in calls_c'), text.out.index('in main'))

    def test_h26_core_of_a_running_process_is_no_crash(self):
        why = harness.why_no_gcore()
        if why:
            harness.skip(self, why)
        with harness.Scene('stack_states.py', harness.newest()) as scene:
            document = stack_of(self, scene.gcore())
            self.assertIsNone(document['processes'][0].get('signal'))
            self.assertTrue(document['threads'][0]['main'])

    def test_sender_of_the_signal(self):
        why = harness.why_no_kernel_core()
        if why:
            harness.skip(self, why)
        with harness.Scene('stack_states.py', harness.newest()) as scene:
            process = stack_of(self, scene.kernel_core())['processes'][0]
            self.assertEqual(['SIGABRT', os.getpid(), os.getuid()],
                             [process['signal'], process['sender'], process['sender_uid']])


PLAIN = ('inner', 'holds', 'all_values')


@harness.expand
class Locals(unittest.TestCase):
    def check(self, scene, interpreter, document):
        rows = [row for row in document['rows']]
        depth = {row['function'].rsplit('.', 1)[-1]: row['depth'] for row in rows}
        found = {name: [] for name in PLAIN}
        for name in PLAIN:
            found[name] = [(row['kind'], row['name'], row['value']) for row in document['locals']
                           if row['depth'] == depth[name]]
        got = [value for kind, name, value in found['all_values']]
        self.assertEqual(['v%03d' % i for i in range(len(got))], [name for kind, name, value in found['all_values']])
        for expected, value in zip(scene.truth['values'], got):
            self.assertEqual(expected, value)
        self.assertEqual(len(scene.truth['values']), len(got))
        self.check_holds(interpreter, found)
        self.check_inner(interpreter, {name: value for kind, name, value in found['inner']})
        self.assertIn(('argument', 'argument', '1'), found['inner'])
        self.assertIn('free', [kind for kind, name, value in found['inner'] if name == 'cell'])

    def check_holds(self, interpreter, found):
        """H29: the code's order. Before 3.11 an argument that is a cell stands among the cells."""
        kinds = {name: kind for kind, name, value in found['holds']}
        names = [name for kind, name, value in found['holds']]
        self.assertEqual({'first', 'second', 'rest', 'named', 'local', 'cell', 'inner'}, set(names))
        self.assertEqual('cell', kinds['cell'])
        self.assertLess(names.index('first'), names.index('rest'))
        self.assertLess(names.index('rest'), names.index('named'))
        self.assertLess(names.index('named'), names.index('local'))

    def check_inner(self, interpreter, values):
        """H17: of large values only a little."""
        self.assertIn('Plain ', values['plain'])
        self.assertIn('one=1', values['plain'])
        if interpreter.version >= (3, 6):  # dicts are in order
            self.assertIn("Plain one=1, two='\xe9' at 0x", values['plain'])
        self.assertEqual('[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... 99990 more]', values['large'])
        self.assertTrue(values['wide'].endswith('9: 9, ... 99990 more}'), values['wide'])
        self.assertTrue(values['long_text'].endswith("xxx'... 999800 more"), values['long_text'])
        self.assertEqual('[[[... 1 item]]]', values['deep'])
        self.assertRegex(values['huge'], r'^<int of about 28\d{4} bits>$')
        self.assertEqual('[[...]]', values['loop'])

    @harness.each_interpreter()
    def test_h3_h4_h5_h6_h17_h29(self, interpreter):
        with harness.Scene('stack_locals.py', interpreter) as scene:
            for kind, target in harness.targets_of(scene, self):
                with self.subTest(kind=kind):
                    self.check(scene, interpreter, stack_of(self, target, '--locals'))
                    self.assertNotIn('\x1b', harness.heapscope('stack', target, '--locals').out)


if __name__ == '__main__':
    harness.main()
