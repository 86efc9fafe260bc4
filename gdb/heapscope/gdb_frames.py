# SPDX-License-Identifier: Apache-2.0
"""Python frames of GDB's current thread: `hs frame`, `hs up`, `hs down`, `hs locals`, `hs list`, and what `hs stack` and
`hs print` have of the selection."""
import json
import os

import gdb

from . import gdb_session, gdb_target, gdb_threads

LISTED = 10  # lines of `hs list`

class NoFrame(gdb.GdbError):
    """There is no such Python frame."""


def _tid():
    thread = gdb.selected_thread()
    if not thread:
        raise NoFrame('heapscope: no thread is selected')
    return gdb_threads.tid(thread)


def ask(*argv):
    """A command's JSON document. Failures are GdbError."""
    try:
        return json.loads(gdb_session.current().answer(*argv))
    except gdb_session.Error as e:
        raise gdb.GdbError('heapscope: %s' % e)


def frames(tid):
    """Rows of `stack --json` of a thread, innermost first. Raises NoFrame if it has none."""
    session = gdb_session.current()
    if session.stacks is None:
        session.stacks = ask('stack')
    found = sorted((r for r in session.stacks['rows'] if r['tid'] == tid), key=lambda r: r['depth'])
    if not found:
        raise NoFrame('heapscope: thread %d has no Python frame' % tid)
    return found


def selected():
    """(tid, row) of the Python frame that is selected; the innermost of GDB's thread if none was."""
    tid = _tid()
    chain = frames(tid)
    return tid, chain[min(gdb_session.current().frame.get(tid, 0), len(chain) - 1)]


def _select(depth):
    tid = _tid()
    chain = frames(tid)
    if depth < 0:
        raise NoFrame('heapscope: this is the innermost Python frame: it cannot go down')
    if depth >= len(chain):
        raise NoFrame('heapscope: this is the outermost Python frame: it cannot go up' if depth == len(chain) else
                      'heapscope: thread %d has %d Python frames, 0 to %d' % (tid, len(chain), len(chain) - 1))
    gdb_session.current().frame[tid] = depth
    _show(chain[depth])


def _show(row):
    gdb.write('#%d  %s () at %s:%s\n' % (row['depth'], row['function'] or '?', row['file'] or '?',
                                         '?' if row['line'] is None else row['line']))
    if row['source']:
        gdb.write('%d\t%s\n' % (row['line'], row['source']))


def _count(argument, standard):
    try:
        return int(gdb.parse_and_eval(argument)) if argument.strip() else standard
    except gdb.error as e:
        raise gdb.GdbError('heapscope: a number is needed: %s' % e)


class Frame(gdb.Command):
    """Select a Python frame of GDB's current thread and print it.
Usage: heapscope frame [N]
0 is the innermost. Without N the selected one is printed."""

    def __init__(self):
        super().__init__('heapscope frame', gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        _select(_count(argument, selected()[1]['depth']))


class Up(gdb.Command):
    """Select and print the Python frame that called this one.
Usage: heapscope up [N]
N says how many frames up."""

    def __init__(self):
        super().__init__('heapscope up', gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        _step(_count(argument, 1))


class Down(gdb.Command):
    """Select and print the Python frame that this one called.
Usage: heapscope down [N]
N says how many frames down."""

    def __init__(self):
        super().__init__('heapscope down', gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        _step(-_count(argument, 1))


def _step(n):
    """Past an end only if it stands there already, as GDB's own up and down."""
    tid, row = selected()
    last, depth = len(frames(tid)) - 1, row['depth']
    _select(depth + n if depth in (0, last) and not 0 <= depth + n <= last and (depth == 0) == (n < 0)
            else min(max(depth + n, 0), last))


class Locals(gdb.Command):
    """Print arguments, locals, cells and free variables of the selected Python frame.
Usage: heapscope locals"""

    def __init__(self):
        super().__init__('heapscope locals', gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        tid, row = selected()
        answer = ask('stack', '--locals', '--thread', str(tid))
        names = [r for r in answer['locals'] if r['depth'] == row['depth']]
        for r in names:
            gdb.write('%s = %s\n' % (r['name'], r['value']))
        if not names:
            gdb.write('No locals.\n')
        for note in answer['incomplete'] + answer['notes']:
            if 'locals' in note:
                gdb.write('heapscope: note: %s\n' % note, gdb.STDERR)


class List(gdb.Command):
    """Print source lines around the selected Python frame's.
Usage: heapscope list [LINE]
Around LINE if it is given. The file is looked for below `set sysroot`, too."""

    def __init__(self):
        super().__init__('heapscope list', gdb.COMMAND_FILES)

    def invoke(self, argument, from_tty):
        row = selected()[1]
        middle = _count(argument, row['line'] or 1)
        lines = _source(row['file'] or '?')
        first = max(1, min(middle - LISTED // 2, len(lines)))
        for number, line in enumerate(lines[first - 1:first - 1 + LISTED], first):
            gdb.write('%d\t%s\n' % (number, line))


def _source(name):
    """Lines of a file of the target's, control characters made harmless."""
    tried = []
    for path in gdb_target.places_of(name):
        try:
            with open(path, encoding='utf-8', errors='replace') as f:
                return [''.join(c if c.isprintable() or c == '\t' else '\ufffd' for c in line.rstrip('\r\n'))
                        for line in f]
        except OSError as e:
            tried.append('%s: %s' % (path, e.strerror))
    raise gdb.GdbError('heapscope: the source is not here (%s)' % '; '.join(tried))


# ---- what the selection adds to commands of the table ----

def _mark(argv):
    """`hs stack` marks GDB's thread."""
    thread = gdb.selected_thread()
    if not thread or any(a.startswith('--mark') for a in argv):
        return argv
    return argv + ['--mark', str(gdb_threads.tid(thread))]


def _here(argv):
    """`hs print` looks at the selected frame."""
    if any(a.startswith(('--thread', '--frame')) for a in argv):
        return argv
    try:
        tid, row = selected()
    except gdb.GdbError:
        return argv  # a thread without Python; whatever else is wrong the command says itself
    return argv + ['--thread', str(tid), '--frame', str(row['depth'])]


PREPARE = {'stack': _mark, 'print': _here}


def register():
    for command in (Frame, Up, Down, Locals, List):
        command()
