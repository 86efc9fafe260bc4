# SPDX-License-Identifier: Apache-2.0
"""Runs inside GDB (-x): does the steps that a test wrote down, and writes down what came of them.

HS_STEPS: a file with a JSON list of steps, each ["gdb", COMMAND], ["plain", COMMAND] with
its output where GDB's own goes, ["python", EXPRESSION], or ["run", ARGV...] (a program, while GDB holds the
process). HS_ANSWERS: the file for a list of {"out", "error"}, {"status", "out", "err"}.
"""
import json
import os
import subprocess

import gdb


def command(text):
    try:
        lines = gdb.execute(text, to_string=True).splitlines(True)  # standard error, too
        return {'out': ''.join(l for l in lines if not l.startswith('heapscope: ')), 'error': None,
                'err': ''.join(l for l in lines if l.startswith('heapscope: '))}
    except gdb.error as e:
        return {'out': '', 'error': str(e)}
    except gdb.GdbError as e:
        return {'out': '', 'error': str(e)}
    except KeyboardInterrupt:
        return {'out': '', 'error': 'KeyboardInterrupt'}


def program(*argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return {'status': done.returncode, 'out': done.stdout.decode(), 'err': done.stderr.decode()}


def python(expression):
    return {'out': repr(eval(expression, {'gdb': gdb})), 'error': None}


def plain(text):
    gdb.execute(text)
    return {'out': '', 'error': None}


KINDS = {'plain': plain, 'gdb': command, 'run': program, 'python': python}
with open(os.environ['HS_STEPS']) as f:
    steps = json.load(f)
answers = [KINDS[s[0]](*s[1:]) for s in steps]
with open(os.environ['HS_ANSWERS'], 'w') as f:
    json.dump(answers, f)
