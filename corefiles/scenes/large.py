# SPDX-License-Identifier: Apache-2.0
"""Containers of n objects, an object with n referrers, a chain of n nodes: large.py DIR N.

truth.json: addresses by name.
"""
import gc

import scene

N = int(scene.ARGS[0])
gc.disable()


class Node(object):
    __slots__ = ('next',)


class Shared(object):
    pass


shared = Shared()
wide = [shared] + [None] * (10 * N // 3)  # an object at its end is reached through all of it
last = Shared()
wide.append(last)
holders = [(shared,) for _ in range(5 * N // 3)]
table = dict((i, float(i)) for i in range(N))
in_table = Shared()
table['x'] = in_table
head = None
for _ in range(N // 3):
    node = Node()
    node.next = head
    head = node
    if _ == 0:
        tail = node
tail.next = end = Shared()
ids = {'wide': id(wide), 'last': id(last), 'shared': id(shared), 'holders': id(holders), 'table': id(table),
       'in_table': id(in_table), 'head': id(head), 'tail': id(tail), 'end': id(end)}
del last, in_table, end, node, tail
scene.tell(ids)
scene.ready_and_block()
scene.end()
