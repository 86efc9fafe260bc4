# SPDX-License-Identifier: Apache-2.0
"""Copies of core files, cut or damaged. The cores stay as they are."""
import os
import struct


class Core:
    """A core in memory that can be changed at addresses of the process."""

    def __init__(self, path):
        with open(path, 'rb') as f:
            self.bytes = bytearray(f.read())
        self.segments = []
        offset, = struct.unpack_from('<Q', self.bytes, 0x20)
        size, count = struct.unpack_from('<HH', self.bytes, 0x36)
        for i in range(count):
            kind, _, at, address, _, filesz, _, _ = struct.unpack_from('<IIQQQQQQ', self.bytes, offset + i * size)
            if kind == 1:
                self.segments.append((address, filesz, at))

    def _offset(self, address):
        for start, size, at in self.segments:
            if start <= address < start + size:
                return at + address - start
        raise AssertionError('0x%x is not in the core' % address)

    def word(self, address):
        return struct.unpack_from('<Q', self.bytes, self._offset(address))[0]

    def patch(self, address, value):
        struct.pack_into('<Q', self.bytes, self._offset(address), value)

    def save(self, path):
        with open(path, 'wb') as f:
            f.write(self.bytes)
        return path


def cut(core, percent, path):
    """The first part of a core."""
    with open(core, 'rb') as f, open(path, 'wb') as to:
        left = os.path.getsize(core) * percent // 100
        while left > 0:
            left -= to.write(f.read(min(left, 1 << 20)))
    return path
