# SPDX-License-Identifier: Apache-2.0
"""Objects in the main interpreter and in two more."""
import gc

import scene

try:
    import _interpreters as subs
    run = getattr(subs, 'exec')
except ImportError:
    try:
        import _xxsubinterpreters as subs
        run = subs.run_string
    except ImportError:
        subs = None

CODE = '''
class Sub(object):
    def __init__(self, i):
        self.ident = i
hold = [Sub(i) for i in range(%d)]
import gc
gc.collect()
gc.disable()
'''


class Main(object):
    pass


hold = [Main() for _ in range(50)]
ids = []
if subs:
    for n in (300, 77):
        ids.append(subs.create())
        run(ids[-1], CODE % n)
gc.collect()
gc.disable()
scene.tell({'interpreters': 1 + len(ids), 'counts': {'__main__.Main': 50, '__main__.Sub': 377 if subs else 0}})
scene.ready_and_block()
scene.end()
