# SPDX-License-Identifier: Apache-2.0
"""Objects that are held in every way that has a name, and expressions that somebody else wrote for them.

truth.json: {"held": {name: id}}. After DIR/expressions.json
{name: [[root, expression], ...]} is there and a line came in, truth.json has
{"same": {name: [whether the expression gives the object, or what went wrong]}}.
"""
from __future__ import print_function

import collections
import functools
import json
import os
import sys
import threading
import types
import weakref

import scene

HELD = {}  # name -> id: the objects themselves must not be held from here


class Thing(object):
    """What is held: never looked like by anything else."""
    __slots__ = ('note', '__weakref__')

    def __init__(self, name):
        HELD[name] = id(self)


class Node(object):
    def __init__(self):
        self.next = None


class Slotted(object):
    __slots__ = ('first', 'second')


class SubSlotted(Slotted):
    __slots__ = ('third',)


class Klass(object):
    attribute = [Thing('class attribute')]
    mapping = {'k': Thing('in a dict of a class')}


class MyDict(dict):
    pass


class MyList(list):
    pass


REGISTRY = {'http': Node(), ('t', 2): Thing('under a tuple'), 7: Thing('under an int'), 'it\'s': Thing('quotes'),
            None: Thing('under None'), -3: Thing('under a negative'), 10 ** 30: Thing('under a big int'),
            True: Thing('under True')}
REGISTRY['http'].tags = {'only one has this': [0, (1, Thing('deep'))]}
setattr(REGISTRY['http'], 'not an identifier', Thing('odd attribute'))
SLOTTED = SubSlotted()
SLOTTED.second = Thing('slot of a base')
SLOTTED.third = Thing('slot')
SET = {Thing('in a set')}
FROZEN = frozenset([Thing('in a frozenset')])
KEYS = {Thing('a key'): 1}
DEFAULT = collections.defaultdict(list, a=Thing('in a defaultdict'))
DEQUE = collections.deque([1, Thing('in a deque')])
PARTIAL = functools.partial(print if sys.version_info[0] > 2 else len, Thing('argument of a partial'))
MINE = MyDict(k=Thing('in a dict of mine'))
MINE.extra = Thing('attribute of a dict')
LIST = MyList([Thing('in a list of mine')])
CHAIN = Node()
at = CHAIN
for i in range(50):
    at.next = Node()
    at = at.next
at.next = Thing('at the end of a chain')
del at


def closure():
    inner = Thing('in a closure')

    def function(default=Thing('a default')):
        return inner
    return function


FUNCTION = closure()
FUNCTION.attribute = Thing('attribute of a function')


def generator():
    kept = Thing('local of a generator')
    yield 1
    return


GENERATOR = generator()
next(GENERATOR)
METHOD = types.MethodType(lambda self: 1, Thing('self of a method'))
PROPERTY = property(Thing)


class HasProperty(object):
    prop = property(lambda self: 1)
    static = staticmethod(FUNCTION)


module = types.ModuleType('held_module')
module.value = Thing('in another module')
sys.modules['held_module'] = module
del module
WEAK_HOLDER = [Thing('strong and weak')]
WEAK = weakref.ref(WEAK_HOLDER[0])
READY = threading.Event()
GO_ON = threading.Event()
FRAMES = {}


def run(parameter):
    local = Thing('local of a thread')
    FRAMES['run'] = sys._getframe()
    both = [parameter]
    READY.set()
    while not GO_ON.wait(0.5):
        pass
    return local, both


def spaces(root):
    """What names mean where the root is: in the frames of that function, or in all modules."""
    if not root.startswith('local '):
        yield dict((m.split('.')[0], sys.modules[m.split('.')[0]]) for m in list(sys.modules)
                   if sys.modules.get(m.split('.')[0]) is not None)
        return
    function = root.split(' in ')[1].split('()')[0].split('.')[-1]
    for frame in sys._current_frames().values():
        while frame is not None:
            if frame.f_code.co_name == function:
                yield dict(frame.f_locals)
            frame = frame.f_back


def gives(name, root, expression):
    wrong = 'no frame'
    for space in spaces(root):
        try:
            value = eval(expression, space)
        except Exception as e:
            wrong = '%s: %s' % (type(e).__name__, e)
            continue
        if id(value) == HELD[name] and type(value) is Thing:
            return True
        wrong = repr(value)[:200]
    return wrong


THREAD = threading.Thread(target=run, args=(Thing('parameter of a thread'),))
THREAD.daemon = True
THREAD.start()
READY.wait()
FRAMES.clear()
scene.quiet()
scene.tell({'held': HELD})
if scene.ready_and_block():
    with open(os.path.join(scene.DIR, 'expressions.json')) as f:
        asked = json.load(f)
    scene.tell({'same': dict((name, [gives(name, root, e) for root, e in asked[name]]) for name in asked)})
    scene.ready_and_block()
scene.end()
