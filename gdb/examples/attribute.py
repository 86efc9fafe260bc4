# SPDX-License-Identifier: Apache-2.0
"""attribute.py PID-or-CORE TYPE NAME: an attribute of every object of a type."""
import sys

import heapscope

with heapscope.open(sys.argv[1]) as heap:
    for obj in heap.objects(sys.argv[2], attr=sys.argv[3]):
        print('0x%x %s' % (obj.address, obj.attr(sys.argv[3]).repr))
