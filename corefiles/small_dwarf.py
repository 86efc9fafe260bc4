# SPDX-License-Identifier: Apache-2.0
"""A debug file cut down to the structs and members that inspector/layout/fields.def names.

The debug information of an interpreter is 5 to 30 MB; what heapscope reads of it fits in some 100 KB. The members'
places are read from the real debug information (python3-pyelftools) and written down as C structs with explicit
padding, one file for each source file that a struct was found in; gcc makes debug information of these.
Used by make_golden.py only.
"""
import os
import re
import subprocess

from elftools.elf.elffile import ELFFile

STRUCTS = ('DW_TAG_structure_type', 'DW_TAG_union_type')
WRAPPERS = ('DW_TAG_typedef', 'DW_TAG_const_type', 'DW_TAG_volatile_type', 'DW_TAG_atomic_type')
PACKED = '__attribute__((packed))'


class Row:
    def __init__(self, names, units):
        self.names, self.units, self.members = names.split('|'), units.split(':')[-1].split('|'), set()


def read_rows(layout):
    """The STRUCT rows of fields.def, each with every member name that a path of its FIELDs has."""
    folder = os.path.join(layout, 'fields')
    text = ''.join(open(os.path.join(folder, f), encoding='utf-8').read() for f in sorted(os.listdir(folder)))
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    text = re.sub(r'"\s+"', '', text)
    rows = {}
    for match in re.finditer(r'STRUCT\((\w+),\s*"([^"]*)",\s*"([^"]*)"\)', text):
        rows[match.group(1)] = Row(match.group(2), match.group(3))
    for match in re.finditer(r'FIELD\((\w+),\s*\w+,\s*\w+,\s*"([^"]*)"', text):
        rows[match.group(1)].members.update(re.findall(r'[A-Za-z_]\w*', match.group(2)))
    return rows


def text_of(die, attribute):
    value = die.attributes.get(attribute)
    return value.value.decode() if value else None


def number_of(die, attribute, otherwise=0):
    value = die.attributes.get(attribute)
    return value.value if value else otherwise


def target_of(die):
    """The type of a member or typedef, None for void."""
    return die.get_DIE_from_attribute('DW_AT_type') if 'DW_AT_type' in die.attributes else None


def bare(die):
    while die is not None and die.tag in WRAPPERS:
        die = target_of(die)
    return die


def size_of(die):
    die = bare(die)
    if die is None:
        return 1
    if die.tag == 'DW_TAG_array_type':
        n = size_of(target_of(die))
        for count in dimensions(die):
            n *= count
        return n
    return number_of(die, 'DW_AT_byte_size', 8)


def dimensions(die):
    for child in die.iter_children():
        if child.tag == 'DW_TAG_subrange_type':
            count = number_of(child, 'DW_AT_count', None)
            yield count if count is not None else number_of(child, 'DW_AT_upper_bound', -1) + 1


