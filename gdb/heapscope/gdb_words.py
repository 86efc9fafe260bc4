# SPDX-License-Identifier: Apache-2.0
"""A GDB command line as words. As GDB's own string_to_argv(), but what stands in brackets is an expression: there quotes and
blanks are its own, so that `hs print self.items['a b']` says what it says in Python."""
import re

import gdb

_VALUE = re.compile(r'(?<!\S)\$\w*(?:\((?:[^()"]|"(?:[^"\\]|\\.)*")*\))?')


def split(line):
    """List of str."""
    words, word, quote, closing, i = [], None, '', [], 0
    while i < len(line):
        c, i = line[i], i + 1
        if c == '\\' and i < len(line):
            c, i = (c if closing else '') + line[i], i + 1
        elif quote:
            if c == quote:
                quote = ''
                c = c if closing else ''
        elif c in '\'"':
            quote = c
            c = c if closing else ''
        elif c in '[(':
            closing.append(']' if c == '[' else ')')
        elif closing and c == closing[-1]:
            closing.pop()
        elif c.isspace() and not closing:
            if word is not None:
                words.append(word)
            word = None
            continue
        word = (word or '') + c
    return words if word is None else words + [word]


def _value(found):
    try:
        return hex(int(gdb.parse_and_eval(found.group())) & (1 << 64) - 1)
    except gdb.error as e:
        raise gdb.GdbError('heapscope: %s is no address: %s' % (found.group(), e))


def with_values(line):
    """$1, $rdi, $pyaddr("self.queue"): GDB's values as addresses, where they begin a word."""
    return _VALUE.sub(_value, line)
