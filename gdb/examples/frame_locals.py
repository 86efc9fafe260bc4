# SPDX-License-Identifier: Apache-2.0
"""frame_locals.py PID-or-CORE [NAME]: local variables of every frame, or those of a name, with their values."""
import sys

import heapscope

with heapscope.open(sys.argv[1]) as heap:
    for frame in (frame for thread in heap.threads() for frame in thread.frames):
        for name, obj in frame.locals.items():
            if name in sys.argv[2:] or not sys.argv[2:]:
                print('%s:%s %s() %s = %s' % (frame.file, frame.line, frame.function, name, obj.repr))
