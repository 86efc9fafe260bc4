# SPDX-License-Identifier: Apache-2.0
"""heapscope stack --native: C's functions stand where the scene is known to have called them."""
import os
import random
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

import cores
import harness

# the chain of stack_native.py, outermost first: Python's functions, and those of the scene's own libraries
CHAIN = ['<module>', 'main', 'recursion', 'recursion', 'recursion', 'by_key', 'through_partial', 'C sort_two',
         'C call_compare', 'compare', 'C sort_by_libc', 'compare_again', 'numbers', 'block']
BLOCKED = CHAIN + ['C say_and_block', 'C wait_for_end']

LOOKS = 6  # at a process that runs


def compile_all(folder, plain=()):
    def run(compiler, source, name, *options):
        subprocess.run([compiler, '-shared', '-fPIC', '-pthread', '-w', '-o', os.path.join(folder, name),
                        os.path.join(harness.SCENES, source)] + list(options), check=True)
    run('gcc', 'native_calls.c', 'debug.so', '-O0', '-g', '-fno-builtin')
    run('gcc', 'native_calls.c', 'plain.so', '-O2', *plain)
    if shutil.which('g++'):
        run('g++', 'native_calls.cpp', 'cxx.so', '-O2', '-g')


class Compiled(unittest.TestCase):
    plain = ()

    @classmethod
    def setUpClass(cls):
        if not shutil.which('gcc'):
            raise unittest.SkipTest('gcc is not installed')
        cls.folder = tempfile.mkdtemp(prefix='native-')
        compile_all(cls.folder, cls.plain)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def scene(self, how, interpreter, **more):
        return harness.Scene('stack_native.py', interpreter, self.folder, how, **more)

    def native(self, target, *options, status=0):
        run = harness.heapscope('stack', '--native', '--json', target, *options)
        self.assertEqual(status, run.status, run)
        return run.json()

    def own(self, row):
        return row['module'] and os.path.dirname(row['module']) == self.folder

    def names(self, document, thread):
        """Python's functions and those of our libraries, outermost first, as in CHAIN."""
        out = []
        for row in document['rows']:
            if row['thread'] == thread and row['kind'] == 'python':
                out.append(row['function'].rsplit('.', 1)[-1])
            elif row['thread'] == thread and self.own(row):
                out.append('C %s' % row['function'])
        return out

    def index_of(self, document, **what):
        found = [i for i, thread in enumerate(document['threads']) if all(thread[k] == v for k, v in what.items())]
        self.assertEqual(1, len(found), (what, document['threads']))
        return found[0]


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


class Damaged(Compiled):
    """Python's stack is whole whatever becomes of C's; each of these is on the newest interpreter."""

    def core(self, how='block'):
        why = harness.why_no_gcore()
        if why:
            harness.skip(self, why)
        scene = self.scene(how, harness.newest())
        self.addCleanup(scene.close)
        return scene.gcore()

    def check_broken(self, core):
        """C's functions beyond the break are missing, and that is said."""
        document = self.native(core, status=1)
        main = self.index_of(document, main=True)
        thread = document['threads'][main]
        self.assertIsNotNone(thread['native_problem'])
        self.assertIsNone(thread['problem'])
        self.assertTrue(thread['merged'])
        at = CHAIN.index('compare')
        self.assertEqual([name for name in CHAIN[:at] if not name.startswith('C ')] + BLOCKED[at:],
                         self.names(document, main))
        self.assertIn(thread['native_problem'], ''.join(document['incomplete']))
        self.assertIn('(C: %s' % thread['native_problem'], harness.heapscope('stack', '--native', core).out)

    def patch(self, core, value):
        """Where call_compare goes on, wherever that stands in memory."""
        pc, = [row['pc'] for row in self.native(core)['rows'] if row['function'] == 'call_compare']
        changed = cores.Core(core)
        wanted = struct.pack('<Q', pc)
        at = changed.bytes.find(wanted)
        self.assertGreater(at, 0)
        while at > 0:
            struct.pack_into('<Q', changed.bytes, at, value)
            at = changed.bytes.find(wanted, at + 8)
        return changed.save(core + '.damaged')

    def test_return_addresses(self):
        core = self.core()
        for value in (0x10, 0, 1 << 63, 0xffffffffffffffff):
            with self.subTest(value=hex(value)):
                if value:
                    self.check_broken(self.patch(core, value))
                else:  # the end of a stack, as far as C is concerned; then Python's frames have no loops
                    document = self.native(self.patch(core, value), status=1)
                    main = self.index_of(document, main=True)
                    self.assertFalse(document['threads'][main]['merged'])
                    python = [name for name in CHAIN if not name.startswith('C ')]
                    self.assertEqual(python, [name for name in self.names(document, main) if not name.startswith('C ')])

    def test_without_the_library(self):
        """Its code keeps a frame pointer, so the stack goes on, marked; its functions have no names."""
        core = self.core()
        os.rename(os.path.join(self.folder, 'debug.so'), os.path.join(self.folder, 'gone'))
        self.addCleanup(os.rename, os.path.join(self.folder, 'gone'), os.path.join(self.folder, 'debug.so'))
        document = self.native(core, status=1)
        main = self.index_of(document, main=True)
        self.assertEqual([name if name not in ('C sort_two', 'C call_compare') else 'C None' for name in BLOCKED],
                         self.names(document, main))
        self.assertEqual({'cfi', 'frame pointer', None}, {row['found_by'] for row in document['rows']})
        self.assertIn('some C functions have no names', document['incomplete'][0])

    def test_library_that_lies(self):
        """Its .eh_frame is not what it was: whatever that leads to, it is said, and Python's frames are there."""
        readelf = shutil.which('readelf')
        if not readelf:
            harness.skip(self, 'readelf is not installed')
        core = self.core()
        path = os.path.join(self.folder, 'debug.so')
        shutil.copy(path, path + '.whole')
        self.addCleanup(os.rename, path + '.whole', path)
        sections = subprocess.run([readelf, '-SW', path], stdout=subprocess.PIPE, check=True).stdout.decode()
        offset, size = (int(n, 16) for n in re.search(
            r' \.eh_frame +PROGBITS +[0-9a-f]+ +([0-9a-f]+) ([0-9a-f]+)', sections).groups())
        with open(path, 'rb') as f:
            whole = f.read()
        python = [name for name in CHAIN if not name.startswith('C ')]
        for seed in range(40):
            generator = random.Random(seed)
            damaged = bytearray(whole)
            for _ in range(1 + seed % 5):
                damaged[offset + generator.randrange(size)] = generator.randrange(256)
            with open(path, 'wb') as f:
                f.write(damaged)
            run = harness.heapscope('stack', '--native', '--json', core)
            self.assertIn(run.status, (0, 1), run)
            document = run.json()
            names = self.names(document, self.index_of(document, main=True))
            self.assertEqual(python, [name for name in names if not name.startswith('C ')])
            self.assertEqual(run.status, int(bool(document['incomplete'])))


