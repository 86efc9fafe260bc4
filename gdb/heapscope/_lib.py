# SPDX-License-Identifier: Apache-2.0
"""libheapscope through ctypes: finding it, opening targets, running commands. What the rest of the package stands on.

Nothing here is compiled, so it works in any Python from 3.6 on, GDB's too. Where the library is looked for, in this order:

1. the environment's HEAPSCOPE_LIBRARY, a file; if it is set, nowhere else;
2. .libs/ of the tree that the package is part of, where that is a build tree too;
3. the folder that `make install` put it in, and the usual ones below the package's own prefix;
4. where the dynamic linker finds libheapscope.so.0.
"""
import ctypes
import json
import os
import sys
import threading
import weakref

ABI = 3  # HEAPSCOPE_ABI of the heapscope.h that this file was written for
SONAME = 'libheapscope.so.0'
COMPLETE, PARTIAL, FAILED, USAGE = 0, 1, 2, 64
FORMATS = {'text': 0, 'json': 1}


class Error(Exception):
    """What went wrong, in one line.

    status: the program's exit status for it: 2 the target cannot be inspected or has no such object, 64 the question
    is wrong, 1 a part is missing. notes: list of str, what the user should be told beside it. place: what of an
    expression is meant: two more lines, the expression and a caret under the place; "" mostly.
    """

    def __init__(self, text, status=FAILED, notes=(), place=''):
        super().__init__(text)
        self.status = status
        self.notes = list(notes)
        self.place = place


class LibraryError(Error):
    """libheapscope was not found, or it is another version's."""


class Interrupted(Error):
    """The command was ended by interrupt()."""


# ---- the library ----

class _Thread(ctypes.Structure):
    _fields_ = [('tid', ctypes.c_int), ('name', ctypes.c_char_p), ('sp', ctypes.c_uint64), ('pc', ctypes.c_uint64),
                ('fs_base', ctypes.c_uint64), ('regs', ctypes.c_char_p), ('regs_size', ctypes.c_size_t)]


class _Options(ctypes.Structure):
    _fields_ = [('no_pause', ctypes.c_int), ('exe', ctypes.c_char_p), ('sysroot', ctypes.c_char_p),
                ('debug_dirs', ctypes.POINTER(ctypes.c_char_p)), ('files', ctypes.POINTER(ctypes.c_char_p)),
                ('threads', ctypes.POINTER(_Thread)), ('n_threads', ctypes.c_size_t)]


class _Mapping(ctypes.Structure):
    _fields_ = [('start', ctypes.c_uint64), ('end', ctypes.c_uint64), ('offset', ctypes.c_uint64),
                ('prot', ctypes.c_uint32), ('path', ctypes.c_char_p)]


_READ = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_size_t)
_LINK = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t)
_WRITE = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


class _Source(ctypes.Structure):
    _fields_ = [('read', _READ), ('arg', ctypes.c_void_p), ('mappings', ctypes.POINTER(_Mapping)),
                ('n_mappings', ctypes.c_size_t), ('threads', ctypes.POINTER(_Thread)),
                ('n_threads', ctypes.c_size_t), ('pid', ctypes.c_int), ('exe', ctypes.c_char_p),
                ('start_time', ctypes.c_double), ('link', _LINK)]


_HANDLE = ctypes.c_void_p
_OPTIONS, _OUT = ctypes.POINTER(_Options), ctypes.POINTER(_HANDLE)
_FUNCTIONS = {  # name: (result, arguments); texts to be freed are c_void_p
    'heapscope_version': (ctypes.c_char_p, []),
    'heapscope_help': (ctypes.c_void_p, [ctypes.c_char_p]),
    'heapscope_describe': (ctypes.c_void_p, []),
    'heapscope_open_pid': (ctypes.c_int, [ctypes.c_int, _OPTIONS, _OUT]),
    'heapscope_open_core': (ctypes.c_int, [ctypes.c_char_p, _OPTIONS, _OUT]),
    'heapscope_open_callback': (ctypes.c_int, [ctypes.POINTER(_Source), _OPTIONS, _OUT]),
    'heapscope_close': (None, [_HANDLE]),
    'heapscope_run': (ctypes.c_int, [_HANDLE, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, _WRITE,
                                     ctypes.c_void_p]),
    'heapscope_interrupt': (None, [_HANDLE]),
    'heapscope_error': (ctypes.c_char_p, [_HANDLE]),
    'heapscope_place': (ctypes.c_char_p, [_HANDLE]),
    'heapscope_note': (ctypes.c_char_p, [_HANDLE, ctypes.c_size_t]),
}


built = None  # the library of a build tree outside of the source, if somebody knows of one


