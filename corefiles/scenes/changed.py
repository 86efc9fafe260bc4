# SPDX-License-Identifier: Apache-2.0
"""Objects that come, go and grow between two parts, and the scene knows which.

Part 2's truth.json: {"added": [address], "gone": n, "kept": n, "grown": bytes by which its list grew, "list": address}.
"""
import sys

import scene


class Kept(object):
    def __init__(self, i):
        self.ident = i


class Gone(object):
    __slots__ = ('a', 'b')


class Added(object):
    """As large as Gone: it gets the blocks that those leave."""
    __slots__ = ('a', 'b')


class Holder(object):
    pass


holder = Holder()
holder.things = []
kept = [Kept(i) for i in range(300)]
gone = [Gone() for _ in range(500)]
grown = []
scene.quiet()
scene.tell({})
if scene.ready_and_block():
    before = sys.getsizeof(grown)
    del gone[100:]
    for i in range(1000):
        holder.things.append(Added())
        grown.append(None)
    scene.tell({'added': list(map(id, holder.things)), 'gone': 400, 'kept': 300, 'list': id(grown),
                'grown': sys.getsizeof(grown) - before})
    scene.ready_and_block()
scene.end()