@harness.expand
class Signals(Compiled):
    def check(self, interpreter, how):
        with self.scene(how, interpreter) as scene:
            for kind, target in harness.targets_of(scene, self):
                with self.subTest(kind=kind, how=how):
                    document = self.native(target)
                    main = self.index_of(document, main=True)
                    self.assertEqual(CHAIN + ['C block_in_handler', 'C handler', 'C say_and_block', 'C wait_for_end'],
                                     self.names(document, main))
                    frames = [row['signal_frame'] for row in document['rows'] if row['thread'] == main]
                    self.assertEqual(1, frames.count(True))

    @harness.each_interpreter(since=(3, 9))
    def test_in_a_handler(self, interpreter):
        self.check(interpreter, 'handler')

    @harness.each_interpreter(since=(3, 9))
    def test_in_a_handler_on_another_stack(self, interpreter):
        self.check(interpreter, 'otherstack')


@harness.expand
class Crashes(Compiled):
    def crash(self, how, interpreter):
        why = harness.why_no_kernel_core()
        if why:
            harness.skip(self, why)
        scene = self.scene(how, interpreter)
        self.addCleanup(scene.close)
        before = set(scene._kernel_cores())
        scene.process.stdin.write(b'\n')
        scene.process.stdin.flush()
        scene.process.wait(harness.PATIENCE)
        core, = set(scene._kernel_cores()) - before
        return core

    def check_first_screen(self, core, signal, caller, function):
        """The Python line that called the C function that failed, and that function, without asking for it."""
        text = harness.heapscope('stack', core).out
        lines = text.split('\n')
        self.assertRegex(lines[0], r'ended by %s.* in \w*%s\w* \(libc\.so\.6\)$' % (signal, function))
        self.assertIn('crashed', lines[2])
        crashed = text.split('\n\n')[1].split('\n')
        python = max(i for i, line in enumerate(crashed) if line.startswith('  File'))
        self.assertTrue(crashed[python].endswith('in block'), crashed[python])
        self.assertIn('DEBUG.' + caller, crashed[python + 1])
        native = [i for i, line in enumerate(crashed) if line.startswith('  C in ')]
        self.assertLess(python, native[0])
        self.assertTrue([line for line in crashed if line.startswith('  C in %s (debug.so)' % caller)])
        document = harness.heapscope('stack', '--json', core).json()
        self.assertEqual({'python'}, {row['kind'] for row in document['rows']})
        self.assertIn(function, document['processes'][0]['crash_function'])
        self.assertEqual('libc.so.6', document['processes'][0]['crash_module'])

    def check_native(self, core, more):
        document = self.native(core)
        self.assertEqual(CHAIN + more, self.names(document, 0))
        self.assertIn('crashed', document['threads'][0]['doing'])

    @harness.each_interpreter()
    def test_abort(self, interpreter):
        core = self.crash('abort', interpreter)
        self.check_first_screen(core, 'SIGABRT', 'call_abort', 'pthread_kill')
        self.check_native(core, ['C call_abort', 'C give_up'])

    @harness.each_interpreter()
    def test_strlen(self, interpreter):
        core = self.crash('strlen', interpreter)
        self.check_first_screen(core, 'SIGSEGV at address 0x10', 'call_strlen', 'strlen')
        self.check_native(core, ['C call_strlen'])

    def test_call_through_a_wild_pointer(self):
        core = self.crash('nothing', harness.newest())
        self.check_native(core, ['C call_nothing'])
        first, caller = [row for row in self.native(core)['rows'] if row['thread'] == 0][:-3:-1]
        self.assertEqual((8, None), (first['pc'], first['module']))
        self.assertEqual(('call_nothing', 'stack top'), (caller['function'], caller['found_by']))


if __name__ == '__main__':
    harness.main()