def places():
    """Where the library is looked for, the first that is there is taken: list of str, the last for the linker."""
    named = os.environ.get('HEAPSCOPE_LIBRARY')
    if named:
        return [named]
    here = os.path.dirname(os.path.abspath(__file__))
    tree = os.path.dirname(os.path.dirname(here))
    found = [built] if built else []
    if os.path.exists(os.path.join(tree, 'configure.ac')):
        found.append(os.path.join(tree, '.libs', SONAME))
    folders = []
    try:
        from . import _where  # made by make install
        folders.append(_where.LIBDIR)
    except ImportError:
        pass
    prefix = os.path.abspath(os.path.join(here, '..', '..', '..', '..'))  # PREFIX/share/heapscope/python/heapscope
    triplet = getattr(sys.implementation, '_multiarch', '')
    folders += [os.path.join(prefix, part) for part in ('lib', os.path.join('lib', triplet), 'lib64')]
    for folder in folders:
        path = os.path.join(os.path.normpath(folder), SONAME)
        if path not in found:
            found.append(path)
    return found + [SONAME]


def _load():
    tried = []
    for place in places():
        if os.sep in place and not os.path.exists(place):
            tried.append('%s is not there' % place)
            continue
        try:
            return ctypes.CDLL(place), place
        except OSError as e:
            tried.append(str(e))
    raise LibraryError('libheapscope was not found: %s; HEAPSCOPE_LIBRARY=FILE says where it is' % '; '.join(tried))


def _check(library, place):
    try:
        abi = library.heapscope_abi()
    except AttributeError:
        abi = None
    if abi != ABI:
        raise LibraryError('%s has %s, this package (%s) needs %d: install both from the same release' % (
            place, 'no ABI number' if abi is None else 'ABI %d' % abi, os.path.dirname(os.path.abspath(__file__)), ABI))
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments


_loaded = None  # the library, once it is there and checked
_loading = threading.Lock()


def library():
    """The library, loaded at the first call. Raises LibraryError: where it was looked for, or whose ABI it has."""
    global _loaded
    with _loading:
        if _loaded is None:
            found, place = _load()
            _check(found, place)
            _loaded = found
            _loaded.place = place
        return _loaded


def _owned(text):
    """A str of a C string that is ours to free; None for NULL."""
    if not text:
        return None
    value = ctypes.string_at(text).decode('utf-8', 'replace')
    free = ctypes.CDLL(None).free
    free.restype, free.argtypes = None, [ctypes.c_void_p]
    free(text)
    return value


def version():
    """The library's version, "0.1.0"."""
    return library().heapscope_version().decode()


def describe():
    """All commands, their arguments and options, as heapscope_describe() in heapscope.h says: a dict."""
    text = _owned(library().heapscope_describe())
    if text is None:
        raise MemoryError
    return json.loads(text)


def commands():
    """The rows of the command table in its order: list of dicts with name, stage, brief, arguments, options."""
    return describe()['commands']


def help(command):
    """The help text of a command, or None if there is no such command."""
    return _owned(library().heapscope_help(command.encode()))


# ---- handles ----

def _word(text):
    return text if isinstance(text, bytes) else text.encode('utf-8', 'surrogateescape')


def _path(text):
    return None if text is None else os.fsencode(text)


def _c_strings(items, encode=os.fsencode):
    items = [encode(i) for i in items]
    return (ctypes.c_char_p * (len(items) + 1))(*(items + [None]))


def _c_threads(threads):
    return (_Thread * len(threads))(*[
        _Thread(t[0], _path(t[1] or ''), t[2], t[3], t[4], *((t[5], len(t[5])) if len(t) > 5 and t[5] else (None, 0)))
        for t in threads])


