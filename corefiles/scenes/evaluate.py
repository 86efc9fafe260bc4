# SPDX-License-Identifier: Apache-2.0
"""Objects of every way in which an expression can reach one. The scene evaluates the same expressions itself.

truth.json: {"module": [[expression, id, type, size, repr or null]...] by modules, globals of __main__ and builtins,
"frames": [the same, seen from outer(), inner() and innermost(), above which stands scene.block()],
"refused": [[expression, words of the answer]...], "values": {expression: its value as Python 3 writes it}}.
Types are "module.qualname", builtins bare.
"""
import collections
import os
import os.path
import sys
import threading
import types

import scene

PY2 = sys.version_info[0] == 2
if PY2:
    range = xrange  # noqa: F821


class Base(object):
    shared = 'in Base'
    hidden = 'in Base'

    @property
    def made(self):
        return 'by code'

    @staticmethod
    def helper():
        return 1

    def method(self):
        return self


class Other(object):
    """Beside Base: the method resolution order decides."""
    hidden = 'in Other'
    other = ['in Other']


class Child(Base, Other):
    hidden = 'in Child'

    def __init__(self, n):
        self.n = n
        self.items = [n, [n + 1, (n + 2, {'deep': [n + 3]})]]
        self.by_key = {'a': 'letter', u'\xe4\u20ac': 'unicode', 1: 'one', -5: 'minus', None: 'none', (1, 'x'): 'pair',
                       (): 'empty', (1, (2, None)): 'nested', 2.5: 'float', b'raw': 'bytes', 1 << 40: 'large', 'q"\'': 'quotes'}


class Late(Child):
    """Its instances have attributes in different orders, and some only later."""

    def __init__(self, n):
        if n % 2:
            self.early = n
        Child.__init__(self, n)
        self.late = 'late %d' % n


class Slots(object):
    __slots__ = ('x', 'unset')

    def __init__(self):
        self.x = [1.5]


class MoreSlots(Slots):
    __slots__ = ('y', '__dict__')

    def __init__(self):
        Slots.__init__(self)
        self.y = 'y'
        self.z = 'in the dict'


class Word(str):
    pass


class Wide(list):
    pass


class Tracked(dict):
    """A dict with attributes of its own."""


def closure():
    secret = ['kept']

    def function(a, b=2):
        return secret, a, b
    return function


Point = collections.namedtuple('Point', 'x y')
child, late, lates = Child(10), Late(3), [Late(i) for i in range(6)]
late.__dict__['odd key'] = 1
child.__dict__  # now it has a dict, where classes keep their instances' attributes without one
untouched = Child(20)
removed = Late(5)
del removed.n
slots, more = Slots(), MoreSlots()
function = closure()
point = Point([1], 'two')
queue = collections.deque(['q%d' % i for i in range(200)])
queue.popleft()
wide = Wide(['w'])
words = {Word('key'): 'by a derived key'}
tracked = Tracked(a=1)
tracked.note = 'a note'
ordered = collections.OrderedDict([('first', 1.25), ('second', 2.25)])
default = collections.defaultdict(list, there=[7])
flags = {True: 'yes', False: 'no'}
loop = []
loop.append(loop)
big = dict(('k%d' % i, float(i)) for i in range(5000))
numbers = dict((i, str(i)) for i in range(30000))
many = [float(i) for i in range(5000)]
huge_text = u'\u20ac' * 300000
number, huge, negative = 12, 1 << 200, -(1 << 90)
text, wide_text, astral, surrogate = 'plain', u'\xe4\u20ac', u'\U0001f600', u'a\ud800b'
raw, array, both = b'raw\x00\xff', bytearray(b'\x00\x01'), [None, True, False, 1.5, -0.0, 1e300, 2j, complex(0.5, -1)]
nan, inf = float('nan'), float('-inf')
empty = [(), [], {}, set(), frozenset(), '', b'']
nested = {'list': [1, (2, 'three')], 'set': set([1, 2]), 'frozen': frozenset(['x']), 'none': None}

package = types.ModuleType('package')
package.sub = types.ModuleType('package.sub')
package.sub.REGISTRY = {'http': child}
detached = types.ModuleType('package.detached')
detached.value = ['only in sys.modules']
package.shadow = 'not the module'
sys.modules.update({'package': package, 'package.sub': package.sub, 'package.detached': detached,
                    'package.shadow': types.ModuleType('package.shadow')})
if PY2:
    class Old:
        shared = ['old']

    class OldSide:
        side = ['beside']

    class OldChild(Old, OldSide):
        def __init__(self):
            self.own = ['own']
    old = OldChild()

