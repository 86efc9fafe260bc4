# SPDX-License-Identifier: Apache-2.0
"""What the reference graph takes against `types` in the same run, in time and memory; questions once it stands."""
import json
import os
import statistics
import subprocess
import sys
import time

import harness
import stacks

sys.path.insert(0, os.path.join(harness.ROOT, 'gdb'))
os.environ.setdefault('HEAPSCOPE_LIBRARY', os.path.join(harness.BUILD, '.libs', 'libheapscope.so'))
from heapscope import _lib  # noqa: E402

MB = 1 << 20


def run(*arguments):
    """(seconds, peak in bytes) of a command of the program."""
    return stacks.run(harness.HEAPSCOPE, *arguments)[:2]


def once_it_stands(pid, address):
    """Seconds of each question in one session, after its first."""
    with _lib.open_pid(pid) as target:
        def ask(command):
            began = time.perf_counter()
            target.check(target.run([command, address], 'text', lambda _: None))
            return time.perf_counter() - began

        first = {command: ask(command) for command in ('referrers', 'path', 'show')}
        print('first in a session: ' + ', '.join('%s %.3f s' % item for item in first.items()))
        return {command: ask(command) for command in first}


def measure(pid, objects, copied, table, repeat):
    address = subprocess.run([harness.HEAPSCOPE, 'objects', '--addresses', '--limit', '1', str(pid), 'Node'],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout.split()[0].decode()
    references, = json.loads(subprocess.run(
        [harness.HEAPSCOPE, 'sql', '--json', str(pid), 'SELECT count(*) AS n FROM refs'], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=True).stdout)['rows'][0].values()
    commands = {'types': ('types', pid), 'there': ('referents', pid, address), 'back': ('referrers', pid, address)}
    runs = {name: [run(*command) for _ in range(repeat)] for name, command in commands.items()}
    wall = {name: statistics.median(r[0] for r in of) for name, of in runs.items()}
    peak = {name: statistics.median(r[1] for r in of) for name, of in runs.items()}
    print('%d objects, %d references' % (objects, references))
    table.row('graph with all references, against types', wall['there'] / wall['types'], 3, 'x')
    for name, share in (('there', 1), ('back', 2)):
        table.row('peak memory, references %s' % {'there': 'forward', 'back': 'both ways'}[name], peak[name] / MB,
                  (copied + 24 * objects + 4 * share * references) / MB + 40, 'MB')
    for command, seconds in once_it_stands(pid, address).items():
        table.row('%s of one object once the graph stands' % command, seconds, 0.050, 's')
