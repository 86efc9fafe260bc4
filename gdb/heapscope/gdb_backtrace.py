# SPDX-License-Identifier: Apache-2.0
"""A frame filter that shows Python's frames in GDB's own `backtrace`: `hs frames on`."""
import re

import gdb
from gdb.FrameDecorator import FrameDecorator

from . import gdb_frames, gdb_session, gdb_threads

# Functions that run Python code. Where there is one of the first kind, those of the second only call it.
EVALUATORS = (re.compile(r'^_PyEval_EvalFrameDefault(\..*)?$'), re.compile(r'^PyEval_EvalFrameEx(\..*)?$'))


class PythonFrame(FrameDecorator):
    """A Python frame in the place of the C frame that runs it."""

    def __init__(self, base, row):
        super().__init__(base)
        self.row = row

    def function(self):
        return '%s [Python]' % (self.row['function'] or '?')

    def filename(self):
        return self.row['file']

    def line(self):
        return self.row['line']

    def frame_args(self):
        return None

    def frame_locals(self):
        return None

    def address(self):
        return None


def _evaluator(frames):
    """The pattern that counts on this stack."""
    names = [f.name() or '' for f in frames]
    return EVALUATORS[0] if any(EVALUATORS[0].match(n) for n in names) else EVALUATORS[1]


def _native_frames():
    frame, found = gdb.newest_frame(), []
    while frame:
        found.append(frame)
        frame = frame.older()
    return found


class PythonFrames:
    """The filter. One C frame runs one Python frame, and from CPython 3.11 on those that it called, too."""

    def __init__(self):
        self.name, self.priority, self.enabled = 'heapscope', 100, False
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        try:
            chain = iter(gdb_frames.frames(gdb_threads.tid(gdb.selected_thread())))
        except (gdb.GdbError, gdb_session.Error):
            return frames
        return self._interleave(frames, _evaluator(_native_frames()), chain)

    def _interleave(self, frames, evaluator, chain):
        for decorator in frames:
            frame = decorator.inferior_frame()
            if frame.type() == gdb.INLINE_FRAME or not evaluator.match(frame.name() or ''):
                yield decorator
                continue
            shown = False
            for row in chain:
                yield PythonFrame(decorator, row)
                shown = True
                if row['from_c'] is not False:  # null: the version runs each in a C frame of its own
                    break
            if not shown:
                yield decorator


class Frames(gdb.Command):
    """Show Python frames in GDB's own backtrace, or do not.
Usage: heapscope frames on|off
Off at first. With it `backtrace` has a line for each Python frame in the place of the C frame that runs it."""

    def __init__(self):
        super().__init__('heapscope frames', gdb.COMMAND_STACK)
        self.filter = PythonFrames()

    def invoke(self, argument, from_tty):
        if argument.strip() not in ('on', 'off', ''):
            raise gdb.GdbError('heapscope: "on" or "off" is needed')
        if argument.strip():
            self.filter.enabled = argument.strip() == 'on'
        gdb.write('Python frames in backtraces: %s.\n' % ('on' if self.filter.enabled else 'off'))

    def complete(self, text, word):
        return [w for w in ('on', 'off') if w.startswith(word)]