class Handle:
    """One target that is open. Made by open_pid(), open_core(), open_callback(). A context manager.

    Only one thread at a time is inside of run(); interrupt() may come from any, and from a signal handler.
    """

    def __init__(self, opener, options, keep=(), raised=None):
        self._library = library()
        self._lock = threading.Lock()     # who runs a command
        self._state = threading.RLock()   # of the three below
        self._handle = _HANDLE()
        self._running = self._asked = False
        self._keep = keep                 # callbacks that the library has
        self._raised = [] if raised is None else raised  # exceptions of callbacks that are under way
        status = opener(ctypes.byref(self._options(**options)), ctypes.byref(self._handle))
        if not self._handle:
            raise MemoryError
        try:
            if self._raised:
                raise self._raised.pop(0)
            self.check(status)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _options(no_pause=False, exe=None, sysroot=None, debug_dirs=(), files=(), threads=()):
        if isinstance(debug_dirs, (str, bytes, os.PathLike)):
            debug_dirs = [debug_dirs]
        return _Options(bool(no_pause), _path(exe), _path(sysroot), _c_strings(debug_dirs) if debug_dirs else None,
                        _c_strings(files) if files else None, _c_threads(threads), len(threads))

    def _need(self):
        if not self._handle:
            raise Error('the heap is closed', USAGE)
        return self._handle

    def run(self, argv, format, write):
        """Runs a command; returns its status, which is never raised: see check(), error() and notes().

        argv: ["types", "--limit", "5"], str or bytes, without TARGET. format: "text" or "json". write(bytes) gets
        the answer piece by piece; if it returns False the command ends as failed, and so it does if it raises; the
        exception comes out of run().
        """
        raised = self._raised

        def receive(_, at, length):
            try:
                return 0 if raised or write(ctypes.string_at(at, length)) is False else length
            except BaseException as e:
                raised.append(e)
                return 0

        with self._lock:
            handle = self._need()
            callback, words = _WRITE(receive), _c_strings(argv, _word)
            raised.clear()
            with self._state:
                late, self._asked, self._running = self._asked, False, True
            try:
                if late:  # an interrupt that came when the command was over: it is not for this one
                    self._library.heapscope_run(handle, 0, None, FORMATS[format], callback, None)
                status = self._library.heapscope_run(handle, len(words) - 1, words, FORMATS[format], callback, None)
            finally:
                with self._state:
                    self._running = False
            if raised:
                raise raised.pop(0)
        return status

    def check(self, status):
        """Raises what a call failed with, Interrupted or Error; nothing for COMPLETE and PARTIAL."""
        if status in (COMPLETE, PARTIAL):
            return
        text = self.error()
        kind = Interrupted if text == 'interrupted' else Error
        raise kind(text or 'the answer was not taken', status, self.notes(),
                   self._library.heapscope_place(self._need()).decode('utf-8', 'replace'))

    def interrupt(self):
        """Ends the command that runs in another thread, soon: its status is FAILED. Nothing if none runs."""
        with self._state:
            if self._running and self._handle:
                self._asked = True
                self._library.heapscope_interrupt(self._handle)

    def error(self):
        """Why the last call failed, one line; "" if it did not."""
        return self._library.heapscope_error(self._need()).decode('utf-8', 'replace')

    def notes(self):
        """What the user should be told beside the answers so far: list of str, "incomplete: ..." and "note: ..."."""
        lines = []
        while True:
            line = self._library.heapscope_note(self._need(), len(lines))
            if line is None:
                return lines
            lines.append(line.decode('utf-8', 'replace'))

    def close(self):
        """Gives everything back. Waits for a command that runs. May be called again."""
        with self._lock, self._state:
            handle, self._handle = self._handle, _HANDLE()
            if handle:
                self._library.heapscope_close(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if getattr(self, '_handle', None):
            self.close()


def open_pid(pid, **options):
    """A running process. Raises Error.

    options: no_pause, exe, sysroot, debug_dirs, as the program's; files that its modules may be; threads, as for
    open_callback(), of a process that a debugger holds: nobody else can read their registers.
    """
    return Handle(lambda o, out: library().heapscope_open_pid(pid, o, out), options)


def open_core(path, **options):
    """A core file. The same options. Raises Error."""
    return Handle(lambda o, out: library().heapscope_open_core(os.fsencode(path), o, out), options)


def open_callback(read, mappings, threads=(), pid=0, exe=None, start_time=0, link=None, **options):
    """A process whose memory the caller reads. Raises Error.

    read(addr, length) returns bytes: up to length, up to the first that is not there. If it raises, the exception
    comes out of the call that was under way, which ends: nothing more is read.
    mappings: (start, end, offset, prot, path) each, prot as R=1 W=2 X=4 shared=8, path "" for anonymous memory.
    threads: (tid, name, sp, pc, fs_base, registers) each; all three 0 = unknown; registers as NT_PRSTATUS has them in
    bytes, or None, or left out.
    start_time: of the process, seconds since 1970. link(name) returns where /proc/PID/NAME leads ("fd/3"), or None.
    """
    raised, handle = [], []

    def receive(_, addr, out, length):
        try:
            got = b'' if raised else bytes(read(addr, length))[:length]
        except BaseException as e:
            raised.append(e)
            if handle and handle[0]():
                handle[0]().interrupt()
            return 0
        ctypes.memmove(out, got, len(got))
        return len(got)

    c_mappings = (_Mapping * len(mappings))(*[(m[0], m[1], m[2], m[3], _path(m[4] or '')) for m in mappings])
    def follow(_, name, out, size):
        try:
            path = os.fsencode(link(name.decode()) or '')[:size - 1] + b'\0'
        except BaseException as e:
            raised.append(e)
            return 0
        ctypes.memmove(out, path, len(path))
        return len(path) - 1

    callback, followed = _READ(receive), _LINK(follow) if link else _LINK()
    source = _Source(callback, None, c_mappings, len(mappings), _c_threads(threads), len(threads), pid, _path(exe), start_time, followed)
    opened = Handle(lambda o, out: library().heapscope_open_callback(ctypes.byref(source), o, out), options,
                    keep=(callback, followed), raised=raised)
    handle.append(weakref.ref(opened))
    return opened
