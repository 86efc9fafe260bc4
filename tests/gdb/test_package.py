#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The package's interface in plain Python: what it gives is what the interpreter says of the scene; it streams, can be
left, interrupted and nested, and its errors are exceptions."""
import _thread
import json
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import package  # noqa: E402
from package import harness  # noqa: E402
import heapscope  # noqa: E402
from heapscope import _stream, _values  # noqa: E402


@harness.expand
class Interface(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scene = harness.Scene('evaluate.py', harness.newest())
        cls.truth = cls.scene.truth
        cls.known = {row[0]: row for row in cls.truth['module']}
        cls.values = {text: eval(literal) for text, literal in cls.truth['values'].items()}

    @classmethod
    def tearDownClass(cls):
        cls.scene.close()

    def open(self):
        heap = heapscope.open(self.scene.pid)
        self.addCleanup(heap.close)
        return heap

    # ---- objects ----

    def check_object(self, heap, text):
        _, address, kind, size, _ = self.known[text]
        for obj in (heap.find(text), heap.object(address), heap[address], heap[text]):
            self.assertEqual((address, kind, size), (obj.address, obj.type, obj.size))
            self.assertGreater(obj.refcount, 0)
        self.assertEqual(1, len({heap.find(text), heap[address]}))
        self.assertIn('0x%x' % address, repr(heap[address]))

    def check_members(self, heap):
        child = heap.find('child')
        self.assertEqual(['by_key', 'items', 'n'], sorted(name for name, _ in child.attributes()))
        self.assertEqual([10, self.values['child.items']], [child.attr('n').value, child.attr('items').value])
        self.assertEqual({'x', 'y', 'z'}, {name for name, _ in heap.find('more').attributes()})
        self.assertEqual('in Base', child.attr('shared').value)
        by_key = {key: obj.value for key, obj in child.attr('by_key').items()}
        self.assertEqual(self.values['child.by_key'], by_key)
        for key, value in by_key.items():
            self.assertEqual(value, child.attr('by_key')[key].value)
        self.assertEqual([10, 11], [child.attr('items')[0].value, child.attr('items')[-1][0].value])
        self.assertEqual(1, heap.find('late').attr('odd key').value)
        self.assertEqual(set(self.values['child.by_key']), set(child.attr('by_key')))
        self.assertEqual({1, 2}, {member.value for member in heap.find('nested')['set']})
        loop = heap.find('loop')
        self.assertEqual([loop], loop.value)

    def check_large(self, heap):
        """More than is read while a process stands."""
        many = heap.find('many')
        self.assertEqual(list(enumerate(self.values['many'])), [(i, obj.value) for i, obj in many.items()])
        self.assertEqual(self.values['big'], {key: obj.value for key, obj in heap.find('big').items()})
        self.assertEqual(5000, heap.find('many').len)

    def check_whole_heap(self, heap, target):
        rows = harness.heapscope('types', '--json', target).json()['rows']
        kinds = list(heap.types())
        self.assertEqual([(r['type'], r['count'], r['size'], r['max']) for r in rows], [tuple(k) for k in kinds])
        late = list(heap.objects('__main__.Late'))
        self.assertEqual([k.count for k in kinds if k.type == '__main__.Late'], [len(late)])
        self.assertEqual({heap.find('lates[%d]' % i) for i in range(6)} | {heap.find('late'), heap.find('removed')},
                         set(late))
        self.assertEqual({heap.find('late'), heap.find('lates[3]')}, set(heap.objects('Late', attr='n=3')))
        self.assertEqual({heap.find('many')}, set(heap.objects('list', len=(5000, 5000))))
        self.assertIn(heap.find('big'), set(heap.objects('dict', len=(4000, None), key='k17', limit=5)))
        self.assertEqual(['__main__.Late'], [k.type for k in heap.types(filter='*.Late')])

    def check_references(self, heap):
        child = heap.find('child')
        path = child.path()
        self.assertEqual(child, heap.find(path.expression) if '.' in path.expression else child)
        self.assertEqual(child, path.steps[-1].object)
        self.assertTrue(path.root)
        self.assertIn(heap.find('package.sub.REGISTRY'), [ref.object for ref in child.referrers()])
        self.assertIn(("['http']", heap.find('package.sub.REGISTRY')), [tuple(ref) for ref in child.referrers()])
        self.assertIn(('[1]', heap.find('child.items[1]')), [tuple(r) for r in heap.find('child.items').referents()])

    def check_threads(self, heap):
        thread, = heap.threads()
        names = [f.function.rsplit('.', 1)[-1] for f in thread.frames]
        self.assertEqual(['block', 'innermost', 'inner', 'outer', '<module>'], names)
        self.assertEqual(list(range(5)), [f.depth for f in thread.frames])
        self.assertTrue(thread.main)
        with open(thread.frames[1].file) as f:
            self.assertIn('scene.block()', f.read().splitlines()[thread.frames[1].line - 1])
        for frame, rows in zip(thread.frames[1:], reversed(self.truth['frames'])):
            for text, address, kind, size, _ in rows:
                self.assertEqual(address, frame.find(text).address)
                if text in frame.locals:
                    obj = frame.locals[text]
                    self.assertEqual((address, kind, size), (obj.address, obj.type, obj.size))
        self.assertEqual({'free', 'shadow', 'number', 'cell'}, set(thread.frames[1].locals))  # unbound has no value
        self.assertFalse(heap.threads(locals=False)[0].frames[1].locals)

    def check_rest(self, heap):
        self.assertIn('.'.join(map(str, self.scene.interpreter.version)), heap.info()['interpreter']['version'])
        self.assertEqual(self.scene.pid, heap.target['pid'])
        self.assertRegex(heap.text('types', limit=1), '(?m)^Total .* objects')
        groups = list(heap.rows('group', 'Late', by=['.n', 'type']))
        self.assertEqual(8, sum(row['count'] for row in groups))
        self.assertEqual('stack', heap.document('stack')['command'])

    def check_sql(self, heap):
        if 'sql' not in [c['name'] for c in heapscope._lib.commands()]:
            return
        try:
            rows = list(heap.sql("SELECT address, type FROM objects WHERE type = '__main__.Late' ORDER BY 1"))
        except heapscope.Error as e:
            self.assertIn('SQLite', str(e))
            return
        self.assertEqual(sorted((obj.address, '__main__.Late') for obj in heap.objects('Late')), rows)

    def check_everything(self, heap, target):
        self.check_object(heap, 'child.items')
        self.check_members(heap)
        self.check_threads(heap)
        self.check_large(heap)
        self.check_whole_heap(heap, target)
        self.check_references(heap)
        self.check_members(heap)
        self.check_sql(heap)
        self.check_rest(heap)
        self.assertEqual([], heap.incomplete)

    def test_live(self):
        self.check_everything(self.open(), self.scene.pid)

    def test_core(self):
        if harness.why_no_gcore():
            harness.skip(self, harness.why_no_gcore())
        core = self.scene.gcore()
        targets = [core, os.fsencode(core)]
        if harness.is_built_with('LIBARCHIVE_LIBRARY'):
            subprocess.run(['zstd', '-q', core], check=True)
            targets.append(core + '.zst')
        for target in targets:
            with heapscope.open(target) as heap:
                self.check_everything(heap, core)

    @harness.each_interpreter()
    def test_values_and_names(self, interpreter):
        with harness.Scene('evaluate.py', interpreter) as scene, heapscope.open(scene.pid) as heap:
            names = [name for name, _ in heap.find('more').attributes()]
            self.assertEqual(['x', 'y', 'z'], sorted(names))
            kept = heap.find('child.by_key')
            self.assertEqual(12, len(list(kept.items())))
            for key, obj in kept.items():
                self.assertEqual(obj, kept[key])
            self.assertEqual(6, len(list(heap.find('lates'))))

    # ---- errors ----

    def test_errors(self):
        heap = self.open()
        for wrong, kind, status in ((lambda: heap.find('child +'), heapscope.Error, 64),
                                    (lambda: heap.find('child.zzz'), heapscope.NotFound, 2),
                                    (lambda: heap.find('child')['zzz'], LookupError, 2),
                                    (lambda: heap[8], heapscope.NotFound, 2),
                                    (lambda: list(heap.objects('Elephant')), heapscope.NotFound, 2),
                                    (lambda: heap.find('child').value, heapscope.NoValue, 2),
                                    (lambda: list(heap.rows('typos')), heapscope.Error, 64),
                                    (lambda: list(heap.rows('types', sort='age')), heapscope.Error, 64)):
            with self.assertRaises(kind) as caught:
                wrong()
            self.assertEqual(status, caught.exception.status)
            self.assertNotIn('\n', str(caught.exception))
        with self.assertRaises(TypeError):
            heap.find('child')[object()]
        with self.assertRaisesRegex(heapscope.NoValue, 'larger than 1 MiB'):
            heap.find('sys.modules["__main__"].huge_text').value
        self.assertEqual('    child +\n          ^', self.error_of(lambda: heap.find('child +')).place)
        heap.close()
        with self.assertRaisesRegex(heapscope.Error, 'closed'):
            heap.find('child')
        with self.assertRaises(heapscope.Error):
            heapscope.open('/nonexistent/core')
        with self.assertRaises(heapscope.Error):
            heapscope.open('999999999')
        with self.assertRaisesRegex(heapscope.Error, 'inside GDB'):
            heapscope.current()

    def error_of(self, function):
        with self.assertRaises(heapscope.Error) as caught:
            function()
        return caught.exception

    def test_what_is_missing_is_said(self):
        if harness.why_no_gcore():
            harness.skip(self, harness.why_no_gcore())
        with harness.Scene('evaluate.py', harness.INTERPRETERS[0]) as scene:
            core = scene.gcore()
            os.truncate(core, os.path.getsize(core) * 9 // 10)
            with heapscope.open(core, exe=scene.interpreter.path) as heap:
                self.assertTrue(list(heap.types()))
                self.assertTrue(heap.incomplete)

    # ---- streams ----

    def test_memory_stays_small(self):
        heap = self.open()
        rows = sum(kind.count for kind in heap.types())
        tracemalloc.start()
        try:
            self.assertEqual(rows, sum(1 for _ in heap.objects()))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        self.assertGreater(rows, 30000)
        self.assertLess(peak, 3 << 20)  # the document is several times that

    def test_left_early(self):
        heap = self.open()
        list(heap.types())
        before = threading.active_count()
        for _ in range(20):
            objects = heap.objects()
            next(objects)
            del objects
        self.assertEqual(before, threading.active_count())
        self.assertEqual(heap.find('child'), next(heap.objects('Child', attr='n=10')))

    def test_nested(self):
        """Commands while an iterator is under way, and iterators in each other."""
        heap = self.open()
        whole = [obj.address for obj in heap.objects('str')]
        seen = []
        for i, obj in enumerate(heap.objects('str')):
            seen.append(obj.address)
            if i % 5000 == 0:
                self.assertEqual(10, heap.find('child.n').value)
                self.assertEqual(8, len(list(heap.objects('Late'))))
        self.assertEqual(whole, seen)
        first, second = heap.objects('str'), heap.objects('dict')
        both = [(a.address, b.type) for a, b in zip(first, second)]
        self.assertEqual(whole[:len(both)], [a for a, _ in both])
        self.assertEqual({'dict'}, {b for _, b in both})

    def test_interrupted_from_another_thread(self):
        heap = self.open()
        list(heap.types())
        objects = heap.objects()
        next(objects)
        heap.interrupt()
        with self.assertRaises(heapscope.Interrupted):
            for _ in objects:
                pass
        self.assertEqual(10, heap.find('child.n').value)

    def test_control_c(self):
        # whoever runs the tests in the background may have them ignore it
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        heap = self.open()
        list(heap.types())
        timer = threading.Timer(0.3, _thread.interrupt_main)
        with self.assertRaises(KeyboardInterrupt):
            timer.start()
            while True:
                for _ in heap.objects('str'):
                    pass
        timer.join()
        self.assertEqual(10, heap.find('child.n').value)

    def test_closed_while_under_way(self):
        heap = self.open()
        objects = heap.objects()
        next(objects)
        heap.close()
        with self.assertRaises(heapscope.Error):
            for _ in objects:
                pass

    def test_a_document_in_pieces(self):
        text = harness.heapscope('stack', '--json', '--locals', self.scene.pid).out
        whole, data = json.loads(text), text.encode()
        for size in (1, 7, 1000, len(data)):
            document, found = _stream.Document(), {}
            for at in range(0, len(data), size):
                for name, kind, value in document.feed(data[at:at + size]):
                    if kind == _stream.ROW:
                        found[name].append(value)
                    else:
                        found[name] = [] if kind == _stream.LIST else value
            self.assertTrue(document.ended)
            self.assertEqual(whole, found)

    def test_keys_as_expressions(self):
        for key, text in (('a', "'a'"), ("'\\\n\xe4\U0001f600", "'\\x27\\x5c\\x0a\\u00e4\\U0001f600'"), (b'\x00', "b'\\x00'"),
                          (-3, '-3'), (None, 'None'), (True, 'True'), ((1, ('x',)), "(1, ('x', ), )"), ((), '()')):
            self.assertEqual(text, _values.key(key))
            self.assertEqual(key, eval(text))


if __name__ == '__main__':
    package.main()
