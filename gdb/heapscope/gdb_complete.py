# SPDX-License-Identifier: Apache-2.0
"""Completion: options, their words, types, threads. Nothing is read of the inferior for it."""
import json

import gdb

from . import _lib, gdb_session, gdb_threads

_common = []  # options of every command that make sense when the target is open


def _options(row):
    if not _common:
        _common.extend(o for o in _lib.describe()['options'] if o['name'] in ('json', 'color', 'help'))
    return row['options'] + _common


def _types():
    """Names of the types that the session has found; none before the heap was looked at."""
    session = gdb_session.known()
    if not session or not session.has_heap:
        return []
    if session.types is None:
        session.types = [r['type'] for r in json.loads(session.answer('types', '--json'))['rows']]
    return session.types


def _threads():
    return [str(gdb_threads.tid(t)) for t in gdb.selected_inferior().threads()]


_values = {'TYPE': _types, 'GLOB': _types, 'TID': _threads}  # by an option's meta


def _of_option(option):
    if option['type'] == 'word':
        return option['words']
    known = _values.get(option['meta'])
    return known() if known else []


def _candidates(row, words, token):
    named = {'--' + o['name']: o for o in _options(row)}
    if '=' in token and token.split('=')[0] in named:
        name = token.split('=')[0]
        return [name + '=' + v for v in _of_option(named[name])]
    last = named.get(words[-1]) if words else None
    if last and last['type'] not in ('flag', 'maybe'):
        return _of_option(last)
    if token.startswith('-'):
        return sorted(named)
    if any(a['name'] == 'type' for a in row['arguments']):
        return _types()
    return []


def complete(row, text, word):
    """What gdb.Command.complete() returns. GDB breaks words at '-' and '.', too: it gets what follows its last break."""
    words = text.split()
    token = words.pop() if words and not text[-1:].isspace() else ''
    at = len(token) - len(word)
    try:
        return [c[at:] for c in _candidates(row, words, token) if c.startswith(token)]
    except (gdb_session.Error, gdb.error):
        return []
