# SPDX-License-Identifier: Apache-2.0
"""Stacks of cores that were cut off, by the kernel's limit or a full disk (H13), by gcore (H14): what is there is shown,
marked, and right, without a word of where the program is. What the whole core gives, which other tests hold to what the process says itself, is the measure."""
import os
import struct
import unittest

import cores
import harness

SHARES = (99, 95, 90, 75, 50, 25, 10)


def stacks_of(test, core, status):
    """The document, and [(thread, frames from the outermost on)]."""
    run = harness.heapscope('stack', '--json', core)
    test.assertEqual(status, run.status, run)
    document = run.json()
    frames = [[] for _ in document['threads']]
    for row in document['rows']:
        frames[row['thread']].insert(0, (row['function'], row['file'], row['line'], row['from_c']))
    return document, list(zip(document['threads'], frames))


def known(frame):
    return frame[0] is not None and frame[1] is not None and frame[2] is not None


def short(frame):
    """Without what may be lost beside the name itself."""
    return frame[0].rpartition('.')[2], frame[1], frame[2]


def same(frame, whole):
    """A qualified name is a text of its own: where that was cut off the bare one stands."""
    return frame in (whole, (whole[0].rpartition('.')[2],) + whole[1:])


def mappings(pid):
    """(start, end, rights, path)"""
    with open('/proc/%d/maps' % pid) as f:
        for line in f:
            fields = line.rstrip('\n').split(maxsplit=5)
            start, end = (int(n, 16) for n in fields[0].split('-'))
            yield start, end, fields[1], fields[5] if len(fields) > 5 else ''


def variables_of(library, pid):
    """[(start, end)] of the library's variables in the process, .data and .bss."""
    with open(library, 'rb') as f:
        header = f.read(4096)
    offset, = struct.unpack_from('<Q', header, 0x20)
    count, = struct.unpack_from('<H', header, 0x38)
    loads = [struct.unpack_from('<IIQQQQQQ', header, offset + 56 * i) for i in range(count)]
    size = max(address + memsz for kind, _, _, address, _, _, memsz, _ in loads if kind == 1)
    places = list(mappings(pid))
    base = min(start for start, _, _, path in places if os.path.basename(path) == os.path.basename(library))
    end = base + size + -size % 4096
    return [(start, min(stop, end)) for start, stop, rights, _ in places if base <= start < end and rights == 'rw-p']


@harness.expand
class Cut(unittest.TestCase):
    def is_right(self, thread, frames, whole):
        """Is it a stack of the whole core, of which frames may be missing where it is marked?"""
        of = [f for t, f in whole if t['tid'] == thread['tid']] if thread['tid'] else [f for _, f in whole]
        if not thread['problem'] and all(known(frame) for frame in frames):
            self.assertTrue(any(len(frames) == len(other) and all(map(same, frames, other)) for other in of), (frames, of))
            return
        left = [short(frame) for frame in frames if known(frame)]
        for other in of:
            rest = iter(short(frame) for frame in other)
            if all(frame in rest for frame in left):
                return
        self.fail('%s: %s is no part of %s' % (thread, left, of))

    def check(self, core, whole, kind):
        shown = {}
        for share in SHARES:
            with self.subTest(kind=kind, share=share):
                path = cores.cut(core, share, core + '.cut')
                document, stacks = stacks_of(self, path, 1)
                self.assertRegex(str(document['incomplete']), 'truncated')
                # 3.11 and later have the main thread's state among the interpreter's variables
                self.assertLessEqual(len(whole) - 1, len(stacks))
                self.assertLessEqual(len(stacks), len(whole))
                for thread, frames in stacks:
                    self.is_right(thread, frames, whole)
                shown[share] = sum(known(frame) for _, frames in stacks for frame in frames)
        counts = [shown[share] for share in SHARES]
        self.assertEqual(sorted(counts, reverse=True), counts, 'what is left of less is not more')
        print('%s, whole: %d frames; %s' % (kind, sum(len(f) for _, f in whole),
                                            ', '.join('%d %%: %d' % pair for pair in shown.items())))

    def check_without_variables(self, core, whole, variables):
        """Without the list of threads and all that it hangs on, but with all memory from malloc and mmap."""
        document, stacks = stacks_of(self, cores.without(core, variables, core + '.cut'), 1)
        self.assertRegex(str(document['incomplete']), 'list of threads was cut off')
        for thread, frames in stacks:
            self.is_right(thread, frames, whole)
        self.assertEqual(sorted(frames for _, frames in whole), sorted(frames for _, frames in stacks))

    def check_cores(self, interpreter, kind):
        library = harness.shared_library(interpreter)
        with harness.Scene('stack_states.py', interpreter) as scene:
            variables = variables_of(library, scene.pid) if library else []
            for _, core in harness.targets_of(scene, self, (kind,)):
                _, whole = stacks_of(self, core, 0)
                self.check(core, whole, kind)
                if library:
                    self.check_without_variables(core, whole, variables)

    @harness.each_interpreter()
    def test_h13_cut_kernel_core(self, interpreter):
        self.check_cores(interpreter, 'kernel core')

    @harness.each_interpreter()
    def test_h14_cut_gcore_core(self, interpreter):
        self.check_cores(interpreter, 'gcore core')


if __name__ == '__main__':
    harness.main()
