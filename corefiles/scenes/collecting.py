# SPDX-License-Identifier: Apache-2.0
"""Stopped in the middle of a collection: what is reachable, and the garbage that is about to be freed, still counts."""
import gc
import sys
import weakref

import scene


class Kept(object):
    def __init__(self, i):
        self.ident = i
        self.items = [i]


class Garbage(object):
    """In a cycle that nothing holds."""

    def __init__(self):
        self.me = self


class Blocker(object):
    """Blocks while it is finalized."""

    def __init__(self):
        self.me = self

    if sys.version_info[0] > 2:
        def __del__(self):
            stand()


def stand(*_):
    scene.ready_and_block()
    scene.end()


gc.collect()
gc.disable()
old = [Kept(i) for i in range(1000)]
gc.collect()
young = [Kept(i) for i in range(500)]
garbage = [Garbage() for _ in range(400)]
truth = {'__main__.Kept': scene.sizes(old + young), '__main__.Garbage': scene.sizes(garbage),
         '__main__.Blocker': [1, None, None]}
del garbage
blocker = Blocker()
if sys.version_info[0] == 2:
    # Objects with __del__ are not collected there: a weak reference's callback runs in the middle of a collection.
    watch = weakref.ref(blocker, stand)
del blocker
scene.tell({'types': truth})
gc.collect()
sys.exit('the collection has ended')
