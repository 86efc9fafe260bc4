#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the seeds of the fuzz harnesses: make_corpus.py DIR [CORE]. The same bytes each time.

DIR/core/*: small cores with each kind of note, whole and cut, with fields at their limits, with bits flipped.
DIR/objects/*: damage to the heap of a real core (see fuzz_objects.c), if that is given: words that are pointers there
made to lead nowhere, into the middle of something, to each other; sizes and counts made huge, negative or 0.
"""
import os
import random
import struct
import sys

PT_LOAD, PT_NOTE = 1, 4
NT_PRSTATUS, NT_PRPSINFO, NT_AUXV, NT_FILE, NT_SIGINFO = 1, 3, 6, 0x46494c45, 0x53494749
LIMITS = (0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, 0xffffffffffffff00, 2 ** 64 - 1)


def note(kind, body, name=b'CORE\0'):
    def padded(b):
        return b + b'\0' * (-len(b) % 4)
    return struct.pack('<III', len(name), len(body), kind) + padded(name) + padded(body)


def prstatus(tid, signal):
    return struct.pack('<iiihxxQQiiii', signal, 0, 0, signal, 0, 0, tid, 1, tid, tid) + bytes(64) + struct.pack(
        '<27Q', *range(27)) + bytes(8)


def prpsinfo():
    return struct.pack('<bbbbxxxxQIIiiii16s80s', 1, ord('S'), 0, 0, 0, 0, 0, 99, 1, 99, 99, b'python3',
                       b'python3 -c pass')


def files(rows):
    body = struct.pack('<QQ', len(rows), 4096)
    for start, end, offset, _ in rows:
        body += struct.pack('<QQQ', start, end, offset)
    return body + b''.join(path + b'\0' for *_, path in rows)


def all_notes():
    return (note(NT_PRSTATUS, prstatus(99, 6)) + note(NT_PRPSINFO, prpsinfo()) +
            note(NT_SIGINFO, bytes(128)) + note(NT_AUXV, struct.pack('<QQQQQQ', 6, 4096, 9, 0x400000, 0, 0)) +
            note(NT_FILE, files([(0x400000, 0x401000, 0, b'/usr/bin/python3'),
                                 (0x7f0000000000, 0x7f0000002000, 1, b'/lib/libc.so.6')])) +
            note(NT_PRSTATUS, prstatus(100, 0)) + note(2, bytes(512)) + note(0x202, bytes(100), b'LINUX\0'))


def core(notes, loads=3, notes_last=False, machine=62):
    """An ELF core: `loads` pages of memory at 1 MiB and up, and the notes first or last."""
    count = loads + 1
    at = 64 + 56 * count
    memory = b''.join(bytes([i + 1]) * 4096 for i in range(loads))
    notes_at, memory_at = (at + len(memory), at) if notes_last else (at, at + len(notes))
    header = b'\x7fELF\x02\x01\x01' + bytes(9) + struct.pack('<HHIQQQIHHHHHH', 4, machine, 1, 0, 64, 0, 0, 64, 56,
                                                           count, 0, 0, 0)
    table = [struct.pack('<IIQQQQQQ', PT_NOTE, 0, notes_at, 0, 0, len(notes), 0, 4)]
    for i in range(loads):
        table.append(struct.pack('<IIQQQQQQ', PT_LOAD, 6, memory_at + 4096 * i, 0x100000 * (i + 1), 0, 4096, 8192, 1))
    if notes_last:
        table.append(table.pop(0))
    parts = [memory, notes] if notes_last else [notes, memory]
    return header + b''.join(table) + b''.join(parts)


def seeds(chance):
    whole = core(all_notes())
    yield 'whole', whole
    yield 'notes-last', core(all_notes(), notes_last=True)
    yield 'no-notes', core(b'')
    yield 'no-memory', core(all_notes(), loads=0)
    yield 'machine', core(all_notes(), machine=3)
    for n in (0, 3, 16, 63, 64, 65, 64 + 56, 400, len(whole) // 2, len(whole) - 1):
        yield 'cut-%d' % n, whole[:n]
    for offset in (0x20, 0x34, 0x36, 0x38, 64 + 8, 64 + 32, 120 + 8, 120 + 16, 120 + 32, 120 + 40):
        for value in LIMITS:
            changed = bytearray(whole)
            changed[offset:offset + 8] = struct.pack('<Q', value)
            yield 'field-%x-%x' % (offset, value), bytes(changed)
    start = 64 + 56 * 4
    for value in LIMITS[:7]:  # the lengths of each note's name and body
        at = start
        while at < start + len(all_notes()):
            for field in (0, 4):
                changed = bytearray(whole)
                struct.pack_into('<I', changed, at + field, value)
                yield 'note-%d-%x' % (at + field, value), bytes(changed)
            name, body, _ = struct.unpack_from('<III', whole, at)
            at += 12 + name + -name % 4 + body + -body % 4
    for value in LIMITS:  # NT_FILE: its count and its page size
        at = whole.index(struct.pack('<QQQ', 2, 4096, 0x400000))
        for field in (0, 8, 16, 24):
            changed = bytearray(whole)
            struct.pack_into('<Q', changed, at + field, value)
            yield 'file-%d-%x' % (field, value), bytes(changed)
    for i in range(200):
        changed = bytearray(whole)
        for _ in range(1 + i % 8):
            changed[chance.randrange(len(all_notes()) + start)] ^= 1 << chance.randrange(8)
        yield 'flipped-%d' % i, bytes(changed)


def pointers(core):
    """Places of words that look like addresses of the core's own memory, and of all others that are not 0."""
    some, other = [], []
    for at in range(8192, len(core) - 8, 8):
        word, = struct.unpack_from('<Q', core, at)
        if 0x400000 <= word < 1 << 47 and word % 8 == 0:
            some.append(at)
        elif word:
            other.append(at)
    return some, other


def damages(core, chance):
    some, other = pointers(core)
    words = [struct.unpack_from('<Q', core, at)[0] for at in chance.sample(some, 2000)]

    def record(at, value):
        return struct.pack('<QQ', at - 8192, value & (1 << 64) - 1)
    yield 'none', b''
    for i in range(40):
        n = 1 << i % 12
        wild = [record(chance.choice(some), chance.choice(LIMITS)) for _ in range(n)]
        swapped = [record(chance.choice(some), chance.choice(words)) for _ in range(n)]
        inside = [record(chance.choice(some), chance.choice(words) + chance.randrange(-64, 64)) for _ in range(n)]
        numbers = [record(chance.choice(other), chance.choice(LIMITS)) for _ in range(n)]
        for name, records in (('wild', wild), ('swapped', swapped), ('inside', inside), ('numbers', numbers)):
            yield '%s-%d' % (name, i), b''.join(records)


def save(folder, kind, inputs):
    path = os.path.join(folder, kind)
    os.makedirs(path, exist_ok=True)
    for name, data in inputs:
        with open(os.path.join(path, name), 'wb') as f:
            f.write(data)


def main(folder, core=None):
    save(folder, 'core', seeds(random.Random(1)))
    if core:
        with open(core, 'rb') as f:
            save(folder, 'objects', damages(f.read(), random.Random(2)))


if __name__ == '__main__':
    main(*sys.argv[1:3])
