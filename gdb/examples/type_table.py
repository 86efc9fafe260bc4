# SPDX-License-Identifier: Apache-2.0
"""type_table.py PID-or-CORE [PATTERN]: types by the memory that their objects take."""
import sys

import heapscope

with heapscope.open(sys.argv[1]) as heap:
    for kind in heap.types(*sys.argv[2:]):
        print('%9d objects %12d bytes  %s' % (kind.count, kind.size, kind.type))
