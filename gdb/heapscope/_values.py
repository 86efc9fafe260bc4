# SPDX-License-Identifier: Apache-2.0
"""Values of the target as values of this Python: inspector/cmd/plain.h says what their JSON looks like."""
import re


def decode(value, make):
    """The value of a JSON value. make(address, type) gives what stands for an object that has none."""
    if isinstance(value, list):
        return [decode(v, make) for v in value]
    if not isinstance(value, dict):
        return value
    (kind, inside), = list(value.items())[:1]
    return _KINDS[kind](inside, make, value)


def _of(container):
    return lambda inside, make, value: container(decode(v, make) for v in inside)


def _complex(inside, make, value):
    return complex(*(decode(v, make) for v in inside))


_KINDS = {
    'int': lambda inside, make, value: int(inside, 16),
    'float': lambda inside, make, value: float(inside),
    'complex': _complex,
    'bytes': lambda inside, make, value: bytes.fromhex(inside),
    'bytearray': lambda inside, make, value: bytearray.fromhex(inside),
    'codepoints': lambda inside, make, value: ''.join(map(chr, inside)),
    'tuple': _of(tuple),
    'set': _of(set),
    'frozenset': _of(frozenset),
    'dict': lambda inside, make, value: {decode(k, make): decode(v, make) for k, v in inside},
    'object': lambda inside, make, value: make(inside, value['type']),
}


def key(value):
    """A key as an expression of `print` has it. Raises TypeError for what cannot be one there."""
    if isinstance(value, tuple):
        return '(%s)' % ''.join(key(v) + ', ' for v in value)
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, (str, bytes)):
        return _quoted(value)
    raise TypeError('a key is a str, bytes, number, bool, None or a tuple of those, not %s' % type(value).__name__)


def _quoted(value):
    if isinstance(value, bytes):
        return "b'%s'" % ''.join('\\x%02x' % c for c in value)
    return "'%s'" % ''.join(c if re.match(r'[A-Za-z0-9_ ]', c) else _escaped(c) for c in value)


def _escaped(c):
    code = ord(c)
    return '\\x%02x' % code if code < 0x80 else '\\u%04x' % code if code <= 0xffff else '\\U%08x' % code


_NAME = re.compile(r'[^\W\d]\w*\Z')


def is_name(text):
    """Can an expression have it behind a dot?"""
    return bool(_NAME.match(text))
