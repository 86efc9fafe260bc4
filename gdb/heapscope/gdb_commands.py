# SPDX-License-Identifier: Apache-2.0
"""The prefix `heapscope` (`hs`) and a command for each row of the table that libheapscope has."""
import re

import gdb

from . import _lib, gdb_backtrace, gdb_complete, gdb_frames, gdb_session, gdb_values, gdb_words

_rows = {}  # name: row of the command table


def say_error(error):
    """Turns what a command failed with into GDB's own kind of error: one line."""
    if isinstance(error, KeyboardInterrupt):
        return gdb.GdbError('heapscope: interrupted')
    return gdb.GdbError('heapscope: %s' % error)


def run(argv, write=gdb.write):
    """A command of the table, on the current inferior; what is missing is said on stderr, failures are GdbError."""
    json = '--json' in argv
    try:
        session = gdb_session.of_command(argv[0] if argv else None)
        _, notes = session.run(argv, 'json' if json else 'text', write)
        if session is not gdb_session.known():
            session.close()
    except gdb_session.Error as e:
        usage = "\nTry 'help heapscope %s'." % argv[0] if e.status == _lib.USAGE and argv and argv[0] in _rows else ''
        raise gdb.GdbError('heapscope: %s%s%s' % (e, '\n' + e.place.rstrip('\n') if e.place else '', usage))
    except KeyboardInterrupt as e:
        raise say_error(e)
    for note in notes:
        gdb.write('heapscope: %s\n' % note, gdb.STDERR)


def _words(name, argument):
    """The words of a command line. Where an object is meant, $1, $rdi and $pyaddr("self.queue") are GDB's values."""
    takes = [a['name'] for a in _rows[name]['arguments']] if name in _rows else []
    if 'address' in takes or 'expression' in takes:
        argument = gdb_words.with_values(argument)
    return gdb_words.split(argument)


def _wants_help(argv):
    return '--help' in argv


def _usage(row):
    """The program's own help without what belongs to opening a target."""
    text = _lib.help(row['name'])
    text = re.sub(r'\nOptions of every command:.*', '', text, flags=re.S)
    text = text.replace(' TARGET', '', 1)
    usage, rest = text.split('\n' + row['brief'] + '\n', 1)
    brief = row['brief'][0].upper() + row['brief'][1:]
    rest = rest.rstrip('\n') + ('' if '\nOptions:' in rest else '\n\nOptions:')
    return '%s.\n%s\n%s\n  --json                    write one JSON document instead of text\n' % (brief, usage, rest)


class TableCommand(gdb.Command):
    """Made from a row."""

    def __init__(self, row, prepare=None):
        self.row, self.prepare = row, prepare
        self.__doc__ = _usage(row)
        super().__init__('heapscope ' + row['name'], gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        argv = _words(self.row['name'], argument)
        if _wants_help(argv):
            gdb.write(self.__doc__)
            return
        run([self.row['name']] + (self.prepare(argv) if self.prepare else argv))

    def complete(self, text, word):
        return gdb_complete.complete(self.row, text, word)


class Prefix(gdb.Command):
    """What is on the heap of a CPython process or of its core dump.
No code runs in the process. Options may stand anywhere: `hs --json types`. `hs` is short for `heapscope`."""

    def __init__(self):
        super().__init__('heapscope', gdb.COMMAND_DATA, gdb.COMPLETE_COMMAND, True)

    def invoke(self, argument, from_tty):
        argv = gdb_words.split(argument)
        if '--version' in argv:
            gdb.write('heapscope %s\n' % _lib.version())
            return
        first = next((a for a in argv if a in _rows), next((a for a in argv if not a.startswith('-')), None))
        if first is None or first == 'help' or _wants_help(argv):
            others = [a for a in argv if a in _rows]
            gdb.execute('help heapscope ' + (others[0] if others else ''))
            return
        argv = _words(first, argument)
        argv.remove(first)
        if first in _rows and first in gdb_frames.PREPARE:
            argv = gdb_frames.PREPARE[first](argv)
        run([first] + argv)


def register():
    """Makes the commands. Raises LibraryError."""
    for row in _lib.commands():
        _rows[row['name']] = row
    Prefix()
    for row in _rows.values():
        TableCommand(row, gdb_frames.PREPARE.get(row['name']))
    gdb_frames.register()
    gdb_backtrace.Frames()
    gdb_values.register()
    gdb_session.connect()
    try:
        gdb.execute('alias hs = heapscope')
    except gdb.error:
        pass  # loaded twice, or the user's own
