#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Snapshots of the scene of a hundred kinds: every object that the interpreter reaches, with its type, its size and
exactly its references; the same lines live and from a core; meliae's format by a reader that depends on its key order.
"""
import collections
import gzip
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402

# meliae's loader without a JSON library: a fixed order of keys.
MELIAE = re.compile(
    r'\{"address": (?P<address>\d+)'
    r', "type": "(?P<type>[^"]*)"'
    r', "size": (?P<size>\d+)'
    r'(, "name": "(?P<name>([^"\\]|\\.)*)")?'
    r'(, "len": (?P<len>\d+))?'
    r'(, "value": "?(?P<value>([^"\\]|\\.)*)"?)?'
    r', "refs": \[(?P<refs>[^\]]*)\]\}$')


# What check_objects proves by label is proven here by count: nothing is missing, but for what only code of the process
# knows, and of these types nothing is too much.
EXACT = re.compile(r'^(list|tuple|dict|set|frozenset|cell|method|property|partial|collections\.(deque|OrderedDict|defaultdict)|__main__\.My(Dict|List|Set))$')
# A __sizeof__ that is code of the scene's own.
SIZE_UNKNOWN = ('__main__.SizedByMixin',)
# The cached values of an lru_cache hang on its links, which are objects of their own.
MAY_MISS = ('module', 'PyCapsule', '_ctypes.PyCPointerType', 'functools._lru_cache_wrapper')


class Kinds(harness.Scene):
    """kinds.py takes a file and a FIFO, not a folder."""

    def __init__(self, interpreter):
        super().__init__('kinds.py', interpreter, command=[
            'sh', '-c', 'script=$1; exec "$0" "$script" "$2/truth.json" "$2/ready"', interpreter.path])


def snapshot(test, target, path, *options):
    run = harness.heapscope('snapshot', target, '-o', path, *options, timeout=120)
    said = re.sub(r'heapscope: note: sizes of [^;]* are those of their structs alone: .*\n', '', run.err)
    test.assertEqual((0, ''), (run.status, said), run)
    return run


def read(test, path):
    """The objects of a jsonl snapshot, after a check of its first and last line."""
    with open(path, encoding='ascii') as f:
        lines = [json.loads(line) for line in f]
    test.assertEqual(len(lines) - 2, lines[-1]['end']['objects'])
    test.assertEqual([], lines[0]['heapscope']['incomplete'])
    return {line['address']: line for line in lines[1:-1]}


def in_instance(objects, address, refs):
    """Values of a dict that lie in the instance whose __dict__ it is: from some 3.13 on the dict visits them, too."""
    return any(address in o['refs'] and not refs - collections.Counter(o['refs'])
               for o in objects.values() if o['type'] != 'dict')


@harness.expand
class Snapshot(unittest.TestCase):
    maxDiff = 3000

    @harness.each_interpreter()
    def test_references(self, interpreter):
        with Kinds(interpreter) as scene:
            truth = scene.truth['objects']
            path = os.path.join(scene.dir, 'snapshot')
            first = None
            for kind, target in harness.targets_of(scene, self, ('live', 'kernel core')):
                snapshot(self, target, path)
                objects = read(self, path)
                wrong = []
                for address, name, size, refs in truth:
                    got = objects.get(address)
                    if got is None:
                        wrong.append('%s 0x%x is not there' % (name, address))
                        continue
                    if name != 'instance' and (name, size) != (got['type'], got['size']) and name not in SIZE_UNKNOWN:
                        wrong.append('%s 0x%x: %s %s' % (name, address, size, (got['type'], got['size'])))
                    if sorted(got['refs']) != sorted(refs):
                        more = collections.Counter(got['refs']) - collections.Counter(refs)
                        less = collections.Counter(refs) - collections.Counter(got['refs'])
                        if name in MAY_MISS or not less and not EXACT.match(name):
                            continue
                        if name == 'dict' and not more and in_instance(objects, address, less):
                            continue
                        wrong.append('%s 0x%x: too many %s, too few %s' % (name, address, [
                            objects[m]['type'] for m in more], [objects.get(m, {}).get('type') for m in less]))
                self.assertEqual([], wrong[:20], '%s: %d of %d' % (kind, len(wrong), len(truth)))
                first = first or objects
                self.assertEqual(len(first), len(objects), kind)
                self.assertEqual(first, objects, kind)

    @harness.each_interpreter()
    def test_meliae(self, interpreter):
        with harness.Scene('held.py', interpreter) as scene:
            plain, packed = os.path.join(scene.dir, 'a'), os.path.join(scene.dir, 'a.gz')
            for _, core in harness.targets_of(scene, self, ('kernel core',)):
                snapshot(self, core, plain)
                snapshot(self, core, packed, '--format', 'meliae')
            objects = read(self, plain)
            seen = set()
            with gzip.open(packed, 'rt', encoding='ascii') as f:
                for line in f:
                    match = MELIAE.match(line)
                    self.assertTrue(match, line)
                    json.loads(line)
                    address = int(match['address'])
                    self.assertEqual(objects[address]['size'], int(match['size']), line)
                    self.assertEqual(objects[address]['refs'], [int(r) for r in match['refs'].split(', ') if r], line)
                    seen.add(address)
            self.assertEqual(set(objects), seen)

    def test_all_or_nothing(self):
        with harness.Scene('held.py', harness.newest()) as scene:
            folder = os.path.join(scene.dir, 'out')
            os.mkdir(folder)
            path = os.path.join(folder, 'full.jsonl')
            run = harness.heapscope('snapshot', scene.pid, '-o', '/dev/full')
            self.assertEqual(2, run.status, run)
            self.assertIn("cannot write '/dev/full': No space left", run.err)
            run = subprocess.run([harness.HEAPSCOPE, 'snapshot', str(scene.pid), '-o', path],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
                                 preexec_fn=lambda: (resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000)),
                                                     __import__('signal').signal(25, __import__('signal').SIG_IGN)))
            self.assertEqual((2, 1), (run.returncode, run.stderr.count('\n')), run)
            self.assertEqual([], os.listdir(folder))
            run = harness.heapscope('snapshot', scene.pid, '-o', os.path.join(folder, 'no', 'where'))
            self.assertEqual((2, 1), (run.status, run.err.count('\n')), run)
            for name, words in (('-', 'not to standard output'), (path + '.xz', '.gz and .zst')):
                run = harness.heapscope('snapshot', scene.pid, '-o', name)
                self.assertEqual(64, run.status, run)
                self.assertIn(words, run.err)
            self.assertEqual([], os.listdir(folder))
            self.assertFalse(os.path.exists('-'))
            with open(path, 'w') as f:
                f.write('old')
            snapshot(self, scene.pid, path)
            self.assertEqual(['full.jsonl'], os.listdir(folder))
            read(self, path)
            if shutil.which('zstd'):
                snapshot(self, scene.pid, path + '.zst')
                subprocess.run(['zstd', '-q', '-d', '-f', path + '.zst', '-o', path], check=True)
                read(self, path)


if __name__ == '__main__':
    harness.main()
