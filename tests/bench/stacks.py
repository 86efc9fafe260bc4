# SPDX-License-Identifier: Apache-2.0
"""What `heapscope stack` takes: wall time, memory, and for how long the process stands still; and its peers'."""
import json
import os
import shutil
import statistics
import subprocess
import sys

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
MB = 1 << 20
# (name, arguments of standing.py, options of stack, {figure: target}); seconds and bytes
CASES = (
    ('trivial process, warm', ('trivial',), (), {'wall': 0.030, 'peak': 12 * MB, 'pause': 0.002}),
    ('1,000 threads of 20 frames', ('threads', '1000'), (), {'wall': 0.3, 'pause': 0.050}),
    ('recursion of 50,000', ('deep', '50000'), (), {'wall': 0.5}),
    ('trivial process, --native', ('trivial',), ('--native',), {'wall': 0.21, 'pause': 0.002}),
    ('1,000 threads of 20 frames, --native', ('threads', '1000'), ('--native',), {'wall': 1.0, 'pause': 0.100}),
    ('locals: 20 million, 3 million, 500 MB', ('locals',), ('--locals',), {'peak': 20 * MB, 'pause': 0.020}),
)
PEERS = (('py-spy', ('dump', '--pid')), ('pystack', ('remote',)))


class Standing:
    def __init__(self, python, *arguments):
        self.process = subprocess.Popen([python, os.path.join(HERE, 'standing.py'), *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)
        self.pid = self.process.pid
        if self.process.stdout.readline() != 'READY\n':
            raise SystemExit('standing.py %s did not start' % ' '.join(arguments))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


# A program is charged with the memory of the one that starts it: so a small one does, and says [seconds, KiB, status].
STARTER = '''
import json, os, sys, time
null = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
began = time.perf_counter()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[null, (os.POSIX_SPAWN_DUP2, 1, 2)])
_, status, usage = os.wait4(pid, 0)
print(json.dumps([time.perf_counter() - began, usage.ru_maxrss, os.waitstatus_to_exitcode(status)]))
'''


def run(*command):
    """(seconds, peak bytes, status) of a command whose answer is thrown away."""
    out = subprocess.run([sys.executable, '-S', '-E', '-I', '-c', STARTER, *map(str, command)], stdout=subprocess.PIPE,
                         check=True)
    wall, peak, status = json.loads(out.stdout)
    return wall, peak * 1024, status


def pause(pid, *options):
    out = subprocess.run([harness.HEAPSCOPE, 'stack', '--json', str(pid), *options], stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout)['target']['pause_seconds']


def figures(pid, options, repeat):
    run(harness.HEAPSCOPE, 'stack', pid, *options)  # warms the page cache
    runs = [run(harness.HEAPSCOPE, 'stack', pid, *options) for _ in range(repeat)]
    if any(status for _, _, status in runs):
        raise SystemExit('heapscope stack %s: status %s' % (pid, runs[0][2]))
    return {'wall': statistics.median(r[0] for r in runs), 'peak': max(r[1] for r in runs),
            'pause': statistics.median(pause(pid, *options) for _ in range(repeat))}


def say_peers(pid, options):
    for name, words in PEERS:
        path = shutil.which(name)
        if path:
            wall, peak, status = run(path, *words, pid, *options)
            print('  %s beside: %.3f s, %.1f MB, status %d' % (name, wall, peak / MB, status), flush=True)


def measure(python, table, repeat):
    for name, arguments, options, targets in CASES:
        with Standing(python, *arguments) as s:
            got = figures(s.pid, options, repeat)
            for what, target in targets.items():
                divisor, unit = (MB, 'MB') if what == 'peak' else (1, 's')
                table.row('stack, %s: %s' % (name, what), got[what] / divisor, target / divisor, unit)
            say_peers(s.pid, options)

