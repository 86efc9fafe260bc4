# SPDX-License-Identifier: Apache-2.0
"""A target that is open: its types, objects, threads, and every command of the table."""
import os

from . import _lib, _stream
from ._objects import Frame, NotFound, Object, Path, Reference, Thread, Type

_NOT_FOUND = ('NOT_FOUND', 'BAD_ADDRESS')


class Heap:
    """A process or core that is open. Made by heapscope.open() and, in GDB, heapscope.current(). A context manager.

    What the commands have found is kept: the memory of a live process is copied once, when something asks for the
    whole heap (types(), objects(), referrers(), path(), sql()), and what is asked for later is of that moment. Before
    that, find() and heap[address] read just what they need, each of its own moment.

    Iterators stream: rows come as the command finds them, and nothing of what was read is kept. One that is left early
    ends its command. While one is under way others may be started: what is left of the first waits in a temporary
    file. For one thread at a time.
    """

    def __init__(self, handle=None, run=None, close=None):
        self._handle, self._run, self._close = handle, run, close
        self._active = None
        #: [str]: what could not be read for the answers so far, if anything: then they are not complete.
        self.incomplete = []
        #: [str]: how to read the answers so far.
        self.notes = []
        #: {str: str or int or float}: pid, core, compression, python, executable, build_id, pause_seconds; after the
        #: first answer.
        self.target = {}

    # ---- commands ----

    def _members(self, argv):
        """(name, kind, value) of the document that a command writes, as _stream.Document gives them."""
        if self._active is not None:
            self._active.settle()
        stream = self._active = (_stream.Thread(self._handle, argv) if self._handle else _stream.File(self._run, argv))
        document, pieces, error = _stream.Document(), stream.pieces(), {}
        try:
            for piece in pieces:
                for name, kind, value in document.feed(piece):
                    self._note(name, kind, value)
                    if name == 'error':
                        error = value
                    yield name, kind, value
        except _lib.Error as e:
            raise self._error(e, error.get('code'))
        finally:
            getattr(pieces, 'close', bool)()
            if self._active is stream:
                self._active = None

    @staticmethod
    def _error(error, code):
        if code in _NOT_FOUND:
            return NotFound(str(error), error.status, error.notes, error.place)
        return error

    def _note(self, name, kind, value):
        seen = {'incomplete': self.incomplete, 'notes': self.notes}.get(name)
        if seen is not None and kind == _stream.ROW and value not in seen:
            seen.append(value)
        if name == 'target':
            self.target = value

    @staticmethod
    def _argv(command, arguments, options):
        argv = [command]
        for name, value in options.items():
            for each in value if isinstance(value, (list, tuple)) else [value]:
                if each is True:
                    argv.append('--' + name.replace('_', '-'))
                elif each is not None and each is not False:
                    argv.append('--%s=%s' % (name.replace('_', '-'), each))
        return argv + ['--'] + [str(a) for a in arguments]

    def rows(self, command, *arguments, **options):
        """The rows of a command as its JSON has them: gives dicts. heap.rows('group', 'dict', by='owner'). Options are
        named as on the command line, '_' for '-'; True is a flag, a list gives one several times. Raises Error."""
        for name, kind, row in self._members(self._argv(command, arguments, options)):
            if name == 'rows' and kind == _stream.ROW:
                yield row

    def document(self, command, *arguments, **options):
        """A command's whole JSON document: dict of its members, "rows" too. For small ones. Raises Error."""
        found = {}
        for name, kind, value in self._members(self._argv(command, arguments, options)):
            if kind == _stream.ROW:
                found[name].append(value)
            else:
                found[name] = [] if kind == _stream.LIST else value
        return found

    def text(self, command, *arguments, **options):
        """A command's text, as the program prints it: str. Raises Error."""
        parts = []
        if self._active is not None:
            self._active.settle()
        argv = self._argv(command, arguments, options)
        if self._handle:
            self._handle.check(self._handle.run(argv, 'text', parts.append))
        else:
            self._run(argv, 'text', parts.append)
        return b''.join(parts).decode('utf-8', 'replace')

    # ---- objects ----

    def _make(self, address, type=None):
        return Object(self, address, {'type': type} if type else None)

    def _object(self, row):
        facts = {name: row[name] for name in ('type', 'size', 'refcount', 'len', 'repr') if name in row}
        if row.get('value') is not None:
            facts['value'] = row['value']
        return Object(self, row['address'], facts)

    def _print(self, expression, **options):
        return self.document('print', expression, **options)['object']

    def find(self, expression, thread=None, frame=None):
        """An object by an expression: Object. A name or an address, then attributes and items, as in
        "agent.checks.REGISTRY['http'].state[-1]". A name is a module, a global of __main__ or a builtin; with thread (its
        system id, or ident) or frame (0 is the innermost) a name of that frame. Reads only what it needs. Raises
        NotFound, Error with status 64 if the expression is none."""
        facts = self._print(expression, thread=thread, frame=frame)
        return Object(self, facts['address'], facts)

    def object(self, address):
        """The object at an address: Object. Raises NotFound if none begins there."""
        return self.find('0x%x' % address)

    def __getitem__(self, where):
        """heap[0x7f12a0b3c4d0] is heap.object(), heap["package.name"] is heap.find()."""
        return self.find(where) if isinstance(where, str) else self.object(where)

    def objects(self, type=None, len=None, size=None, refcount=None, attr=None, key=None, sort=None, limit=0):
        """Objects of the heap: gives Object. type: a name as types() has it, without the module where that is enough, or
        a pattern ("collections.*"); len, size, refcount: a number, (from, to) with None for no end, or "A..B"; attr:
        "NAME" or "NAME=VALUE"; key: of dicts; sort: "size" (the largest first), "len", "refcount", "address"; limit:
        at most so many, 0 = all. Raises NotFound if there is no such type."""
        rows = self.rows('objects', *([] if type is None else [type]), len=_range(len), size=_range(size),
                         refcount=_range(refcount), attr=attr, key=key, sort=sort, limit=limit)
        for row in rows:
            yield self._object(row)

    def types(self, filter=None):
        """Objects by type, the largest sum first: gives Type. filter: a pattern of names."""
        for row in self.rows('types', filter=filter):
            yield Type(row['type'], row['count'], row['size'], row['max'])

    def _references(self, command, address, limit):
        for row in self.rows(command, '0x%x' % address, limit=limit):
            yield Reference(row['label'], self._object(row))

    def _paths(self, address, count):
        found = self.document('path', '0x%x' % address, count=count)
        return [Path(p['expression'], p['root'], [Reference(row['label'], self._object(row)) for row in found['rows']
                                                  if row['path'] == p['path']]) for p in found.get('paths', [])]

    # ---- the rest ----

    def threads(self, locals=True):
        """Threads with a Python stack, the one that crashed first, then the main one: list of Thread. locals=False reads
        no variables."""
        threads, frames = [], {}
        for name, kind, row in self._members(self._argv('stack', [], {'locals': locals})):
            if kind != _stream.ROW:
                continue
            if name == 'threads':
                threads.append(Thread(self, row))
            elif name == 'rows':
                frames[row['thread'], row['depth']] = frame = Frame(threads[row['thread']], row)
                threads[row['thread']].frames.append(frame)
            elif name == 'locals':
                frames[row['thread'], row['depth']].locals[row['name']] = Object(
                    self, row['address'], {'type': row['type'], 'repr': row['value']})
        for thread in threads:
            thread.frames.sort(key=lambda frame: frame.depth)
        return threads

    def sql(self, query):
        """A SELECT over the heap's tables (heapscope sql --schema): gives tuples. Raises Error, also where the library
        was built without SQLite."""
        for row in self.rows('sql', query):
            yield tuple(row.values())

    def info(self):
        """The interpreter, its process, threads, collector and memory: dict, as `heapscope info --json` has it."""
        return self.document('info')

    def interrupt(self):
        """Ends what runs in another thread, which then raises Interrupted."""
        if self._handle:
            self._handle.interrupt()

    def close(self):
        """Gives everything back; iterators that are under way end. May be called again."""
        if self._active is not None:
            self._active.close()
        if self._handle:
            self._handle.close()
        elif self._close:
            self._close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _range(value):
    if isinstance(value, tuple):
        return '%s..%s' % tuple('' if v is None else v for v in value)
    return value


def open_target(target, **options):
    """See heapscope.open()."""
    if isinstance(target, int) or (isinstance(target, str) and target.isdigit()):
        return Heap(_lib.open_pid(int(target), **options))
    return Heap(_lib.open_core(os.fspath(target), **options))
