# SPDX-License-Identifier: Apache-2.0
"""/proc of the machine that a remote process runs on: what gdbserver gives of its files (vFile packets)."""
import re


def _unescaped(data):
    return re.sub(rb'}(.)', lambda m: bytes([m.group(1)[0] ^ 0x20]), data, flags=re.S)


class RemoteProc:
    """Of one process. All functions say None where the other side does not answer."""

    def __init__(self, connection, pid):
        self._send = getattr(connection, 'send_packet', None)  # a gdb.RemoteTargetConnection has it
        self._pid = pid

    def _ask(self, packet):
        """(number, bytes) of "F number ; bytes"."""
        try:
            reply = self._send(packet)
        except Exception:  # not connected, not known to it
            return -1, b''
        found = re.match(rb'F([0-9a-f]+)(?:;(.*))?$', reply or b'', re.S)
        return (int(found.group(1), 16), _unescaped(found.group(2) or b'')) if found else (-1, b'')

    def _path(self, name):
        return ('/proc/%d/%s' % (self._pid, name)).encode().hex()

    def link(self, name):
        """Where /proc/PID/NAME leads."""
        if not self._send:
            return None
        n, path = self._ask('vFile:readlink:' + self._path(name))
        return path.decode('utf-8', 'surrogateescape') if n > 0 else None

    def read(self, name, limit=1 << 20):
        """The bytes of /proc/PID/NAME, at most so many."""
        if not self._send:
            return None
        fd, _ = self._ask('vFile:open:%s,0,0' % self._path(name))
        if fd < 0:
            return None
        parts = []
        while sum(map(len, parts)) < limit:
            n, data = self._ask('vFile:pread:%x,%x,%x' % (fd, 4096, sum(map(len, parts))))
            if n <= 0:
                break
            parts.append(data)
        self._ask('vFile:close:%x' % fd)
        return b''.join(parts)

    def start_time(self):
        """When the process began, in seconds since 1970."""
        stat, whole = self.read('stat'), self.read('../stat')
        booted = re.search(rb'^btime (\d+)$', whole or b'', re.M)
        fields = (stat or b'').rpartition(b')')[2].split()
        if not booted or len(fields) < 20:
            return None
        return int(booted.group(1)) + int(fields[19]) / 100  # USER_HZ is 100 on every machine that is supported
