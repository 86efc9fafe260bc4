# SPDX-License-Identifier: Apache-2.0
"""Objects of the target, its threads and frames, as they are given out: an address and the heap that it is in."""
import collections

from . import _values
from ._lib import Error


class NoValue(Error):
    """The object has no value that this Python could have, or one that is too large: .repr, .items() and .attributes()
    show it."""


class NotFound(Error, LookupError):
    """There is no such name, attribute, item, type or address; the text says what there is."""


#: A reference and where it leads (referents) or comes from (referrers). label: str, ".name", "['key']", "[3]".
Reference = collections.namedtuple('Reference', 'label object')
#: Something that an object holds. kind: "attribute", "item", "member" (of a set), "field" (of the C struct), "local",
#: ...; label: str; name: str or None; key: of an item, a value or an Object; object: Object.
Member = collections.namedtuple('Member', 'kind label name key object')
#: What keeps an object alive. expression: str that Python would evaluate to it, or None; root: str, what holds the first
#: step from outside; steps: [Reference], the root's object first, the object itself last.
Path = collections.namedtuple('Path', 'expression root steps')
#: A type of the heap. type: name; count: objects; size: bytes of all of them; max: bytes of the largest.
Type = collections.namedtuple('Type', 'type count size max')


class Object:
    """An object of the target: where it is, and what there is about it as long as that is asked for.

    Cheap: it holds nothing but its address and what came with it; everything else is read when it is asked for. Equal
    if address and heap are. Attributes and items are found where they are stored, as by `heapscope print`: no code of
    the process is run, so properties, __getattr__ and __getitem__ have no say. All may raise Error.
    """
    __slots__ = 'heap', 'address', '_facts'

    def __init__(self, heap, address, facts=None):
        #: The Heap.
        self.heap = heap
        #: int.
        self.address = address
        self._facts = facts or {}

    def _fact(self, name):
        if name not in self._facts:
            self._facts.update(self.heap._print('0x%x' % self.address))
        return self._facts.get(name)

    @property
    def type(self):
        """Its type's name: str, "module.qualname", builtins bare; 2.7's old-style instances "instance of module.Class"."""
        return self._fact('type')

    @property
    def size(self):
        """What sys.getsizeof() says there: int, bytes; None where that cannot be told."""
        return self._fact('size')

    @property
    def refcount(self):
        """Its reference count: int. Of immortal objects whatever the version stores."""
        return self._fact('refcount')

    @property
    def len(self):
        """len() of it: int, None if it has none that is known without code."""
        return self._fact('len')

    @property
    def repr(self):
        """As Python would print it, as far as that takes no code: str, limited ("...")."""
        return self._fact('repr')

    @property
    def value(self):
        """Its value in this Python: None, bool, int, float, complex, str, bytes, bytearray, or a list, tuple, dict, set or
        frozenset of those, up to 1 MiB. What is no such value inside of a container is an Object, and so is a
        container inside of itself. 2.7's str is bytes. An instance of a derived class is not its base's value.
        Raises NoValue."""
        if self._facts.get('value') is None:
            self._facts.update(self.heap._print('0x%x' % self.address))
        if 'value_missing' in self._facts:
            raise NoValue('%s at 0x%x has no value here: %s' % (self.type, self.address, self._facts['value_missing']))
        return _values.decode(self._facts['value'], self.heap._make)

    def attr(self, name):
        """An attribute: Object. Raises NotFound (also for what only code can tell, such as properties)."""
        if _values.is_name(name):
            return self.heap.find('0x%x.%s' % (self.address, name))
        for found, obj in self.attributes():
            if found == name:
                return obj
        raise NotFound("%s has no attribute '%s' that is stored" % (self.type, name))

    def __getitem__(self, key):
        """An item: obj['key'], obj[0], obj[-1], obj['a', 1]. Object. Raises NotFound, TypeError for other keys."""
        return self.heap.find('0x%x[%s]' % (self.address, _values.key(key)))

    def _rows(self, limit=0):
        return self.heap.rows('print', '0x%x' % self.address, members=True, limit=limit)

    def _key(self, row):
        if row['key'] is not None or row['kind'] != 'item':
            return _values.decode(row['key'], self.heap._make)
        if row['key_address'] is None or self.heap.object(row['key_address']).type == 'NoneType':
            return None
        return self.heap._make(row['key_address'])  # too long to come along

    def members(self, limit=0):
        """Everything that it holds: gives Member. limit: at most so many; 0 = all."""
        for row in self._rows(limit):
            yield Member(row['kind'], row['label'], row['name'], self._key(row), self.heap._object(row))

    def attributes(self):
        """Its own attributes, slots too, not those of its classes: gives (name, Object)."""
        for member in self.members():
            if member.kind == 'attribute' and member.name is not None:
                yield member.name, member.object

    def items(self):
        """Of a dict (key, Object), where a key is a value or, if it has none, an Object; of a list, tuple or deque
        (index, Object)."""
        for member in self.members():
            if member.kind == 'item':
                yield member.key, member.object

    def __iter__(self):
        """What iterating there would give: a dict's keys as items() has them, else the Objects of a sequence or set."""
        for row in self._rows():
            if row['kind'] == 'member' or (row['kind'] == 'item' and row['key_address'] is None):
                yield self.heap._object(row)
            elif row['kind'] == 'item':
                yield self._key(row)

    def referents(self, limit=0):
        """What it refers to, the largest first, each once: gives Reference. Builds the reference graph."""
        return self.heap._references('referents', self.address, limit)

    def referrers(self, limit=0):
        """Who refers to it, the largest first, each once: gives Reference. Builds the reference graph."""
        return self.heap._references('referrers', self.address, limit)

    def paths(self, count=1):
        """The shortest ways from roots to it: list of Path; empty if nothing keeps it alive."""
        return self.heap._paths(self.address, count)

    def path(self):
        """The shortest of them: Path, or None if nothing keeps it alive."""
        paths = self.paths(1)
        return paths[0] if paths else None

    def __eq__(self, other):
        return isinstance(other, Object) and self.address == other.address and self.heap is other.heap

    def __hash__(self):
        return hash(self.address)

    def __repr__(self):
        known = self._facts.get('type')
        return '<heapscope.Object %sat 0x%x>' % (known + ' ' if known else '', self.address)


