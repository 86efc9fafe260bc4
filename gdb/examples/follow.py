# SPDX-License-Identifier: Apache-2.0
"""follow.py PID-or-CORE EXPRESSION: what an expression leads to, and what that holds."""
import sys

import heapscope

with heapscope.open(sys.argv[1]) as heap:
    obj = heap.find(sys.argv[2])
    print(obj.type, obj.repr)
    for member in obj.members(limit=20):
        print('  %-20s %s' % (member.label, member.object.repr))
