#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command on the golden cores (corefiles/golden, see make_golden.py): the output must be what it was.

No interpreter is needed. HEAPSCOPE_UPDATE_GOLDEN=1 writes the files anew instead: read the difference before you
commit it. What the golden scene made is checked besides, so that a wrong answer cannot become the expected one.
"""
import glob
import json
import lzma
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HEAPSCOPE = os.path.abspath(os.environ.get('HEAPSCOPE', 'heapscope'))
UPDATE = os.environ.get('HEAPSCOPE_UPDATE_GOLDEN') == '1'
# Runs of a command: file name -> what stands on the command line beside the core. A command that is not here runs
# plain. {session} is the address of an object that the golden scene made.
RUNS = {
    'types': {'types': [], 'types-modules': ['--module'], 'types-count': ['--sort', 'count', '--limit', '10'],
              'types-filter': ['--filter', '*Session*']},
    'objects': {'objects': ['__main__.Session', '--limit', '5']},
    'show': {'show': ['{session}']},
    'print': {'print': ['sessions[1]', '--members'], 'print-items': ['__main__.mixed', '--members', '--limit', '8'],
              'print-path': ["sessions[7].parent.tags['state']"], 'print-wrong': ["sessions[7].tags['status']"]},
    'referents': {'referents': ['{session}']},
    'referrers': {'referrers': ['{session}', '--depth', '2']},
    'path': {'path': ['{session}']},
    'group': {'group': ['__main__.Session', '--by', 'referrers'], 'group-owner': ['dict', '--by', 'owner']},
    'stack': {'stack': [], 'stack-locks': ['--locks']},
    'snapshot': {'snapshot': ['--output', '/dev/null']},
    'diff': {'diff': ['core'], 'diff-new': ['core', '--new', 'Session', '--limit', '3'], 'diff-held': ['core', '--held']},
    'sql': {'sql': ['SELECT type, count(*) AS n, sum(size) AS bytes FROM objects GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT 8'],
            'sql-attributes': ["SELECT name, type, value, repr FROM attributes WHERE object = {session} ORDER BY 1"],
            'sql-schema': ['--schema']},
}
# doctor's tables have a row for each of fields.def and consts.def: of these, some are compared, so that a new row is not
# a difference.
DOCTOR_ROW = re.compile(r'^(\{"(const|struct|field)": "|[A-Za-z_])')
DOCTOR_KEPT = re.compile(r'^(\{"(const|struct|field)": ")?(TPFLAGS_HEAPTYPE|(object|list|tuple|dict|long|unicode)[". ])')
# What TARGET is, where it is not the core. old.jsonl: the core's own snapshot as it would have been before the sessions
# were made, and when points were 8 bytes smaller.
TARGETS = {'diff': 'old.jsonl'}
# corefiles/scenes/golden.py
MADE = {'__main__.Session': 50, '__main__.Point': 20}


def names():
    return sorted(os.path.basename(p)[:-8] for p in glob.glob(os.path.join(ROOT, 'corefiles', 'golden', '*.core.xz')))


def commands():
    with open(os.path.join(ROOT, 'inspector', 'cmd', 'commands.def'), encoding='utf-8') as f:
        return re.findall(r'^COMMAND\(\s*(\w+)', f.read(), re.M)


def without_most_rows(text):
    """What doctor says, with the rows of a few structs only."""
    out, in_tables = [], False
    for line in text.splitlines(keepends=True):
        if line.startswith('"totals"'):  # how many rows there are
            continue
        in_tables = in_tables or line.startswith(('Constant', '"consts"'))
        if not in_tables or DOCTOR_KEPT.match(line) or not DOCTOR_ROW.match(line):
            out.append(line)
    return ''.join(out)


class Golden(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory(prefix='golden-')

    @classmethod
    def tearDownClass(cls):
        cls.dir.cleanup()

    def unpack(self, name):
        """A folder with `core` and `root`, made once."""
        folder = os.path.join(self.dir.name, name)
        packed = os.path.join(ROOT, 'corefiles', 'golden', name)
        if not os.path.isdir(folder):
            os.mkdir(folder)
            with lzma.open(packed + '.core.xz') as f, open(os.path.join(folder, 'core'), 'wb') as to:
                to.write(f.read())
            with tarfile.open(packed + '.files.tar.xz') as tar:
                tar.extractall(folder)
        return folder

    def write_old(self, name, folder):
        path = os.path.join(folder, 'old.jsonl')
        if not os.path.exists(path):
            self.assertTrue(self.run_command(name, 'snapshot', '-o', 'all.jsonl').startswith('status 0'))
            kept = []
            with open(os.path.join(folder, 'all.jsonl'), encoding='ascii') as f:
                for line in map(json.loads, f):
                    if line.get('type') == '__main__.Point':
                        line['size'] -= 8
                    if 'end' in line:
                        line['end']['objects'] = len(kept) - 1
                    if line.get('type') != '__main__.Session':
                        kept.append(json.dumps(line) + '\n')
            with open(path, 'w', encoding='ascii') as f:
                f.writelines(kept)

    def run_command(self, name, command, *arguments):
        target = TARGETS.get(command, 'core')
        if target == 'old.jsonl':
            self.write_old(name, self.unpack(name))
        done = subprocess.run([HEAPSCOPE, command, '--sysroot', 'root', target, *arguments], cwd=self.unpack(name),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        return 'status %d\n%s' % (done.returncode, done.stdout.decode('utf-8'))

    def session(self, name):
        """The address of the first of MADE."""
        out = self.run_command(name, 'objects', '--json', '__main__.Session')
        return '0x%x' % json.loads(out.split('\n', 1)[1])['rows'][0]['address']

    def compare(self, name, file, command, *arguments):
        arguments = [a.replace('{session}', self.session(name)) if '{session}' in a else a for a in arguments]
        path = os.path.join(HERE, name, file + '.txt')
        got = self.run_command(name, command, *arguments)
        if 'built without SQLite' in got:
            self.skipTest(got)
        if command == 'doctor':
            got = without_most_rows(got)
        if UPDATE:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as f:
                f.write(got)
        with open(path, encoding='utf-8') as f:
            self.assertEqual(f.read(), got, '%s: %s' % (path, command))

    def check_truth(self, name):
        status, document = self.run_command(name, 'types', '--json').split('\n', 1)
        self.assertEqual('status 0', status, document)
        rows = {row['type']: row for row in json.loads(document)['rows']}
        for made, count in MADE.items():
            self.assertEqual(count, rows[made]['count'], made)


def add(name, command):
    runs = RUNS.get(command, {command: []})

    def text(self):
        for file, arguments in runs.items():
            self.compare(name, file, command, *arguments)

    def as_json(self):
        self.compare(name, command + '-json', command, '--json', *next(iter(runs.values())))

    setattr(Golden, 'test_%s_%s_text' % (name, command), text)
    setattr(Golden, 'test_%s_%s_json' % (name, command), as_json)


for each in names():
    setattr(Golden, 'test_%s_truth' % each, lambda self, each=each: self.check_truth(each))
    for cmd in commands():
        add(each, cmd)

if __name__ == '__main__':
    if not names():
        sys.exit('no golden cores in corefiles/golden')
    unittest.main(verbosity=1)
