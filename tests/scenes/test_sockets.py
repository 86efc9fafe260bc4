# SPDX-License-Identifier: Apache-2.0
"""heapscope stack of threads that wait at sockets: it says what these are, as the sockets themselves do."""
import os
import unittest

import harness


@harness.expand
class Sockets(unittest.TestCase):
    def check(self, truth, document):
        rows = {row['name']: row for row in document['threads']}
        self.assertLessEqual(set(truth['waits']), set(rows))
        for name, (fd, text) in truth['waits'].items():
            self.assertEqual([fd, text], [rows[name]['fd'], rows[name]['fd_is']], name)
            self.assertIn('(%d %s)' % (fd, text), rows[name]['doing'])

    def stack(self, target, *options):
        run = harness.heapscope('stack', '--json', target, *options)
        self.assertEqual(0, run.status, run)
        return run.json()

    @harness.each_interpreter()
    def test_what_a_socket_is(self, interpreter):
        with harness.Scene('stack_sockets.py', interpreter) as scene:
            truth = scene.truth
            for options in ([], ['--no-pause']):
                self.check(truth, self.stack(scene.pid, *options))
            if harness.why_no_gcore():
                return
            rows = {row['name']: row for row in self.stack(scene.gcore())['threads']}
            for name, (fd, _) in truth['waits'].items():  # a core tells the descriptor, and of nothing more
                self.assertEqual([fd, None], [rows[name]['fd'], rows[name]['fd_is']])
                self.assertNotIn('stopped', rows[name]['doing'])

    def test_in_another_network_namespace(self):
        if os.getuid():
            harness.skip(self, 'wants root')
        interpreter = harness.newest()
        with harness.Scene('stack_sockets.py', interpreter, 'any', command=['unshare', '-n', interpreter.path]) as scene:
            self.check(scene.truth, self.stack(scene.pid))


if __name__ == '__main__':
    harness.main()
