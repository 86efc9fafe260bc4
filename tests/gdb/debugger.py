# SPDX-License-Identifier: Apache-2.0
"""GDB with the extension, run in batch: what a list of steps answered."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, 'scenes'))
import harness  # noqa: E402
import package  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
EXTENSION = os.path.join(harness.ROOT, 'gdb', 'heapscope-gdb.py')
QUIET = ['-nx', '-batch', '-iex', 'set auto-load no', '-iex', 'set debuginfod enabled off', '-iex',
         'set exec-file-mismatch off', '-iex', 'set confirm off']


class Gdb:
    """One run: arguments of GDB, steps (ingdb.py). A hang is a failure."""

    def __init__(self, arguments, steps, source=True, env=None, timeout=None):
        folder = tempfile.mkdtemp(prefix='gdb-')
        asked, answered = os.path.join(folder, 'steps'), os.path.join(folder, 'answers')
        with open(asked, 'w') as f:
            json.dump(steps, f)
        more = dict(HS_STEPS=asked, HS_ANSWERS=answered, **(env or {}))
        command = ['gdb'] + QUIET
        if source:
            command += ['-ex', 'source ' + EXTENSION]
        command += ['-x', os.path.join(HERE, 'ingdb.py')] + [str(a) for a in arguments]  # --args comes last
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=timeout or 4 * harness.PATIENCE, env=package.environment(PYTHONPATH=None, **more))
            self.status = done.returncode
            self.out, self.err = done.stdout.decode('utf-8', 'replace'), done.stderr.decode('utf-8', 'replace')
            try:
                with open(answered) as f:
                    self.answers = json.load(f)
            except OSError:
                raise AssertionError('GDB did not come to its end: status %s\n%s\n%s' % (
                    self.status, self.out[-2000:], self.err[-3000:]))
        finally:
            shutil.rmtree(folder)

    def __getitem__(self, i):
        return self.answers[i]


class Server:
    """gdbserver that holds a process. A context manager; .where is for `target remote`."""

    def __init__(self, pid=None, command=None, env=None):
        self.process = subprocess.Popen(command or ['gdbserver', '--once', '--attach', 'localhost:0', str(pid)], env=env,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        universal_newlines=True)
        said = ''
        while 'Listening on port' not in said:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError('gdbserver ended: ' + said)
            said += line
        self.where = 'localhost:' + re.search(r'Listening on port (\d+)', said).group(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def attached(pid, steps, **more):
    """GDB attached to a process, without its own symbols: heapscope does not need them."""
    return Gdb(['-iex', 'set auto-solib-add off', '-p', pid], steps, **more)


def gone():
    """None, or why there can be no test."""
    return None if shutil.which('gdb') else 'gdb is not installed'
