#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Other allocators, other ways to start: PYTHONMALLOC, -X dev, embedded in a program, started through ld.so."""
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
from test_counts import check_classes  # noqa: E402

EMBED = os.path.join(harness.BUILD, 'embed')
LD_SO = '/lib64/ld-linux-x86-64.so.2'


@harness.expand
class Modes(unittest.TestCase):
    def check(self, scene, note=None):
        run = harness.heapscope('types', '--json', scene.pid)
        self.assertEqual(0, run.status, run)
        document = run.json()
        rows = {row['type']: row for row in document['rows']}
        check_classes(self, scene.truth['types'], rows, 'live')
        if note:
            self.assertTrue([n for n in document['notes'] if note in n], document['notes'])
        return document

    @harness.each_interpreter(since=(3, 6))
    def test_malloc(self, interpreter):
        for mode in ('malloc', 'malloc_debug'):
            with self.subTest(mode), harness.Scene('counts.py', interpreter, env={'PYTHONMALLOC': mode}) as scene:
                self.check(scene, 'malloc')

    @harness.each_interpreter(since=(3, 6))
    def test_malloc_inside_a_collection(self, interpreter):
        """What the collector has taken off its lists is found from the frames that run, and from its neighbours."""
        for mode in ('malloc', 'malloc_debug'):
            with self.subTest(mode), harness.Scene('collecting.py', interpreter,
                                                   env={'PYTHONMALLOC': mode}) as scene:
                self.check(scene, 'malloc')

    @harness.each_interpreter(since=(3, 6))
    def test_debug_hooks(self, interpreter):
        with harness.Scene('counts.py', interpreter, env={'PYTHONMALLOC': 'debug'}) as scene:
            self.check(scene)

    @harness.each_interpreter(since=(3, 7))
    def test_dev_mode(self, interpreter):
        with harness.Scene('counts.py', interpreter, flags=['-X', 'dev']) as scene:
            self.check(scene)

    @harness.each_interpreter(only=harness.shared_library)
    def test_embedded(self, interpreter):
        library = harness.shared_library(interpreter)
        for thread in ('main', 'thread'):
            with self.subTest(thread), harness.Scene('counts.py', interpreter, command=[EMBED, library, thread],
                                                     env={'PYTHONHOME': interpreter.prefix}) as scene:
                self.check(scene)

    @harness.each_interpreter()
    def test_through_ld_so(self, interpreter):
        if not os.path.exists(LD_SO):
            harness.skip(self, 'no ' + LD_SO)
        with harness.Scene('counts.py', interpreter, command=[LD_SO, os.path.realpath(interpreter.path)],
                           env={'PYTHONHOME': interpreter.prefix}) as scene:
            document = self.check(scene)
            self.assertTrue(document['target']['python'].startswith(interpreter.full.rstrip('+')), document['target'])

    def test_debug_file_in_its_own_root(self):
        """In a container: a stripped library there, its debug file there, and neither of them where heapscope runs."""
        if os.getuid() != 0 or subprocess.run(['unshare', '-m', 'true'], stderr=subprocess.DEVNULL).returncode:
            harness.skip(self, 'mounts need root')
        with_library = [i for i in harness.INTERPRETERS if harness.shared_library(i)]
        if not with_library or not os.path.isdir('/usr/lib/debug') or not shutil.which('objcopy'):
            harness.skip(self, 'wants an interpreter with libpython, /usr/lib/debug and objcopy')
        library = os.path.realpath(harness.shared_library(with_library[-1]))
        with tempfile.TemporaryDirectory(prefix='scene-root-') as folder:
            build_id = os.urandom(20)
            stripped = self.strip(library, folder, build_id)
            mounts = 'mount --bind %s %s && mount --bind %s /usr/lib/debug && exec "$0" "$@"' % tuple(
                shlex.quote(p) for p in (stripped, library, os.path.join(folder, 'debug')))
            with harness.Scene('counts.py', with_library[-1],
                               command=['unshare', '-m', 'sh', '-c', mounts, with_library[-1].path]) as scene:
                self.check(scene)
                run = harness.heapscope('doctor', scene.pid)
                self.assertRegex(run.out, r'debug +/proc/\d+/root/usr/lib/debug/.build-id/' + build_id.hex()[:2], run)

    def test_debug_directories(self):
        """--debug-dir is looked into before /usr/lib/debug, not instead."""
        def debug_files(scene, *options):
            run = harness.heapscope('doctor', '--json', scene.pid, *options)
            self.assertEqual(0, run.status, run)
            return [f['debug_file'] for f in run.json()['files'] if f['debug_file']]

        usual = '/usr/lib/debug/.build-id/'
        for interpreter in harness.INTERPRETERS:
            with harness.Scene('counts.py', interpreter) as scene, tempfile.TemporaryDirectory() as folder:
                found = [f for f in debug_files(scene) if f.startswith(usual)]
                if not found:
                    continue
                self.assertEqual(found, [f for f in debug_files(scene, '--debug-dir', folder) if f.startswith(usual)])
                copy = os.path.join(folder, '.build-id', found[0][len(usual):])
                os.makedirs(os.path.dirname(copy))
                shutil.copy(found[0], copy)
                self.assertIn(copy, debug_files(scene, '--debug-dir', '/none', '--debug-dir', folder))
                return
        harness.skip(self, 'no interpreter has its debug file below ' + usual)

    def strip(self, library, folder, build_id):
        """A stripped copy with that build-id, whose debug file is in folder/debug."""
        note, whole, stripped = (os.path.join(folder, n) for n in ('note', 'whole', 'stripped'))
        debug = os.path.join(folder, 'debug', '.build-id', build_id.hex()[:2], build_id.hex()[2:] + '.debug')
        os.makedirs(os.path.dirname(debug))
        with open(note, 'wb') as f:
            f.write(b'\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0' + build_id)
        subprocess.run(['objcopy', '--update-section', '.note.gnu.build-id=' + note, library, whole], check=True)
        subprocess.run(['objcopy', '--only-keep-debug', whole, debug], check=True)
        subprocess.run(['objcopy', '--strip-all', whole, stripped], check=True)
        return stripped


if __name__ == '__main__':
    harness.main()