MODULE = '''
child child.n child.items child.items[0] child.items[1][1][1]['deep'][-1] child.by_key['a'] child.by_key[1]
child.by_key[-5] child.by_key[None] child.by_key[(1,'x')] child.by_key[1,'x'] child.by_key[()] child.by_key[1,(2,None)]
child.by_key[2.5] child.by_key[b'raw'] child.by_key[1099511627776] child.by_key[0x1] child.by_key["q\\"'"]
child.shared child.hidden child.other child.other[0] child.__class__ child.__class__.__name__
untouched.items[1] untouched.n removed.late removed.early late.late late.early lates[2].late lates[3].early lates[-1].n
Child.hidden Child.shared Child.other Base.hidden Child.__bases__ Child.__mro__[1] Late.shared
slots.x slots.x[0] more.x more.y more.z
function.__name__ function.__closure__[0].cell_contents function.__closure__[0].cell_contents[0] function.__defaults__[0]
function.__code__ point[0] point[1] point[-2] queue[0] queue[198] queue[-1] queue[100] wide[0] words['key'] tracked['a']
tracked.note ordered['second'] default['there'][0] flags[True] flags[False] flags[1] flags[0.0] loop[0][0][0] loop
big['k0'] big['k4999'] numbers[29999] many[4999] many[-5000] number huge text wide_text
package package.sub package.sub.REGISTRY['http'].items package.shadow os os.path os.path.sep sys.modules['os'] threading._active
len None True Exception ValueError.__mro__[-1] dict
__main__ __main__.child __main__.child.n
'''.split()
MODULE += ["child.by_key[u'\\xe4\\u20ac']", "child . items [ 0 ]", "child.by_key[ 1 , 'x' ]"]
if PY2:
    MODULE += ['old.own[0]', 'old.shared', 'old.side', 'OldChild.shared', 'OldChild.side[0]', 'old.__class__']

REFUSED = [['child.nothing', "no attribute 'nothing'"], ['child.made', 'a property'], ['Base.made.nothing', 'property'],
           ['slots.unset', 'slot without a value'], ["child.by_key['zzz']", 'no such key'],
           ['child.items[2]', 'has 2'], ['child.items[-3]', 'has 2'], ['queue[500]', 'has 199'],
           ['number.real', "'real'"], ['number[0]', 'holds no items'], ['text[0]', 'holds no items'],
           ['nowhere', 'nothing is called'], ['removed.n', "no attribute 'n'"], ['package.missing', 'no attribute'],
           ['default["new"]', 'no such key'], ['unbound', 'nothing is called']]

VALUES = ['number', 'huge', 'negative', 'text', 'wide_text', 'astral', 'surrogate', 'raw', 'array', 'both', 'nan', 'inf',
          'nested', 'flags', 'None', 'child.by_key', 'child.items', 'many', 'big', 'empty', 'package.sub.__name__']

truth = {'refused': REFUSED, 'frames': []}


def type_name(obj):
    t = type(obj)
    if PY2 and t is types.InstanceType:
        return 'instance of %s.%s' % (obj.__class__.__module__, obj.__class__.__name__)
    name = getattr(t, '__qualname__', t.__name__)
    return name if t.__module__ in ('builtins', '__builtin__') else '%s.%s' % (t.__module__, name)


def is_simple(obj):
    """Is repr() of it the same for everyone who reads it?"""
    return isinstance(obj, (int, float, str, bytes, type(u''), type(None))) and type(obj).__module__ in (
        'builtins', '__builtin__')


def literal(obj):
    """The value as text that Python 3 evaluates to it."""
    t = type(obj)
    if t in (list, tuple, set, frozenset):
        inside = ', '.join(literal(o) for o in obj) + (',' if t is tuple and obj else '')
        return {list: '[%s]', tuple: '(%s)', set: 'set([%s])', frozenset: 'frozenset([%s])'}[t] % inside
    if t is dict:
        return '{%s}' % ', '.join('%s: %s' % (literal(k), literal(v)) for k, v in obj.items())
    if t is float:
        return 'float(%r)' % repr(obj)
    if t is complex:
        return 'complex(%s, %s)' % (literal(obj.real), literal(obj.imag))
    if t is bytearray:
        return 'bytearray(%s)' % literal(bytes(obj))
    if t is bytes:
        return 'b' + repr(obj).lstrip('b')
    return (repr(obj).lstrip('u') if PY2 else ascii(obj)).rstrip('L')


def facts(expressions, names, scope):
    rows = []
    for text in expressions:
        obj = eval(text, dict(names), scope)
        rows.append([text, id(obj), type_name(obj), sys.getsizeof(obj), repr(obj) if is_simple(obj) else None])
    return rows


def seen_from(expressions, scope):
    """A frame that tells what it sees; the outermost first."""
    truth['frames'].append(facts(expressions.split(), globals(), scope))


MAIN = dict(sys.modules)
MAIN.update(globals())


def inner(argument, *rest, **named):
    local = {'in': 'inner', 'list': [1]}
    cell = ['cell']

    def innermost():
        free, shadow, number = cell, 'of innermost', 'a local'
        unbound = 1
        del unbound
        seen_from('number shadow free[0] cell[0] child.n len package.sub Child', locals())
        scene.tell(truth)
        scene.ready()
        scene.block()
        return free, shadow, number
    seen_from('argument rest[1] named["key"] local["list"][0] cell[0] child innermost argument.items[0]', locals())
    return innermost()


def outer():
    shadow, number = 'of outer', ['outer']
    seen_from('shadow number[0] Child', locals())
    inner(child, 1, [2], key='value')
    return shadow, number


truth['module'] = facts(MODULE, MAIN, None)
truth['values'] = dict((name, literal(eval(name))) for name in VALUES)
outer()
