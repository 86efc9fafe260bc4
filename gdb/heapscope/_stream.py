# SPDX-License-Identifier: Apache-2.0
"""A command's JSON document, row by row, while the command is still writing it. Nothing is kept of what was read.

Thread: the command runs in a thread, a few pieces of 64 KiB ahead of who reads. When another command is to run on the
same handle meanwhile, what is left is put into a temporary file first (as text, not as Python objects); when nobody
wants the rest, the command is interrupted. File: where commands must not run in a thread of ours, the whole answer
goes into such a file and is read from there.
"""
import atexit
import codecs
import json
import queue
import re
import tempfile
import threading
import weakref

from . import _lib

VALUE, LIST, ROW = 'value', 'list', 'row'
AHEAD = 8          # pieces that the command may be ahead
PIECE = 1 << 16    # bytes that are read from a file at once
MEMORY = 1 << 20   # of a temporary file that is kept in memory
_GAP = re.compile(r'[\s,]*')
_DECODE = json.JSONDecoder().raw_decode


class Document:
    """Takes the bytes of a document as they come and gives its members: (name, VALUE, value) of each that is no list,
    (name, LIST, None) where a list begins, and (name, ROW, row) for each row of it. Of the document's text at most one
    line and one piece are here at a time: every row is a line, and no value has a line break inside."""

    def __init__(self):
        self._decode = codecs.getincrementaldecoder('utf-8')().decode
        self._text = ''
        self._list = None  # the name of the list that we are in
        self._begun = self.ended = False

    def feed(self, data):
        """Gives what is complete now."""
        text = self._text + self._decode(data)
        end = text.rfind('\n') + 1
        self._text = text[end:]
        at = 0
        while True:
            at = _GAP.match(text, at, end).end()
            if at >= end:
                return
            found = None
            if self._list is None:
                at, found = self._member(text, at)
            elif text[at] == ']':
                self._list, at = None, at + 1
            else:
                row, at = _DECODE(text, at)
                found = self._list, ROW, row
            if found:
                yield found

    def _member(self, text, at):
        if text[at] in '{}':
            self._begun, self.ended = True, text[at] == '}'
            return at + 1, None
        name, at = _DECODE(text, at)
        at = _GAP.match(text, text.index(':', at) + 1).end()
        if text[at] == '[':
            self._list = name
            return at + 1, (name, LIST, None)
        value, at = _DECODE(text, at)
        return at, (name, VALUE, value)


def _pieces(file):
    file.seek(0)
    with file:
        while True:
            piece = file.read(PIECE)
            if not piece:
                return
            yield piece


class File:
    """The pieces of a command that has been run to its end: run(argv, 'json', write) is called by us."""

    def __init__(self, run, argv):
        self._run, self._argv = run, argv

    def pieces(self):
        file, error = tempfile.SpooledTemporaryFile(MEMORY), None
        try:
            self._run(self._argv, 'json', file.write)
        except _lib.Error as e:  # the document says more of it
            error = e
        yield from _pieces(file)
        if error:
            raise error

    def settle(self):
        pass

    def close(self):
        pass


_running = weakref.WeakSet()


class Thread:
    """The pieces of a command that runs in a thread on a Handle (_lib). Raises what the command fails with at its end."""

    def __init__(self, handle, argv):
        self._handle, self._argv = handle, argv
        self._queue = queue.Queue(AHEAD)
        self._stop = self._ended = False
        self._error = None
        self._file = None
        self._thread = None

    # ---- the thread ----

    def _put(self, piece):
        while not self._stop:
            try:
                self._queue.put(piece, timeout=0.2)
                return True
            except queue.Full:
                pass
        return False

    def _work(self):
        try:
            self._handle.check(self._handle.run(self._argv, 'json', self._put))
        except BaseException as e:
            self._error = e
        self._put(None)

    # ---- who reads ----

    def pieces(self):
        """Gives them, and raises at the end. Close it when it is not read to its end."""
        self._thread = threading.Thread(target=self._work, name='heapscope', daemon=True)
        _running.add(self)
        self._thread.start()
        try:
            while self._file is None and not self._ended:
                piece = self._queue.get()
                if piece is None:
                    self._end()
                    break
                yield piece
            if self._file is not None:
                yield from _pieces(self._file)
            if self._error:
                raise self._error
        finally:
            self.close()

    def _end(self):
        self._ended = True
        self._thread.join()
        _running.discard(self)

    def settle(self):
        """Lets the command end, so that another one can run: what nobody has read yet goes to a file."""
        if not self._thread or self._ended:
            return
        file = tempfile.SpooledTemporaryFile(MEMORY)
        while True:
            piece = self._queue.get()
            if piece is None:
                break
            file.write(piece)
        self._end()
        self._file = file

    def close(self):
        """Ends the command if it still runs."""
        if self._thread and not self._ended:
            self._stop = True
            self._handle.interrupt()
            self._end()
        if self._file is not None:
            self._file.close()


@atexit.register
def _end_all():
    for stream in list(_running):
        stream.close()
