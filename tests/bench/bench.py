#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The figures that heapscope is held to, as ratios within one run: medians of five.

Environment: BENCH_PYTHON (default: the newest CPython 3.11 found), BENCH_N (3000000), BENCH_GROWTH
(100000,1000000,10000000; empty leaves that figure out), BENCH_REPEAT (5), BENCH_ONLY (names of parts: trivial,main,
remote,growth,stack,answers). The exit status is 1 if a figure falls short. Of stack the figures are absolute; where py-spy or pystack
are on PATH theirs stand beside.
"""
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'gdb'))
import debugger  # noqa: E402
from debugger import harness  # noqa: E402
import answers  # noqa: E402
import graph  # noqa: E402
import stacks  # noqa: E402

N = int(os.environ.get('BENCH_N', '3000000'))
GROWTH = [int(n) for n in os.environ.get('BENCH_GROWTH', '100000,1000000,10000000').split(',') if n]
REMOTE_N = 100000
REPEAT = int(os.environ.get('BENCH_REPEAT', '5'))
ONLY = os.environ.get('BENCH_ONLY', 'trivial,stack,main,answers,remote,growth').split(',')
MB = 1 << 20


class Workload:
    def __init__(self, python, n):
        self.dir = tempfile.TemporaryDirectory(prefix='bench-')
        limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
        self.process = subprocess.Popen(
            [python, os.path.join(HERE, 'records.py'), str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            universal_newlines=True, cwd=self.dir.name, bufsize=1,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (limit, limit)))
        self.pid = self.process.pid
        if self.process.stdout.readline() != 'READY\n':
            raise SystemExit('the workload did not start')

    def collect(self):
        self.process.stdin.write('collect\n')
        return float(self.process.stdout.readline())

    def core(self):
        self.process.send_signal(signal.SIGABRT)
        self.process.wait()
        found = [f for f in os.listdir(self.dir.name) if f.startswith('core')]
        return os.path.join(self.dir.name, found[0]) if found else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.dir.cleanup()


def types(target):
    """One run: {wall, pause, peak, objects}; seconds and bytes."""
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        pid = os.posix_spawn(harness.HEAPSCOPE, [harness.HEAPSCOPE, 'types', '--json', str(target)], os.environ,
                             file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1)])
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - began
        if status:
            raise SystemExit('heapscope types %s: status %d' % (target, os.waitstatus_to_exitcode(status)))
        out.seek(0)
        document = json.load(out)
    return {'wall': wall, 'pause': document['target'].get('pause_seconds'), 'peak': usage.ru_maxrss * 1024,
            'objects': document['totals']['objects']}


def floor(pid):
    """One bulk copy of the resident private writable memory: (seconds, bytes)."""
    out = subprocess.run([os.path.join(harness.BUILD, 'floor'), str(pid)], stdout=subprocess.PIPE, check=True,
                         universal_newlines=True).stdout.split()
    return float(out[1]), int(out[0])


def median(runs, key=None):
    return statistics.median(r[key] if key else r for r in runs)


class Table:
    def __init__(self):
        self.missed = 0

    def row(self, what, value, limit, unit):
        good = value <= limit
        self.missed += not good
        shown = {'s': '%.4f s', 'MB': '%.1f MB', 'x': '%.2fx', 'us': '%.3f us', 'B': '%.1f bytes'}[unit]
        print('%-58s %12s  target <= %-12s %s' % (what, shown % value, shown % limit, 'ok' if good else 'FALLS SHORT'),
              flush=True)


def measure_main(python, table):
    with Workload(python, N) as w:
        w.collect()  # what was garbage is gone before anything is measured
        floors, runs, collections = [], [], []
        for _ in range(REPEAT):
            floors.append(floor(w.pid))
            runs.append(types(w.pid))
            collections.append(w.collect())
        base, copied = median([f[0] for f in floors]), median([f[1] for f in floors])
        collection, objects = median(collections), median(runs, 'objects')
        print('N = %d: %d objects, %.0f MB copied; floor %.4f s, gc.collect() %.4f s' % (
            N, objects, copied / MB, base, collection))
        table.row('pause', median(runs, 'pause'), 1.5 * base, 's')
        table.row('types, live, against the floor', median(runs, 'wall'), 10 * base, 's')
        table.row("types, live, against the target's gc.collect()", median(runs, 'wall'), 1.2 * collection, 's')
        table.row('peak memory, live', median(runs, 'peak') / MB, (copied + 40 * objects) / MB + 40, 'MB')
        core = w.core()
        if core is None:
            print('the core file is not in the working directory (core_pattern %s): left out' % harness.core_pattern())
            return
        runs = [types(core) for _ in range(REPEAT)]
        table.row('types, core, against the floor without the copy', median(runs, 'wall'), 9 * base, 's')
        table.row("types, core, against gc.collect() without the copy", median(runs, 'wall'), 1.2 * collection - base,
                  's')


def measure_trivial(python, table):
    process = subprocess.Popen([python, '-c', 'import sys; print(1); sys.stdout.flush(); sys.stdin.read()'],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        types(process.pid)  # warms the page cache
        wall = median([types(process.pid) for _ in range(REPEAT)], 'wall')
        table.row('types, trivial process, warm', wall, 0.150, 's')
    finally:
        process.kill()
        process.wait()


def measure_growth(python, table):
    """Time an object at each size; and of each further object between sizes, where the constant part has no share."""
    sizes = []
    for n in GROWTH:
        with Workload(python, n) as w:
            types(w.pid)
            runs = [types(w.pid) for _ in range(REPEAT)]
        sizes.append((median(runs, 'wall'), median(runs, 'objects')))
        print('N = %d: %d objects, %.4f s, %.1f ns an object' % (n, sizes[-1][1], sizes[-1][0],
                                                                sizes[-1][0] / sizes[-1][1] * 1e9))
    (first, n_first), (last, n_last) = sizes[0], sizes[-1]
    table.row('growth of the time an object, N = %d to %d' % (GROWTH[0], GROWTH[-1]),
              last / n_last / (first / n_first), 1.3, 'x')
    further = [(b[0] - a[0]) / (b[1] - a[1]) for a, b in zip(sizes, sizes[1:])]
    print('each further object: ' + ', '.join('%.1f ns' % (f * 1e9) for f in further))
    if len(further) > 1 and further[0] > 0:
        table.row('growth of the time of each further object', further[-1] / further[0], 1.3, 'x')


def measure_remote(python, table):
    """In GDB, through gdbserver on this machine."""
    if debugger.gone() or not shutil.which('gdbserver'):
        print('gdb or gdbserver is not installed: types through gdbserver is left out')
        return
    clock = '__import__("time").perf_counter()'
    with Workload(python, REMOTE_N) as w, debugger.Server(w.pid) as server:
        run = debugger.Gdb(['-iex', 'set auto-solib-add off', '-iex', 'set sysroot /'], [
            ['plain', 'target remote ' + server.where], ['python', clock], ['gdb', 'hs types --limit 1'],
            ['python', clock], ['plain', 'detach']])
    if run[2]['error']:
        raise SystemExit('types through gdbserver: %s' % run[2]['error'])
    table.row('types in GDB through gdbserver, N = %d' % REMOTE_N, float(run[3]['out']) - float(run[1]['out']), 10, 's')


def find_python():
    if 'BENCH_PYTHON' in os.environ:
        return harness.Interpreter(os.environ['BENCH_PYTHON'])
    candidates = [i for i in harness.INTERPRETERS if i.version == (3, 11)] or harness.INTERPRETERS
    if not candidates:
        raise SystemExit('no CPython found: BENCH_PYTHON=PATH names one')
    return candidates[-1]


def main():
    python = find_python()
    print('python %s' % python)
    table = Table()
    if 'trivial' in ONLY:
        measure_trivial(python.path, table)
    if 'stack' in ONLY:
        stacks.measure(python.path, table, REPEAT)
    if 'main' in ONLY:
        measure_main(python.path, table)
    if 'remote' in ONLY:
        measure_remote(python.path, table)
    if 'answers' in ONLY:
        with Workload(python.path, N) as w:
            objects = types(w.pid)['objects']
            answers.measure(w.pid, objects, table, REPEAT)
            graph.measure(w.pid, objects, floor(w.pid)[1], table, REPEAT)
    if 'growth' in ONLY and len(GROWTH) > 1:
        measure_growth(python.path, table)
    sys.exit(1 if table.missed else 0)


if __name__ == '__main__':
    main()
