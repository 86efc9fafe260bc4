# SPDX-License-Identifier: Apache-2.0
"""Copies of core files, cut, put in another order or damaged. The cores stay as they are."""
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


def _split(headers, address):
    """Makes two segments of the one that has the address inside of it."""
    for i, h in enumerate(headers):
        kind, flags, at, start, physical, filesz, memsz, align = h
        n = address - start
        if kind == 1 and 0 < n < filesz:
            headers[i:i + 1] = [(kind, flags, at, start, physical, n, n, align),
                                (kind, flags, at + n, address, physical, filesz - n, memsz - n, align)]
            return


def without(core, ranges, path):
    """A core that was cut off before all of these (start, end) of the process: as if its writer had kept them for last."""
    with open(core, 'rb') as f:
        data = bytearray(f.read())
    offset, = struct.unpack_from('<Q', data, 0x20)
    count, = struct.unpack_from('<H', data, 0x38)
    headers = [struct.unpack_from('<IIQQQQQQ', data, offset + 56 * i) for i in range(count)]
    for start, end in ranges:
        _split(headers, start)
        _split(headers, end)
    data += b'\0' * (-len(data) % 4096)
    table, end = len(data), len(data) + 56 * len(headers)
    end += -end % 4096
    for i, (kind, flags, at, start, physical, filesz, memsz, align) in enumerate(headers):
        if kind == 1 and any(low <= start < high for low, high in ranges):
            data[at:at + filesz] = b'\0' * filesz
            headers[i] = (kind, flags, end, start, physical, filesz, memsz, align)
            end += filesz + -filesz % 4096
    data += b''.join(struct.pack('<IIQQQQQQ', *h) for h in headers)
    struct.pack_into('<Q', data, 0x20, table)
    struct.pack_into('<H', data, 0x38, len(headers))
    with open(path, 'wb') as to:
        to.write(data)
    return path
