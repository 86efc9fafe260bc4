# SPDX-License-Identifier: Apache-2.0
"""Objects of C types that heapscope never heard of (tests/scenes/extension.c, on the path) and what they hold.

truth.json: {"node": id, "fields": {label: id of what it leads to}, "shown": ..., "half": ..., "derived": ...}
"""
import gc
import sys

import scene
import unheard


class Held(object):
    pass


class Derived(unheard.Node):
    """A class on top of it, with an attribute."""


def node(of):
    held = [Held() for _ in range(9)]
    labels = ['left', 'pair.first', 'pair.second', 'slots[0]', 'slots[1]'] + ['items[%d]' % i for i in range(4)]
    return of(*held), dict(zip(labels, map(id, held)))


kept, fields = node(unheard.Node)
derived, derived_fields = node(Derived)
derived.more = Held()
a, b = Held(), Held()
shown = unheard.Shown(a, b)
half = unheard.Half(a, b)
concrete = unheard.Concrete(Held())
truth = {'node': id(kept), 'fields': fields, 'derived': id(derived), 'derived_fields': derived_fields,
         'more': id(derived.more), 'shown': id(shown), 'half': id(half), 'a': id(a), 'b': id(b),
         'concrete': id(concrete), 'concrete_size': sys.getsizeof(concrete), 'concrete_held': id(gc.get_referents(concrete)[0])}
del a, b
scene.quiet()
scene.tell(truth)
scene.ready_and_block()
scene.end()
