# SPDX-License-Identifier: Apache-2.0
"""Sessions of GDB's inferiors: opened at the first command, kept until the inferior moves or is written to.

libheapscope works in a thread of its own; GDB's main thread, the only one that may use GDB, meanwhile writes what comes,
reads memory where GDB has to, and hears Ctrl-C.
"""
import codecs
import queue
import signal
import threading

import gdb

from . import _lib, gdb_target

_sessions = {}  # number of the inferior: Session


class Session:
    """A target that is open. frame: {tid: depth} of the Python frames that were selected with `hs frame`."""

    def __init__(self, inferior, key):
        self.inferior, self.key = inferior, key
        self.frame = {}
        self.stacks = None     # of `stack --json`
        self.types = None      # names for completion, once they are known
        self.has_heap = False
        self._said = set()
        self._main = threading.get_ident()
        self.handle = None
        opener = gdb_target.prepare(inferior)
        self.handle = self._work(lambda: opener(self._by_main), None)

    def close(self):
        self.handle.close()

    # ---- the thread that works, and the one that serves it ----

    def _by_main(self, function, arguments):
        """Called by the library: has the main thread ask GDB, or does so itself if that is where it runs."""
        if threading.get_ident() == self._main:
            return function(*arguments)
        answer = queue.Queue()
        self._jobs.put((function, arguments, answer))
        while True:
            try:
                return answer.get(timeout=0.5)
            except queue.Empty:
                if self._stop:  # Ctrl-C may have come just when the job was taken
                    return b''

    def _work(self, function, write=None):
        """function() in a thread; what it gives to self._emit goes to write(bytes). Raises what either raises."""
        self._jobs, self._stop, result = queue.Queue(16), False, []

        def body():
            try:
                result.append((function(), None))
            except BaseException as e:
                result.append((None, e))
            self._jobs.put(None)

        def emit(data):
            self._jobs.put((write, (data,), None))
            return not self._stop

        self._emit = emit
        failed = self._serve(_start(body))
        value, error = result[0]
        if failed or error:
            raise failed or error
        return value

    def _serve(self, worker):
        """Does the jobs until the worker is done. Returns the first exception, after which nothing is done any more."""
        failed = None
        while True:
            job = None
            try:
                job = self._jobs.get(timeout=0.1)
                if not job:
                    return failed
                done = b'' if failed else job[0](*job[1])
                if job[2]:
                    job[2].put(done)
                    job = None
            except queue.Empty:
                if not worker.is_alive() and self._jobs.empty():
                    return failed
            except BaseException as e:
                failed, self._stop = failed or e, True
                if job and job[2]:
                    job[2].put(b'')
            if failed and self.handle:
                self.handle.interrupt()

    # ---- commands ----

    def run(self, argv, format, write):
        """Runs a command of the table; write(str) gets the answer. Returns (status, notes to be said). Raises Error."""
        decode = codecs.getincrementaldecoder('utf-8')('replace').decode

        def text(data):
            write(decode(data))

        status = self._work(lambda: self.handle.run(argv, format, lambda data: self._emit(data)), text)
        self.handle.check(status)
        self.has_heap |= 'types' in argv
        return status, self._news(self.handle.notes(), format)

    def _news(self, notes, format):
        """What is incomplete is said each time, how the target was read once (and in a JSON document)."""
        news = [n for n in notes if n.startswith('incomplete:') or (format == 'text' and n not in self._said)]
        self._said.update(news)
        return news

    def answer(self, *argv):
        """A command's text, for ourselves: a str."""
        parts = []
        self.run(list(argv), 'json', parts.append)
        return ''.join(parts)


def _start(body):
    """Starts and returns a thread that gets no signal: those are GDB's."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
    try:
        worker = threading.Thread(target=body, name='heapscope', daemon=True)
        worker.start()
        return worker
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def current():
    """The session of GDB's current inferior. Raises gdb.GdbError or heapscope.Error: why there is none."""
    inferior = gdb.selected_inferior()
    gdb_target.check(inferior)
    key = gdb_target.key(inferior)
    session = _sessions.get(inferior.num)
    if session and session.key != key:
        drop(inferior.num)
        session = None
    if not session:
        session = _sessions[inferior.num] = Session(inferior, key)
    return session


# What these answer is how heapscope comes to a target, so they begin with one that nothing was asked of.
FROM_THE_START = ('doctor',)


def of_command(name):
    """The session for a command: the current one, or one of its own, which is to be closed after it."""
    session = current()
    return Session(session.inferior, session.key) if name in FROM_THE_START else session


def known():
    """The session of the current inferior if there is one that is good, else None. Opens nothing."""
    inferior = gdb.selected_inferior()
    session = _sessions.get(inferior.num)
    return session if session and session.key == gdb_target.key(inferior) else None


def drop(number):
    """Forgets the session of an inferior."""
    session = _sessions.pop(number, None)
    if session:
        session.close()


# ---- what ends a session ----

def _moved(event):
    """Something runs. In all-stop mode GDB does not say which inferiors: all that can."""
    thread = getattr(event, 'inferior_thread', None)
    for number, session in list(_sessions.items()):
        if thread.inferior.num == number if thread else session.key.kind != 'core':
            drop(number)


def _changed(event):
    drop(gdb.selected_inferior().num)


def _ended(event):
    drop(event.inferior.num)


def _left(*_):
    """A process that GDB has let go needs no memory any more."""
    for number, session in list(_sessions.items()):
        if not session.inferior.is_valid() or session.inferior.pid != session.key.pid:
            drop(number)


def connect():
    """Listens to GDB's events."""
    gdb.events.cont.connect(_moved)
    gdb.events.exited.connect(_ended)
    gdb.events.inferior_deleted.connect(_ended)
    gdb.events.memory_changed.connect(_changed)
    gdb.events.before_prompt.connect(_left)
    gdb.events.register_changed.connect(_changed)


Error = _lib.Error
