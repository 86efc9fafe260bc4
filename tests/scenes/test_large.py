#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing is quadratic: a wide list, an object with many referrers, a long chain, a large dict; eight times as many of
each may cost sixteen times as much processor time, not sixty-four times."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402

SMALL, TIMES = 40000, 8
COMMANDS = (
    'show wide', 'show shared', 'show table --full', 'referents wide', 'referents holders', 'referents table',
    'referents head --depth 1000000', 'referrers shared', 'referrers shared --depth 3', 'referrers end --depth 1000000',
    'path last', 'path shared --count 5', 'path in_table', 'path end', 'path --type Shared', 'path --type tuple',
    'path --type float', 'path --type Node', 'group tuple --by owner', 'group tuple --by referrers',
    'group float --by owner', 'group float --by value', 'group Node --by .next', 'group Shared --by referrers',
    # and where every row is wanted
    'show holders --limit 0', 'referents holders --limit 0', 'referents table --limit 0',
    'referents head --depth 1000000 --limit 0', 'referrers shared --limit 0', 'referrers shared --depth 2 --limit 0',
    'path --type Node --limit 0', 'path --type Node --limit 1000000000')


def cost(test, scene, command):
    """Seconds of the processor, and bytes of output."""
    name, *rest = [hex(scene.truth[w]) if w in scene.truth else w for w in command.split()]
    with open(os.path.join(scene.dir, 'out'), 'w') as out:
        pid = os.posix_spawn(harness.HEAPSCOPE, [harness.HEAPSCOPE, name, str(scene.pid)] + rest, os.environ,
                             file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1)])
        _, status, usage = os.wait4(pid, 0)
    test.assertEqual(0, status, command)
    with open(os.path.join(scene.dir, 'out')) as out:
        test.assertTrue(out.read(), command)
    return usage.ru_utime + usage.ru_stime


class Large(unittest.TestCase):
    def test_linear(self):
        interpreter = harness.newest((3, 11))
        with harness.Scene('large.py', interpreter, str(SMALL)) as scene:
            small = {c: cost(self, scene, c) for c in COMMANDS}
        with harness.Scene('large.py', interpreter, str(SMALL * TIMES)) as scene:
            large = {c: cost(self, scene, c) for c in COMMANDS}
        slow = ['%s: %.2f s, then %.2f s' % (c, small[c], large[c]) for c in COMMANDS
                if large[c] > 2 * TIMES * max(small[c], 0.02)]
        self.assertEqual([], slow)


if __name__ == '__main__':
    harness.main()