class Frame:
    """A Python frame of a thread. function: str, qualified where the version has that; file: str; line: int or None;
    depth: int, 0 is the innermost; source: the line's text if the file is there, or None; from_c: bool, whether C code
    called it, None where the version does not record that. Names that cannot be read are None."""
    __slots__ = '_thread', 'function', 'file', 'line', 'depth', 'source', 'from_c', '_locals'

    def __init__(self, thread, row):
        self._thread = thread
        self.function, self.file, self.line, self.depth = row['function'], row['file'], row['line'], row['depth']
        self.source, self.from_c = row['source'], row['from_c']
        self._locals = collections.OrderedDict()

    @property
    def locals(self):
        """{name: Object} of arguments, locals, cells and free variables that have a value, in the code's order."""
        return self._locals

    def find(self, expression):
        """An object by an expression whose names are the frame's: frame.find("self.queue[0]"). Object. Looks at the
        thread as it stands then. Raises NotFound."""
        return self._thread.heap.find(expression, thread=self._thread.tid or self._thread.ident, frame=self.depth)

    def __repr__(self):
        return '<heapscope.Frame %s %s:%s>' % (self.function, self.file, self.line)


class Thread:
    """A thread of the target that has a Python stack. tid: of the operating system, None unknown; ident:
    threading.get_ident(); name: threading's, or None; main: bool; interpreter: int; doing: str, such as
    "holds the GIL, in read(0 /dev/tty)"; frames: [Frame], innermost first."""
    __slots__ = 'heap', 'tid', 'ident', 'name', 'main', 'interpreter', 'doing', 'frames'

    def __init__(self, heap, row):
        self.heap = heap
        self.tid, self.ident, self.name, self.main = row['tid'], row['ident'], row['name'], row['main']
        self.interpreter, self.doing = row['interpreter'], row['doing']
        self.frames = []

    def __repr__(self):
        return '<heapscope.Thread %s %s>' % (self.tid, self.name or '')
