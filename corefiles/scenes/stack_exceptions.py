# -*- coding: utf-8 -*-
# SPDX-License-Identifier: Apache-2.0
"""Threads that handle exceptions. Each writes down what sys.exc_info() says there, and what led to it."""
import ctypes
import os
import sys
import threading
import time
import traceback

import scene

TRUTH = {}
FOREVER = threading.Lock()
FOREVER.acquire()
PY3 = sys.version_info >= (3,)
text_type = type(u'')


class Own(Exception):
    pass


class Inner(object):
    class OwnKey(KeyError):
        pass


class Talks(Exception):
    def __str__(self):
        return 'what it says itself'


class Text(text_type):
    pass


def type_name(e):
    cls = type(e)
    name = getattr(cls, '__qualname__', cls.__name__)
    return name if cls.__module__ == 'builtins' else '%s.%s' % (cls.__module__, name)


def message(e):
    if isinstance(e, Talks):
        return e.args[0]
    if not PY3 and len(e.args) == 1 and isinstance(e.args[0], text_type):
        return e.args[0]
    return str(e)


def frames_of(tb):
    found = []
    while tb:
        code, place = tb.tb_frame.f_code, [tb.tb_lineno, None, None, None]
        if hasattr(code, 'co_positions'):
            place = list(list(code.co_positions())[tb.tb_lasti // 2])
        found.append([getattr(code, 'co_qualname', code.co_name), code.co_filename] + place)
        tb = tb.tb_next
    return found


def one(relation, e, tb):
    tb = e.__traceback__ if PY3 else tb
    return {'relation': relation, 'type': type_name(e), 'message': message(e)[:1000], 'cut': len(message(e)) > 1000,
            'own_str': isinstance(e, Talks), 'address': id(e), 'frames': frames_of(tb)}


def chain_of(e, tb, relation='handled'):
    """As a traceback shows it."""
    chain, seen = [], set()
    while e is not None and id(e) not in seen:
        seen.add(id(e))
        chain.append(one(relation, e, tb))
        cause, context = getattr(e, '__cause__', None), getattr(e, '__context__', None)
        if cause is None and getattr(e, '__suppress_context__', False):
            break
        e, relation, tb = (cause, 'cause', None) if cause is not None else (context, 'context', None)
    return chain


def wait(outer=()):
    """The calling thread handles something. outer: (exception, traceback) that frames further out handle."""
    kind, e, tb = sys.exc_info()
    chain = chain_of(e, tb) if e is not None else []
    for e, tb in outer:
        if id(e) not in [known['address'] for known in chain]:
            chain += chain_of(e, tb, 'outer')
    TRUTH[threading.current_thread().name] = chain
    del e, tb, kind, chain
    FOREVER.acquire()


def raises(e):
    raise e


def handles(e):
    def run():
        try:
            raises(e)
        except type(e):
            wait()
    return run


def call_handles(function, *args):
    def run():
        try:
            function(*args)
        except Exception:
            wait()
    return run


def deep(n):
    if n:
        deep(n - 1)
    raise Own('deep')


def nested():
    try:
        raises(ValueError('first'))
    except ValueError as e:
        first, tb = e, sys.exc_info()[2]
        inner(first, tb)


def inner(first, tb):
    try:
        raises(Own('second'))
    except Own:
        wait([(first, tb)])


def in_generator():
    def generator():
        try:
            raises(Own('in the generator'))
        except Own:
            wait([(first, tb)])
        yield 1

    try:
        raises(ValueError('around it'))
    except ValueError as e:
        first, tb = e, sys.exc_info()[2]
        next(generator())


def finally_():
    try:
        try:
            raises(Own('on its way'))
        finally:
            wait()
    except Own:
        pass


class Manager(object):
    def __enter__(self):
        return self

    def __exit__(self, *info):
        wait()


def with_():
    with Manager():
        raises(Own('through a with block'))


def after():
    """Nothing is handled any more."""
    def handled():
        try:
            raises(Own('over'))
        except Own:
            pass
    handled()
    wait()


def reads(path):
    with open(path):
        pass


def syntax():
    compile('x = = 1', 'dir/file.py', 'exec')


MORE = u'''
def caused():
    try:
        try:
            raises(ValueError('the cause'))
        except ValueError as e:
            raise Own('the effect') from e
    except Own:
        wait()

def suppressed():
    try:
        try:
            raises(ValueError('not shown'))
        except ValueError:
            raise Own('from None') from None
    except Own:
        wait()

def cyclic():
    a, b = ValueError('a'), Own('b')
    a.__context__, b.__context__ = b, a
    try:
        raise a from b
    except ValueError:
        wait()

async def coroutine_inner():
    try:
        raises(Own('in the coroutine'))
    except Own:
        wait()

def in_coroutine():
    coroutine_inner().send(None)
'''


def in_flight():
    """C code that has set an exception and goes on."""
    library = ctypes.PyDLL(scene.ARGS[0])
    TRUTH['in flight'] = [{
        'relation': 'in flight', 'type': ('' if PY3 else 'exceptions.') + 'ValueError', 'message': 'set by C',
        'cut': False, 'own_str': False, 'address': None, 'frames': []}]
    api = ctypes.pythonapi
    library.set_and_wait(api.PyErr_SetString, api.PyEval_SaveThread, ctypes.py_object(ValueError), b'set by C')


def targets():
    for label, e in (
            ('plain', ValueError('plain')), ('no message', ValueError()), ('two', Own('a', 2)), ('int', Own(4711)),
            ('not ascii', Own(u'caf\xe9 \u043a\u0438\u0440 \U0001f4a9')), ('text class', Own(Text(u'of a class\xe9'))),
            ('huge', Own(u'x\xe9' * 1000000)), ('key', KeyError('k\n')), ('own key', Inner.OwnKey(1, 2)),
            ('talks', Talks('the argument')), ('system exit', SystemExit(3)), ('stop', StopIteration()),
            ('control', Own('\x1b[31m\n'))):
        yield label, handles(e)
    for label, function, args in (
            ('no file', reads, ('/no/such/\xe9' if PY3 else '/no/such',)), ('deep', deep, (300,)), ('syntax', syntax, ()),
            ('import', __import__, ('no_such_module',)), ('decode', b'ab\xff'.decode, ('utf-8',)),
            ('decode two', b'\xf0\x9f'.decode, ('utf-8',)), ('encode', u'a\u20ac'.encode, ('latin-1',)),
            ('encode two', u'\u20ac\u20ac'.encode, ('ascii',)), ('encode one', u'\xe9'.encode, ('ascii',)),
            ('rename', os.rename, ('/no/such/a', '/no/such/b'))):
        yield label, call_handles(function, *args)
    for function in (nested, in_generator, finally_, with_, after):
        yield function.__name__, function
    if PY3:
        names = {'raises': raises, 'wait': wait, 'Own': Own}
        exec(compile(MORE, 'more.py', 'exec'), names)
        for name in ('caused', 'suppressed', 'in_coroutine'):
            yield name, names[name]
    if sys.version_info >= (3, 7):  # before, the interpreter itself goes round in that circle for ever
        yield 'cyclic', names['cyclic']
    if sys.version_info >= (3, 11):
        yield 'group', handles(ExceptionGroup('several', [ValueError('a'), KeyError('b')]))
    if scene.ARGS:
        yield 'in flight', in_flight


def main():
    sys.setrecursionlimit(5000)
    for name, target in targets():
        thread = threading.Thread(target=target, name=name)
        thread.daemon = True
        thread.start()
    while len(TRUTH) < threading.active_count() - 1:
        time.sleep(0.01)
    time.sleep(0.2)
    scene.tell(TRUTH)
    scene.ready_and_block()
    scene.end()


main()
