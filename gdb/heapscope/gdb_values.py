# SPDX-License-Identifier: Apache-2.0
"""Convenience functions for GDB's expressions, and a printer for PyObject pointers. None of them runs code in the process."""
import gdb
import gdb.printing

from . import gdb_frames, gdb_session


def _evaluate(expression):
    """What `print` says of an expression's object: dict with address, type, repr, size."""
    return gdb_frames.ask(*gdb_frames.PREPARE['print'](['print', expression]))['object']


def _text(value):
    """A Python str, or a char array of the inferior's; str of a value that is there as one."""
    return value.string()


class Address(gdb.Function):
    """$pyaddr("EXPR"): the address of a Python object by its path, as in `heapscope print`.
A name is a local of the selected Python frame or a module; attributes and items may follow: "self.queue[0]"."""

    def __init__(self):
        super().__init__('pyaddr')

    def invoke(self, *expressions):
        if len(expressions) != 1:
            raise gdb.GdbError('heapscope: usage: ' + self.__doc__)
        return _evaluate(_text(expressions[0]))['address']


class _OfObject(gdb.Function):
    def invoke(self, *addresses):
        if len(addresses) != 1:
            raise gdb.GdbError('heapscope: usage: ' + self.__doc__)
        address, = addresses
        return _evaluate(hex(int(address) & (1 << 64) - 1))[self.column]


class Type(_OfObject):
    """$pytype(ADDRESS): the name of the type of the Python object at ADDRESS."""
    column = 'type'

    def __init__(self):
        super().__init__('pytype')


class Repr(_OfObject):
    """$pyrepr(ADDRESS): the value of the Python object at ADDRESS, as repr() writes it where that needs no code."""
    column = 'repr'

    def __init__(self):
        super().__init__('pyrepr')


class Size(_OfObject):
    """$pysize(ADDRESS): how many bytes the Python object at ADDRESS takes, as sys.getsizeof() says."""
    column = 'size'

    def __init__(self):
        super().__init__('pysize')


class ObjectPrinter:
    """PyObject * as its type and value."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        address = int(self.value)
        if not address:
            return '0x0'
        try:
            row = _evaluate(hex(address))
        except (gdb.GdbError, gdb_session.Error):
            return '0x%x' % address  # no object, or nothing can be read now
        return '0x%x %s' % (address, row['repr'])


def _is_object(kind):
    kind = kind.strip_typedefs()
    if kind.code != gdb.TYPE_CODE_PTR:
        return False
    name = kind.target().unqualified().name or str(kind.target().strip_typedefs().unqualified())
    return name in ('PyObject', '_object', 'struct _object', 'PyVarObject')


class Printers(gdb.printing.PrettyPrinter):
    """The collection that `info pretty-printer` shows. `enable pretty-printer global heapscope` turns it on."""

    def __call__(self, value):
        return ObjectPrinter(value) if _is_object(value.type) else None


def _others():
    """Has somebody else a printer for these (python-gdb.py)? While GDB starts, its module is not whole and has no files."""
    places = [gdb] + [p for list_them in ('objfiles', 'progspaces') for p in getattr(gdb, list_them, list)()]
    return any('PyObjectPtr' in getattr(p, '__globals__', {}) for place in places for p in place.pretty_printers)


def register():
    for function in (Address, Type, Repr, Size):
        function()
    printers = Printers('heapscope')
    printers.enabled = not _others()

    def give_way(event):
        """python-gdb.py comes with the file that it is for; whoever wants ours enables it again."""
        if printers.enabled and _others():
            printers.enabled = False
            gdb.events.new_objfile.disconnect(give_way)

    gdb.events.new_objfile.connect(give_way)
    gdb.printing.register_pretty_printer(None, printers, replace=True)
