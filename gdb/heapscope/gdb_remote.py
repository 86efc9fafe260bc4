# SPDX-License-Identifier: Apache-2.0
"""A process that only GDB can read: gdbserver and whatever else speaks its protocol."""
import re
import time

import gdb

from . import _lib, gdb_fetch, gdb_proc, gdb_threads

PAGE = 4096
BLOCK = 65536    # point reads are made of these, aligned
BLOCKS = 256     # that are kept
PIECE = 1 << 20  # GDB reads so much at once: a Ctrl-C is heard in between
PATIENCE = 3.0   # seconds until it is said how far it is

_MAPPING = re.compile(r'^\s*0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+)\s+([-r][-w][-x][-ps])(?:\s+(.*))?$')
_PROTECTION = {'r': 1, 'w': 2, 'x': 4, 's': 8}


def _execute(command):
    try:
        return gdb.execute(command, to_string=True)
    except gdb.error as e:
        raise gdb.GdbError('heapscope: GDB cannot tell what memory this target has (%s: %s)' % (command, e))


def mappings():
    """(start, end, offset, protection, path) of the current inferior."""
    found = []
    for line in _execute('info proc mappings').splitlines():
        m = _MAPPING.match(line)
        if not m and re.match(r'\s*0x', line):
            raise gdb.GdbError('heapscope: GDB describes memory in a way that is not known here: %s' % line.strip())
        if m:
            path = re.sub(r' \(deleted\)$', '', (m.group(5) or '').rstrip())
            found.append((int(m.group(1), 16), int(m.group(2), 16), int(m.group(3), 16),
                          sum(_PROTECTION.get(c, 0) for c in m.group(4)), path))
    if not found:
        raise gdb.GdbError('heapscope: GDB cannot tell what memory this target has (info proc mappings shows none)')
    return found


def _exe():
    found = re.search(r"^exe = '(.*)'$", _execute('info proc exe'), re.M)
    return found.group(1) if found else None


class Remote:
    """Made by the main thread; read() is called by it, too."""

    def __init__(self, inferior, root):
        self.inferior = inferior
        self.mappings = mappings()
        self.threads = gdb_threads.threads(inferior)
        self.exe = _exe()
        self.proc = gdb_proc.RemoteProc(inferior.connection, inferior.pid)
        self.start_time = self.proc.start_time() or 0
        self.total = sum(end - start for start, end, _, protection, _ in self.mappings if protection & 10 == 2)
        self.blocks, self.bytes, self.said = {}, 0, time.monotonic()
        self.fetched = gdb_fetch.Fetched(self.mappings, self._some, root)

    def open(self, by_main, options):
        """From any thread. by_main(function, arguments) has the main thread do it, which alone may use GDB."""
        options = dict(options, files=options.get('files', []) + self.fetched.paths)
        return _lib.open_callback(lambda *where: by_main(self.read, where), self.mappings, self.threads,
                                  self.inferior.pid, self.exe, self.start_time,
                                  lambda name: by_main(self.proc.link, (name,)), **options)

    def read(self, address, length):
        """bytes: up to length, up to the first that is not there."""
        if length >= BLOCK:
            return self._pieces(address, length)
        got = b''
        while len(got) < length:
            at = address + len(got)
            block = self._block(at & -BLOCK)
            part = block[at % BLOCK:at % BLOCK + length - len(got)]
            got += part
            if len(part) < min(length - len(got) + len(part), BLOCK - at % BLOCK):
                break
        # a block ends where its first page is missing; behind that there may be more
        return got or self._pieces(address, length)

    def _block(self, start):
        if start not in self.blocks:
            if len(self.blocks) >= BLOCKS:
                self.blocks.pop(next(iter(self.blocks)))
            self.blocks[start] = self._pieces(start, BLOCK)
        return self.blocks[start]

    def _pieces(self, address, length):
        parts = []
        while length:
            n = min(length, PIECE)
            part = self._some(address, n)
            parts.append(part)
            if n > BLOCK:
                self._tell(len(part))
            if len(part) < n:
                break
            address, length = address + n, length - n
        return b''.join(parts)

    def _some(self, address, length):
        try:
            return bytes(self.inferior.read_memory(address, length))
        except (gdb.MemoryError, OverflowError):
            pass
        page = -address % PAGE or PAGE  # up to the end of the first page, then halves
        if length <= page:
            return b''
        half = max(page, (length // 2) & -PAGE)
        first = self._some(address, half)
        return first + self._some(address + half, length - half) if len(first) == half else first

    def _tell(self, n):
        self.bytes += n
        now = time.monotonic()
        if now - self.said > PATIENCE:
            self.said = now
            gdb.write('heapscope: %d of about %d MiB read through GDB\n' % (self.bytes >> 20, self.total >> 20), gdb.STDERR)
