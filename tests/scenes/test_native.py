# SPDX-License-Identifier: Apache-2.0
"""heapscope stack --native: C's functions stand where the scene is known to have called them."""
import os
import re
import shutil
import subprocess
import tempfile

import harness
from nativescene import BLOCKED, CHAIN, Compiled

LOOKS = 6  # at a process that runs

GDB = '''
import gdb
gdb.execute('thread 1', to_string=True)
frame = gdb.newest_frame()
inlined = []
while frame is not None:
    name = frame.name() or '??'
    if frame.type() == gdb.INLINE_FRAME:
        inlined.append(name)
    elif frame.type() != gdb.TAILCALL_FRAME:  # those are not on the stack
        if name not in LOOPS:  # Python's frames stand for those
            print(''.join('frame: %s\\n' % n for n in inlined + [name]))
        inlined = []
    frame = frame.older()
'''


def names_by_gdb(pid, loops):
    """The functions on the main thread's stack, innermost first, but for the evaluation loops."""
    with tempfile.NamedTemporaryFile('w', suffix='.py') as f:
        f.write('LOOPS = %r\n' % (loops,) + GDB)
        f.flush()
        done = subprocess.run(
            ['gdb', '-nx', '-batch', '-iex', 'set auto-load no', '-iex', 'set debuginfod enabled off', '-p', str(pid),
             '-ex', 'set backtrace past-main on', '-ex', 'source ' + f.name], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=2 * harness.PATIENCE)
    return re.findall('^frame: (.*)$', done.stdout.decode(), re.M)


def between(rows, first, last):
    """What stands between two functions of a thread."""
    names = [row['function'] for row in rows]
    start = names.index(first)
    return rows[start + 1:names.index(last, start + 1)]