class Emitter:
    """C text for a struct: the wanted members at their places, padding in between."""

    def __init__(self, wanted):
        self.wanted, self.pads = wanted, 0

    def pad(self, bits):
        out = ''
        if bits % 8:
            out += 'unsigned : %d; ' % (bits % 8)
        if bits >= 8:
            self.pads += 1
            out += 'char pad%d[%d]; ' % (self.pads, bits // 8)
        return out

    def has_wanted(self, die):
        die = bare(die)
        if die is None or die.tag not in STRUCTS:
            return False
        return any(text_of(m, 'DW_AT_name') in self.wanted or
                   (text_of(m, 'DW_AT_name') is None and self.has_wanted(target_of(m)))
                   for m in die.iter_children() if m.tag == 'DW_TAG_member')

    def declare(self, die, name):
        """One member's declaration without the semicolon."""
        kind = bare(die)
        if kind.tag in STRUCTS:
            if name and not self.has_wanted(kind):
                return 'struct { char bytes[%d]; } %s' % (size_of(kind), name)
            return '%s %s' % (self.body(kind), name)
        if kind.tag == 'DW_TAG_array_type':
            suffix = ''.join('[%d]' % n for n in dimensions(kind))
            return self.declare(target_of(kind), name + suffix)
        return '%s %s' % (self.scalar(kind), name)

    @staticmethod
    def scalar(kind):
        size = size_of(kind)
        if kind.tag == 'DW_TAG_pointer_type':
            return 'void *'
        encoding = number_of(kind, 'DW_AT_encoding') if kind.tag == 'DW_TAG_base_type' else 0
        if encoding == 4:
            return {4: 'float', 8: 'double', 16: 'long double'}[size]
        word = {1: 'char', 2: 'short', 4: 'int', 8: 'long', 16: '__int128'}[size]
        return ('signed ' if encoding in (5, 6) else 'unsigned ') + word

    @staticmethod
    def place(member):
        """First bit of the member, and bits if it is a bit-field."""
        bits = number_of(member, 'DW_AT_bit_size')
        at = number_of(member, 'DW_AT_data_member_location') * 8
        if 'DW_AT_data_bit_offset' in member.attributes:
            at = number_of(member, 'DW_AT_data_bit_offset')
        elif 'DW_AT_bit_offset' in member.attributes:  # DWARF 4 counts from the other end
            unit = number_of(member, 'DW_AT_byte_size') or size_of(target_of(member))
            at += unit * 8 - number_of(member, 'DW_AT_bit_offset') - bits
        return at, bits

    def body(self, die):
        word = 'union' if die.tag == 'DW_TAG_union_type' else 'struct'
        out, now, size = '', 0, size_of(die) * 8
        for member in die.iter_children():
            if member.tag != 'DW_TAG_member':
                continue
            name = text_of(member, 'DW_AT_name')
            kind = target_of(member)
            if name not in self.wanted and not (name is None and self.has_wanted(kind)):
                if not (name and self.has_wanted(kind) and name in self.wanted):
                    continue
            at, bits = self.place(member)
            if word == 'struct' and at > now:
                out += self.pad(at - now)
            out += self.declare(kind, name or '') + (' : %d' % bits if bits else '') + '; '
            now = at + (bits or size_of(kind) * 8)
        if word == 'union':
            out += 'char whole[%d]; ' % (size // 8)
        elif size > now:
            out += self.pad(size - now)
        return '%s { %s} %s' % (word, out, PACKED)


def index_unit(cu):
    """{name: die} of the complete structs of a compilation unit; tags as "struct x"."""
    found = {}
    for die in cu.get_top_DIE().iter_children():
        name = text_of(die, 'DW_AT_name') if die.tag in STRUCTS + ('DW_TAG_typedef',) else None
        whole = bare(die) if name else None
        if whole is None or whole.tag not in STRUCTS or 'DW_AT_declaration' in whole.attributes:
            continue
        if die.tag == 'DW_TAG_typedef':
            found.setdefault(name, whole)
        else:
            found.setdefault('struct ' + name, whole)
    return found


def sources(path, layout):
    """{file name: C text} for all structs of fields.def that the debug information of `path` has."""
    rows = read_rows(layout)
    needed = {unit for row in rows.values() for unit in row.units}
    with open(path, 'rb') as f:
        units = {}
        for cu in ELFFile(f).get_dwarf_info().iter_CUs():
            name = os.path.basename(text_of(cu.get_top_DIE(), 'DW_AT_name') or '')
            if name in needed:
                units.setdefault(name, []).append(index_unit(cu))
        wanted = {}
        for row in rows.values():
            place = find_row(row, units)
            if place:
                unit, name, die = place
                wanted.setdefault((unit, name), (die, set()))[1].update(row.members)
        out = {}
        for (unit, name), (die, members) in sorted(wanted.items(), key=lambda item: item[0]):
            body = Emitter(members).body(die)
            if name.startswith('struct '):
                text = body.replace('struct {', name + ' {', 1).replace('union {', 'union ' + name[7:] + ' {', 1) \
                    if body.startswith('union') else body.replace('struct {', name + ' {', 1)
                out[unit] = out.get(unit, '') + text + ';\n'
            else:
                out[unit] = out.get(unit, '') + 'typedef %s %s;\n' % (body, name)
        return out


def find_row(row, units):
    for unit in row.units:
        for index in units.get(unit, []):
            for name in row.names:
                for spelled in (name,) if name.startswith('struct ') else (name, 'struct ' + name):
                    if spelled in index:
                        return unit, spelled, index[spelled]
    return None


def make(debug, out, layout, scratch):
    """Writes `out`: the symbols, notes and section headers of `debug`, with small debug information."""
    objects = []
    for unit, text in sorted(sources(debug, layout).items()):
        with open(os.path.join(scratch, unit), 'w') as f:
            f.write(text)
        objects.append(unit[:-2] + '.o')
        subprocess.run(['gcc', '-g', '-gdwarf-5', '-fno-eliminate-unused-debug-types', '-fdebug-prefix-map=%s=.' % scratch,
                        '-c', unit], cwd=scratch, check=True)
    small = os.path.join(scratch, 'small.so')
    subprocess.run(['gcc', '-shared', '-nostdlib', '-o', small] + objects, cwd=scratch, check=True)
    subprocess.run(['objcopy', '--only-keep-debug', '--remove-section=.debug_*', '--remove-section=.gnu_debugaltlink',
                    debug, out], check=True)
    add = []
    for section in ('.debug_info', '.debug_abbrev', '.debug_str', '.debug_line', '.debug_line_str', '.debug_aranges'):
        part = os.path.join(scratch, section[1:])
        subprocess.run(['objcopy', '-O', 'binary', '--only-section=' + section, '--set-section-flags',
                        section + '=alloc', small, part], check=True)
        if os.path.exists(part) and os.path.getsize(part):
            add.append('--add-section=%s=%s' % (section, part))
    subprocess.run(['objcopy'] + add + [out], check=True)
