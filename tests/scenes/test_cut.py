#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cores that were cut off at 10, 50, 90 and 99 %: what is there is shown, marked, and right. The whole core is the
oracle: every object of the part is one of the whole's, at the same address and of the same type."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cores  # noqa: E402
import harness  # noqa: E402

CHECK = os.path.join(harness.BUILD, 'check_cut')
PERCENT = (10, 50, 90, 99)


@harness.expand
class Cut(unittest.TestCase):
    @harness.each_interpreter()
    def test_cut(self, interpreter):
        with harness.Scene('counts.py', interpreter) as scene:
            for kind, core in harness.targets_of(scene, self, ('gcore core', 'kernel core')):
                # gcore writes its notes last: a part has no names, and the user says which program it was.
                exe = os.path.realpath(interpreter.path) if kind == 'gcore core' else None
                whole = self.rows(core, exe, 0)
                shown = [self.check(scene, core, percent, exe, whole, '%s cut at %d %%' % (kind, percent))
                         for percent in PERCENT]
                self.assertEqual(sorted(shown), shown, '%s: more is there, and less is shown' % kind)
                self.assertGreater(shown[2], sum(whole.values()) // 3, '%s: too little of 90 %%' % kind)
                self.assertGreater(shown[3], sum(whole.values()) * 9 // 10, '%s: too little of 99 %%' % kind)

    def rows(self, core, exe, status):
        options = ['--exe', exe] if exe else []
        counts = {}
        for name, row in harness.types_of(self, core, *options, status=status).items():
            # 2.7: the class of an old-style instance can be what was cut off.
            name = 'instance' if name.startswith('instance of ') else name
            counts[name] = counts.get(name, 0) + row['count']
        return counts

    def check(self, scene, core, percent, exe, whole, what):
        path = cores.cut(core, percent, os.path.join(scene.dir, 'cut'))
        part = self.rows(path, exe, 1)
        for name, count in part.items():
            self.assertLessEqual(count, whole.get(name, 0), '%s: %s' % (what, name))
        done = subprocess.run([CHECK, path, core] + ([exe] if exe else []), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, universal_newlines=True, timeout=harness.PATIENCE)
        self.assertEqual(0, done.returncode, '%s: %s' % (what, done.stdout))
        return sum(part.values())

    @harness.each_interpreter(since=(3, 12))
    def test_names_what_is_missing(self, interpreter):
        """Where no path is left in memory nothing says which program it was: the line has its build-id and --exe."""
        why = harness.why_no_gcore()
        if why:
            harness.skip(self, why)
        with harness.Scene('counts.py', interpreter) as scene:
            path = cores.cut(scene.gcore(), 10, os.path.join(scene.dir, 'cut'))
            self.assertEqual(1, harness.heapscope('types', path).status)
            with open(path, 'rb') as f:
                memory = f.read()
            with open(path, 'wb') as f:
                f.write(memory.replace(b'/', b'-'))
            run = harness.heapscope('types', path)
            self.assertEqual((2, '', 1), (run.status, run.out, run.err.count('\n')), run)
            self.assertRegex(run.err, r'build-id [0-9a-f]{40}.*--exe', run)

    def test_another_build_is_refused(self):
        """A library of the same name at the same place is not enough if the objects name other types."""
        pairs = [i for i in harness.INTERPRETERS if i.version >= (3, 8)][-1:]
        why = harness.why_no_kernel_core()
        if why:
            harness.skip(self, why)
        for interpreter in pairs:
            with harness.Scene('counts.py', interpreter) as scene:
                core = scene.kernel_core()
                path = cores.cut(core, 50, os.path.join(scene.dir, 'cut'))
                root = os.path.join(scene.dir, 'root')
                moved = self.shifted(interpreter, root)
                if not moved:
                    harness.skip(self, 'no libpython to change')
                run = harness.heapscope('types', '--sysroot', root, path)
                self.assertEqual((2, '', 1), (run.status, run.out, run.err.count('\n')), run)
                self.assertIn('not the file that ran', run.err, run)

    def shifted(self, interpreter, root):
        """A copy of libpython below root in which the symbols stand 64 bytes further on. None: it has none."""
        loaded = subprocess.run(['ldd', os.path.realpath(interpreter.path)], stdout=subprocess.PIPE,
                                universal_newlines=True).stdout.split()
        paths = [p for p in loaded if p.startswith('/') and 'libpython' in p]
        if not paths:
            return None
        real = os.path.realpath(paths[0])
        copy = root + real
        os.makedirs(os.path.dirname(copy))
        subprocess.run(['objcopy', '--change-section-address', '.data+64', real, copy], check=False,
                       stderr=subprocess.DEVNULL)
        return copy if os.path.exists(copy) else None


if __name__ == '__main__':
    harness.main()
