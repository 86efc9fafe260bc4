# SPDX-License-Identifier: Apache-2.0
"""What questions and files over the whole heap take, against `types` in the same run: sql, snapshot, diff."""
import os
import statistics
import subprocess
import tempfile
import time

import harness

SUMS = 'SELECT type, count(*), sum(size) FROM objects GROUP BY 1'
ROWS = 'SELECT type, count(DISTINCT address), sum(size) FROM objects GROUP BY 1'  # a row for each object


def seconds(*arguments):
    began = time.perf_counter()
    subprocess.run([harness.HEAPSCOPE, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=True)
    return time.perf_counter() - began


def measure(pid, objects, table, repeat):
    with tempfile.TemporaryDirectory(prefix='bench-') as folder:
        packed, database = os.path.join(folder, 'a.jsonl.zst'), os.path.join(folder, 'a.sqlite')
        commands = {'types': ('types', pid), 'sums': ('sql', pid, SUMS), 'rows': ('sql', pid, ROWS),
                    'jsonl': ('snapshot', pid, '-o', '/dev/null'), 'zstd': ('snapshot', pid, '-o', packed),
                    'diff': ('diff', packed, pid)}
        runs = {name: [] for name in commands}
        for _ in range(repeat):
            for name, command in commands.items():
                runs[name].append(seconds(*command))
        of = {name: statistics.median(times) for name, times in runs.items()}
        table.row('sql, objects and bytes by type, against types', of['sums'] / of['types'], 1.5, 'x')
        table.row('snapshot jsonl to /dev/null, each object', of['jsonl'] / objects * 1e6, 1, 'us')
        table.row('snapshot jsonl, zstd, each object', os.path.getsize(packed) / objects, 60, 'B')
        print('snapshot jsonl, zstd %.2f s; diff of it with the process %.2f s; sql with a row for each object %.2f s' % (
            of['zstd'], of['diff'], of['rows']))
        wall = seconds('snapshot', pid, '-o', database, '--format', 'sqlite')
        print('snapshot sqlite: %.1f s, %.0f bytes an object' % (wall, os.path.getsize(database) / objects))