@harness.expand
class Merged(Compiled):
    def check_main(self, document):
        main = self.index_of(document, main=True)
        self.assertEqual(BLOCKED, self.names(document, main))
        thread = document['threads'][main]
        self.assertTrue(thread['merged'])
        self.assertIsNone(thread['native_problem'])
        rows = [row for row in document['rows'] if row['thread'] == main]
        self.assertEqual(list(range(len(rows) - 1, -1, -1)), [row['depth'] for row in rows])
        self.assertIn(True, ['sort' in (row['symbol'] or '') for row in between(rows, 'sort_by_libc', 'compare_again')
                             if 'libc' in row['module']])
        self.assertTrue({'list_sort_impl', 'listsort'} & {
            (row['symbol'] or '').split('.')[0] for row in between(rows, 'recursion', 'by_key')})
        self.assertIn('ctypes', ''.join(row['module'] for row in between(rows, 'through_partial', 'sort_two')))
        self.assertFalse([row for row in rows if 'EvalFrameDefault' in (row['symbol'] or '') and row['kind'] == 'native'])
        self.check_places(rows)

    def check_places(self, rows):
        """debug.so has files and lines, plain.so symbols and offsets."""
        with open(os.path.join(harness.SCENES, 'native_calls.c')) as f:
            lines = f.read().split('\n')
        row, = [row for row in rows if row['function'] == 'call_compare']
        self.assertEqual('native_calls.c', os.path.basename(row['file']))
        self.assertIn('compare(&pair[0]', lines[row['line'] - 1])
        self.assertRegex(row['build_id'], '^[0-9a-f]{40}$')
        row, = [row for row in rows if row['function'] == 'say_and_block']
        self.assertIsNone(row['line'])
        self.assertEqual(('say_and_block', False, 'cfi'), (row['symbol'], row['inlined'], row['found_by']))
        self.assertLess(0, row['offset'])
        self.assertLess(row['offset'], 1000)

    def check_threads(self, document):
        made = self.index_of(document, interpreter=None)
        thread = document['threads'][made]
        self.assertEqual((0, None, None), (thread['frames'], thread['ident'], thread['interpreter']))
        self.assertIn(thread['comm'], ('made by C', None))  # cores have no names
        self.assertIsNone(thread['native_problem'])
        self.assertEqual(['C thread_of_c', 'C wait_for_end'], self.names(document, made))
        if os.path.exists(os.path.join(self.folder, 'cxx.so')):
            inside = self.index_of(document, name='in C++')
            self.assertEqual(['in_cxx', 'C block_in_cxx', 'C void demo::outer<int>(int)', 'C demo::waiter<int>::wait()'],
                             self.names(document, inside)[-4:])
            rows = [row for row in document['rows'] if row['thread'] == inside and row['kind'] == 'native']
            self.assertEqual([True], [row['inlined'] for row in rows if 'waiter' in (row['function'] or '')])

    @harness.each_interpreter()
    def test_chain(self, interpreter):
        with self.scene('block', interpreter) as scene:
            for kind, target in harness.targets_of(scene, self):
                with self.subTest(kind=kind):
                    document = self.native(target)
                    self.check_main(document)
                    self.check_threads(document)
                    self.assertEqual(1, document['totals']['foreign_threads'])
                    if kind == 'live':
                        self.assertTrue(harness.is_going_on(scene.pid))

    @harness.each_interpreter()
    def test_as_gdb_says(self, interpreter):
        """All functions of the main thread, inlined ones too, as another unwinder finds and names them."""
        if not shutil.which('gdb'):
            harness.skip(self, 'gdb is not installed')
        with self.scene('block', interpreter) as scene:
            loop = 'PyEval_EvalFrameEx' if interpreter.version < (3, 6) else '_PyEval_EvalFrameDefault'
            theirs = names_by_gdb(scene.pid, [loop])
            document = self.native(scene.pid)
        main = self.index_of(document, main=True)
        ours = [row['function'] or '??' for row in reversed(document['rows'])
                if row['thread'] == main and row['kind'] == 'native']
        self.assertEqual(theirs, ours)

    @harness.each_interpreter()
    def test_of_threads_that_never_rest(self, interpreter):
        """Wherever they are looked at, in prologues, stubs and all: the numbers agree."""
        with harness.Scene('native_busy.py', interpreter) as scene:
            for _ in range(LOOKS):
                run = harness.heapscope('stack', '--native', '--json', scene.pid)
                document = run.json()
                self.assertEqual(4, len(document['threads']))
                self.assertEqual([], [thread for thread in document['threads'] if not thread['merged']])
                self.assertEqual(0, run.status, run)

    @harness.each_interpreter(since=(3, 8))
    def test_two_interpreters_on_one_thread(self, interpreter):
        """The C stack is cut in two: each interpreter has the functions that run its frames, and those that called it."""
        with harness.Scene('native_subinterpreter.py', interpreter) as scene:
            for kind, target in harness.targets_of(scene, self):
                with self.subTest(kind=kind):
                    document = self.native(target)
                    self.assertEqual([0, 1], [thread['interpreter'] for thread in document['threads']])
                    self.assertEqual([True, True], [thread['merged'] for thread in document['threads']])
                    first, second = ([row for row in document['rows'] if row['thread'] == i] for i in (0, 1))
                    self.assertEqual(['<module>', 'outer'], self.python(first))
                    self.assertEqual(['<module>', 'inner', 'key'], self.python(second))
                    self.assertEqual(('_start', 'python'), (first[0]['symbol'], first[-1]['kind']))
                    before = second[:[row['function'] for row in second].index('<module>')]
                    self.assertTrue({'interp_run_string', 'interp_exec'} & {row['function'] for row in before})
                    self.assertIn('libc', second[-1]['module'])
                    sort = [row['function'] for row in second[:-1]].index('inner') + 1
                    self.assertEqual('native', second[sort]['kind'])

    def python(self, rows):
        return [row['function'] for row in rows if row['kind'] == 'python']

    def test_vdso(self):
        """Code of the kernel that is in no file is read from memory."""
        with harness.Scene('native_busy.py', harness.newest(), 'clock') as scene:
            for _ in range(40):
                document = self.native(scene.pid)
                found = [row for row in document['rows'] if row['module'] == '[vdso]']
                self.assertEqual([], document['notes'])
                if found:
                    break
        self.assertRegex(found[0]['symbol'], 'gettime|time')
        self.assertTrue(document['threads'][0]['merged'])

    def test_deep(self):
        """Recursion with C functions in it is folded, and --full unfolds it."""
        with self.scene('deep', harness.newest((3, 10))) as scene:
            text, full = (harness.heapscope('stack', '--native', scene.pid, *more).out for more in ((), ('--full',)))
        self.assertRegex(text, r'\.\.\. 79\d more rounds of these \d+ frames')
        self.assertLess(text.count(', in recursion'), 10)
        self.assertEqual(801, full.count(', in recursion'))

    def test_without_a_pause(self):
        """Registers are to be had only from a process that stands; Python's frames are whole all the same."""
        with self.scene('block', harness.newest()) as scene:
            document = self.native(scene.pid, '--no-pause', status=1)
        self.assertEqual([name for name in CHAIN if not name.startswith('C ')],
                         self.names(document, self.index_of(document, main=True)))
        self.assertIn('no C functions are shown', document['incomplete'][0])

    def test_only_one_thread(self):
        with self.scene('block', harness.newest()) as scene:
            made, = [thread['tid'] for thread in self.native(scene.pid)['threads'] if thread['comm'] == 'made by C']
            document = self.native(scene.pid, '--thread', made)
        self.assertEqual([made], [thread['tid'] for thread in document['threads']])
        self.assertEqual(['C thread_of_c', 'C wait_for_end'], self.names(document, 0))


class Stripped(Compiled):
    plain = ('-s',)

    def test_exported_names(self):
        """Without debug information and symbols: unwound by .eh_frame, exported names, else places in the file."""
        with self.scene('block', harness.newest()) as scene:
            for kind, target in harness.targets_of(scene, self):
                with self.subTest(kind=kind):
                    document = self.native(target)
                    main = self.index_of(document, main=True)
                    self.assertEqual(CHAIN + ['C say_and_block', 'C None'], self.names(document, main))
                    text = harness.heapscope('stack', '--native', target).out
                    self.assertRegex(text, r'\n  C in plain\.so\+0x[0-9a-f]+\n')


if __name__ == '__main__':
    harness.main()
