# SPDX-License-Identifier: Apache-2.0
"""large_dicts.py PID-or-CORE [ENTRIES]: dicts with that many entries and more, and what keeps each alive."""
import sys

import heapscope

with heapscope.open(sys.argv[1]) as heap:
    for obj in heap.objects('dict', len=(int((sys.argv + ['1000'])[2]), None)):
        path = obj.path()
        print(obj.len, obj.size, path.expression or path.root if path else 'nothing')
