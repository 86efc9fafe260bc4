# SPDX-License-Identifier: Apache-2.0
"""What was seen to go wrong elsewhere, by name: each row that is not held by a test of its own file."""
import os
import subprocess
import time
import unittest

import harness


def document_of(test, *arguments):
    run = harness.heapscope('stack', '--json', *arguments)
    test.assertEqual(0, run.status, run)
    return run.json()


@harness.expand
class Peers(unittest.TestCase):
    @harness.each_interpreter(since=(3, 0))
    def test_h01_h02_names_that_are_not_ascii(self, interpreter):
        with harness.Scene('stack_frames.py', interpreter) as scene:
            rows = [row for row in document_of(self, scene.pid)['rows'] if row['file'].endswith('tést\U0001f4a9.py')]
            self.assertEqual(['наружу', 'кириллица'], [row['function'] for row in rows])
            self.assertTrue(all(row['source'] for row in rows))
            text = harness.heapscope('stack', scene.pid).out
            self.assertIn('tést\U0001f4a9.py", line 3, in кириллица', text)
            self.assertNotIn('\x1b', text)

    def test_h09_nothing_of_the_target_is_executed(self):
        with harness.Scene('stack_locals.py', harness.newest()) as scene:
            name = os.path.join(scene.dir, 'x;touch pwned;y')
            with open('/bin/sleep', 'rb') as f, open(name, 'wb') as to:
                to.write(f.read())
            os.chmod(name, 0o755)
            process = subprocess.Popen([name, '1000'], cwd=scene.dir)
            try:
                run = harness.heapscope('stack', process.pid, cwd=scene.dir)
                self.assertEqual(2, run.status, run)
                self.assertIn('is not a CPython process', run.err)
                self.assertFalse(os.path.exists(os.path.join(scene.dir, 'pwned')))
            finally:
                process.kill()
                process.wait()

    def test_source_that_is_newer_is_marked(self):
        with harness.Scene('stack_frames.py', harness.newest()) as scene:
            path = os.path.join(scene.dir, 'd\xe9', 't\xe9st\U0001f4a9.py')

            def lines():
                document = document_of(self, scene.pid)
                return [(row['source'], row['source_is_newer']) for row in document['rows'] if row['file'] == path]

            before = lines()
            self.assertEqual({False}, {newer for _, newer in before})
            self.assertNotIn('is newer than the process', harness.heapscope('stack', scene.pid).out)
            os.utime(path, (time.time() + 10, time.time() + 10))
            self.assertEqual([(source, True) for source, _ in before], lines())
            self.assertIn('(the file is newer than the process)', harness.heapscope('stack', scene.pid).out)
            os.unlink(path)
            self.assertEqual({(None, None)}, set(lines()))

    def test_h27_names_come_from_the_core(self):
        why = harness.why_no_gcore()
        if why:
            harness.skip(self, why)
        with harness.Scene('stack_states.py', harness.newest()) as scene:
            core = scene.gcore()
            live = sorted(str(row['name']) for row in document_of(self, scene.pid)['threads'])
            scene.process.kill()
            scene.process.wait()
            self.assertEqual(live, sorted(str(row['name']) for row in document_of(self, core)['threads']))

    def test_h28_reader_that_goes_away(self):
        with harness.Scene('stack_large.py', harness.newest(), 'deep', '20000') as scene:
            run = subprocess.run('%s stack --full %d | head -1; echo ${PIPESTATUS[0]}' % (harness.HEAPSCOPE, scene.pid),
                                 shell=True, executable='/bin/bash', stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(b'', run.stderr)
            self.assertTrue(run.stdout.startswith(b'Process %d, ' % scene.pid))
            self.assertTrue(harness.is_going_on(scene.pid))

    def test_h30_text_file_as_core(self):
        run = harness.heapscope('stack', '/etc/passwd')
        self.assertEqual(2, run.status)
        self.assertEqual(1, run.err.count('\n'), run)
        self.assertIn('is a text file, not a core', run.err)


if __name__ == '__main__':
    harness.main()
