#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names in GDB's own expressions, held against what the program says of itself; the printer of PyObject pointers; what
completion offers; Ctrl-C."""
import os
import re
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import debugger  # noqa: E402
from debugger import harness, package  # noqa: E402


@harness.expand
class Values(unittest.TestCase):
    @harness.each_interpreter()
    def test_functions(self, interpreter):
        """The scene wrote down id() of what these lead to, from frames and from modules; live and from a core."""
        steps = ['hs frame 2', 'print/d $pyaddr("job")', 'print/d $pyaddr("job.queue")', 'print/d $pyaddr("words")',
                 'hs frame 3', 'print/d $pyaddr("last.queue[2][\'key\']")', 'print/d $pyaddr("__main__.jobs[-1].queue")',
                 'print $pytype($pyaddr("last"))', 'print $pyrepr($pyaddr("last.queue"))', 'print $pyrepr(1)',
                 'print $pyaddr("nobody")', 'hs print last.number', 'hs print label --frame 2']
        with harness.Scene('debugged.py', interpreter) as scene:
            truth = scene.truth
            targets = [['-iex', 'set auto-solib-add off', '-p', scene.pid], ['-iex', 'set auto-solib-add off', '-c',
                                                                             scene.gcore()]]
            for arguments in targets:
                out = debugger.Gdb(arguments, [['gdb', s] for s in steps])
                addresses = [int(re.search(r'= (\d+)', out[i]['out']).group(1)) for i in (1, 2, 3, 5, 6)]
                self.assertEqual([truth[k] for k in ('job', 'queue', 'words', 'tuple', 'queue')], addresses)
                self.assertRegex(out[7]['out'], r'= "__main__\.Job"\n$')
                self.assertIn("[19, 'job 19', {'key': (1, 2.5)}]", out[8]['out'])
                self.assertRegex(out[9]['error'], '^heapscope: no object begins at 0x1;')
                self.assertRegex(out[10]['error'], '^heapscope: .*nobody')
                self.assertRegex(out[11]['out'], r'(?m)^Value +19$')
                self.assertRegex(out[12]['out'], r"(?m)^Value +'inner'$")

    def test_values_as_addresses(self):
        """What GDB knows is an address for heapscope too: a convenience variable, a function, a register."""
        steps = ['set $it = $pyaddr("__main__.jobs[-1].queue[2]")', 'hs show $it', 'hs --json show $pyaddr("__main__.jobs[-1].queue[2]")', 'hs referrers $it',
                 'hs print $it[\'key\']', 'hs show $nothing', 'hs show $rip', 'print $pyrepr()', 'print $pyaddr()']
        with harness.Scene('debugged.py', harness.newest()) as scene:
            gdb = debugger.attached(scene.pid, [['gdb', s] for s in steps])
        self.assertRegex(gdb[1]['out'], r"(?m)^Value +\{'key': \(1, 2\.5\)\}$")
        self.assertIn('"address": %s' % re.search(r'0x\w+', gdb[1]['out']).group().replace('0x', ''),
                      re.sub(r'"address": (\d+)', lambda m: '"address": %x' % int(m.group(1)), gdb[2]['out']))
        self.assertIn('[2]', gdb[3]['out'])
        self.assertRegex(gdb[4]['out'], r'(?m)^Value +\(1, 2\.5\)$')
        self.assertRegex(gdb[5]['error'], r'^heapscope: \$nothing is no address: ')
        self.assertRegex(gdb[6]['error'], r'^heapscope: 0x\w+ is in ')
        self.assertRegex(gdb[7]['error'], r'^heapscope: usage: \$pyrepr\(ADDRESS\): ')
        self.assertRegex(gdb[8]['error'], r'^heapscope: usage: \$pyaddr\("EXPR"\): ')

    def test_quotes_in_expressions(self):
        """What stands in brackets is Python's: nobody quotes it twice, as a shell would want it."""
        steps = ["hs print __main__.jobs[-1].queue[2]['key']", "hs print \"__main__.jobs[-1].queue[2]['key']\"",
                 'hs print __main__.jobs[-1].queue[2]["key"]', "hs group dict --by ['key'] --limit 1", "hs print sys.modules['a b\"]'].x",
                 "hs print sys.modules['a", "hs --json print sys.modules['sys']", "hs types '--filter=no such' --limit 1",
                 "hs print sys.path[", "hs objects --attr 'number=19' '__main__.Job'", "hs objects --attr=number='19' __main__.Job"]
        with harness.Scene('debugged.py', harness.newest()) as scene:
            gdb = debugger.attached(scene.pid, [['gdb', s] for s in steps])
        for i in range(3):
            self.assertRegex(gdb[i]['out'], r'(?m)^Value +\(1, 2\.5\)$')
        self.assertRegex(gdb[3]['out'], r"\['key'\]")
        self.assertIn("no such key\n    sys.modules['a b\"]'].x\n               ^", gdb[4]['error'])
        self.assertIn("string is not closed\n    sys.modules['a\n", gdb[5]['error'])
        self.assertIn('"type": "module"', gdb[6]['out'])
        self.assertRegex(gdb[7]['out'], "^Total 0 objects")
        self.assertIn("\n    sys.path[\n             ^\nTry 'help heapscope print'.", gdb[8]['error'])
        self.assertEqual(gdb[9]['out'], gdb[10]['out'])

    @harness.each_interpreter()
    def test_sizes(self, interpreter):
        with harness.Scene('counts.py', interpreter) as scene:
            name, row = next(iter(sorted((k, v) for k, v in scene.truth['types'].items() if v[0] == 1)), (None, None))
            gdb = debugger.attached(scene.pid, [['gdb', 'print $pysize($pyaddr("sys"))'], ['gdb', 'hs print sys --json']])
        self.assertIn('"size": %s,' % gdb[0]['out'].split()[-1], gdb[1]['out'])

    def test_printer(self):
        """GDB's own view of a PyObject pointer, which needs GDB to know the type: debug information."""
        with harness.Scene('debugged.py', harness.newest()) as scene:
            address = scene.truth['tuple']
            steps = ['print (PyObject *) %d' % scene.truth['tuple'], 'print (PyObject *) 0',
                     'disable pretty-printer global heapscope', 'print (PyObject *) %d' % scene.truth['tuple']]
            gdb = debugger.Gdb(['-p', scene.pid], [['gdb', s] for s in steps])
        self.assertEqual('$1 = 0x%x (1, 2.5)\n' % address, gdb[0]['out'])
        self.assertEqual('$2 = 0x0\n', gdb[1]['out'])
        self.assertNotIn('2.5', gdb[3]['out'])

    def test_completion(self):
        with harness.Scene('debugged.py', harness.newest()) as scene:
            asked = {'hs typ': ['types'], 'heapscope typ': ['types'], 'hs types --so': ['--sort'],
                     'hs types --sort c': ['count'], 'hs types --sort=m': ['--sort=max'], 'hs objects __main__.J': [],
                     'hs stack --thread %d' % (scene.pid // 10): [str(scene.pid)], 'hs frames o': ['off', 'on']}
            steps = [['gdb', 'complete ' + text] for text in asked] + [['gdb', 'hs types --limit 1'], [
                'gdb', 'complete hs objects __main__.J'], ['gdb', 'complete hs path --type __main__.J']]
            gdb = debugger.attached(scene.pid, steps)
        for (text, found), answer in zip(asked.items(), gdb.answers):
            got = [line[len(text.rpartition(' ')[0]) + 1:] for line in answer['out'].splitlines()]
            self.assertEqual(found, [g for g in got if g in found] if '--thread' in text else got, text)
        self.assertEqual('hs objects __main__.Job\n', gdb[-2]['out'])
        self.assertEqual('hs path --type __main__.Job\n', gdb[-1]['out'])


class Interrupt(unittest.TestCase):
    def test_ctrl_c(self):
        """SIGINT ends the command, not GDB; the session is good for the next."""
        code = ('import sys; sys.stdout.flush(); d = {i: [str(i), (i, float(i)), {i}] for i in range(400000)}; '
                'print("ready", flush=True); sys.stdin.read()')
        big = subprocess.Popen([harness.newest().path, '-c', code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        gdb = None
        try:
            self.assertEqual(b'ready\n', big.stdout.readline())
            gdb = subprocess.Popen(['gdb'] + [a for a in debugger.QUIET if a != '-batch'] + [
                '-q', '-iex', 'set auto-solib-add off', '-p', str(big.pid), '-ex', 'source ' + debugger.EXTENSION],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
                env=package.environment(PYTHONPATH=None), preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))

            def ask(*lines):
                gdb.stdin.write(''.join(l + '\n' for l in lines) + 'echo MARK\\n\n')
                gdb.stdin.flush()

            def answer():
                said = ''
                for line in gdb.stdout:
                    if line.endswith('MARK\n'):
                        return said
                    said += line
                self.fail('GDB has ended: ' + said)

            ask('set pagination off')
            answer()
            for delay in 0.7, 0.4, 0.2, 0.1:  # until it comes in the midst of it
                ask('set $r15 = $r15', 'hs path --type str --limit 1')
                time.sleep(delay)
                gdb.send_signal(signal.SIGINT)
                began = time.monotonic()
                said = answer()
                if 'heapscope: interrupted' in said:
                    break
            self.assertIn('heapscope: interrupted', said)
            print('it took %.2f s' % (time.monotonic() - began))
            ask('hs path --type str --limit 1')
            self.assertNotIn('interrupted', answer())
            ask('hs types --limit 1')
            self.assertRegex(answer(), r'Total \d{7} objects')
            gdb.stdin.write('detach\nquit\n')
            gdb.stdin.close()
            self.assertEqual(0, gdb.wait(harness.PATIENCE))
            self.assertTrue(harness.is_going_on(big.pid))
        finally:
            for process in (gdb, big):
                if process:
                    process.kill()
                    process.wait()
                    process.stdout.close()
                    process.stdin.close()


if __name__ == '__main__':
    if debugger.gone():
        sys.exit(debugger.gone())
    harness.main()
