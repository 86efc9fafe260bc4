# SPDX-License-Identifier: Apache-2.0
"""heapscope stack --native where stacks end badly: crashes, signals, damaged memory, files that lie or are gone."""
import os
import random
import re
import shutil
import struct
import subprocess

import cores
import harness
from nativescene import BLOCKED, CHAIN, Compiled


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

    def test_in_a_thread_of_c(self):
        """It goes first although Python does not know it, with its C functions, as it has nothing else."""
        core = self.crash('thread', harness.newest())
        document = self.native(core)
        self.assertEqual(['C crashing_thread', 'C call_strlen'], self.names(document, 0))
        self.assertEqual(CHAIN + ['C crash_in_thread'], self.names(document, self.index_of(document, main=True)))
        text = harness.heapscope('stack', core).out
        first = text.split('\n\n')[1]
        self.assertIn("not Python's", first.split('\n')[0])
        self.assertIn('crashed', first.split('\n')[0])
        self.assertIn('  C in call_strlen (debug.so)', first)
        self.assertNotIn('crash_in_thread (', text)
        self.assertIn('1 more thread of the process has no Python frames', text)

    def test_call_through_a_wild_pointer(self):
        core = self.crash('nothing', harness.newest())
        self.check_native(core, ['C call_nothing'])
        first, caller = [row for row in self.native(core)['rows'] if row['thread'] == 0][:-3:-1]
        self.assertEqual((8, None), (first['pc'], first['module']))
        self.assertEqual(('call_nothing', 'stack top'), (caller['function'], caller['found_by']))


if __name__ == '__main__':
    harness.main()
