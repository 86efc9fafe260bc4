# SPDX-License-Identifier: Apache-2.0
"""The rules of the source tree. Each rule is a function that takes a Tree and yields one line for each breach.

To add a rule: write a generator here, put it in RULES, and give test_lint.py a planted breach that it must find.
"""
import os
import re

# Lowest first: a layer may include itself and what stands before it. `out` stands on base alone; cmd may use it.
LAYERS = ['base', 'elf', 'target', 'layout', 'python', 'types', 'stack', 'heap', 'cmd']
MAX_LINES, WARN_LINES = 700, 450
SOURCES = ('inspector', 'gdb', 'tests', 'corefiles', '.ci')


class Tree:
    """A source tree as {relative path: text}, so that rules can be tried on planted ones."""

    def __init__(self, root):
        self.files = {}
        self.made = made_files(root)
        for top in SOURCES + ('.',):
            self._read(root, top)

    def _read(self, root, top):
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders[:] = [f for f in folders if f != '__pycache__' and top != '.']
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), root)
                if name in ('run', 'README.md') or is_source(name) and not is_generated(path, self.made):
                    with open(os.path.join(root, path), encoding='utf-8') as f:
                        self.files[path] = f.read()

    def c_files(self, *but):
        """(path, layer, text without comments and strings) of each C file of the program."""
        for path, text in sorted(self.files.items()):
            parts = path.split(os.sep)
            if parts[0] != 'inspector' or not path.endswith(('.c', '.h', '.def')):
                continue
            layer = parts[1] if len(parts) > 2 else ''
            if layer not in but and path not in but:
                yield path, layer, text


def is_source(name):
    return name.endswith(('.c', '.h', '.def', '.py', '.sh', '.mk', '.ac', '.am'))


def made_files(root):
    """What a build inside the tree makes at known places, as .gitignore has it. A tarball has none, and no such build."""
    path = os.path.join(root, '.gitignore')
    if not os.path.exists(path):
        return ()
    with open(path, encoding='utf-8') as f:
        return tuple(line.strip().lstrip('/') for line in f if '/' in line.strip()[:-1])


def is_generated(path, made=()):
    return path.startswith(('config.', 'aclocal')) or path == 'configure' or any(
        path.startswith(m) if m.endswith('/') else path == m for m in made)


def code_of(text):
    """C without comments and without what stands in string literals; the lines stay where they are."""
    def blank(match):
        return '""' if match.group()[0] == '"' else re.sub(r'[^\n]', ' ', match.group())
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def find(text, pattern):
    for number, line in enumerate(text.split('\n'), 1):
        match = re.search(pattern, line)
        if match:
            yield number, match


def include_direction(tree):
    for path, layer, text in tree.c_files(''):
        if layer == 'out':
            allowed = {'base', 'out'}
        elif layer in LAYERS:
            allowed = set(LAYERS[:LAYERS.index(layer) + 1]) | ({'out'} if layer == 'cmd' else set())
        else:
            yield '%s: the folder is not one of the layers %s' % (path, ' '.join(LAYERS))
            continue
        for number, match in find(text, r'#\s*include\s+"([^"]+)"'):
            target = match.group(1)
            if target == 'config.h':
                continue
            if target.split('/')[0] not in allowed:
                yield '%s:%d: %s may not include "%s"' % (path, number, layer, target)


def printing(tree):
    calls = r'\b(v?f?printf|v?dprintf|f?puts|f?putc|putchar|perror|fwrite)\s*\('
    for path, _, text in tree.c_files('out', 'inspector/main.c'):
        for number, match in find(code_of(text), calls):
            yield '%s:%d: %s() outside out/ and main.c' % (path, number, match.group(1))


def exiting(tree):
    # isolate.c ends a child process of its own
    for path, _, text in tree.c_files('inspector/main.c', 'inspector/base/isolate.c'):
        for number, match in find(code_of(text), r'(?<![\w.>])(_?exit|abort|assert)\s*\('):
            yield '%s:%d: %s() in library code' % (path, number, match.group(1))


def elfutils_outside_elf(tree):
    for path, _, text in tree.c_files('elf'):
        for number, match in find(text, r'#\s*include\s+<((?:elfutils/|lib(?:dw|elf)|dwarf|gelf)[^>]*)>'):
            yield '%s:%d: <%s> outside elf/' % (path, number, match.group(1))


def decoders_in_one_place(tree):
    # hostile input: packed.c is for a child process
    for path, _, text in tree.c_files('inspector/elf/packed.c'):
        for number, match in find(text, r'#\s*include\s+<(archive[^>]*)>'):
            yield '%s:%d: <%s> outside elf/packed.c' % (path, number, match.group(1))


def versions_outside_layout(tree):
    compare = r'hexversion\s*(?:[<>=!]=|[<>&])|(?:[<>=!]=|<|(?<!-)>)\s*[\w.>-]*hexversion|\b0x0[23][0-9a-fA-F]{4}[0a-cA-CfF]\d\b'
    for path, _, text in tree.c_files('layout'):
        for number, match in find(code_of(text), compare):
            yield '%s:%d: compares versions (%s) outside layout/' % (path, number, match.group())


def commands_in_readme(tree):
    table = tree.files.get('inspector/cmd/commands.def', '')
    readme = tree.files.get('README.md', '')
    names = re.findall(r'^COMMAND\(\s*(\w+)', table, flags=re.M)
    if not names:
        yield 'inspector/cmd/commands.def: no COMMAND rows'
    for name in names:
        if not re.search(r'^\|\s*`%s\b' % name, readme, flags=re.M):
            yield 'README.md: the table of commands has no row for `%s`' % name


def licence_lines(tree):
    for path, text in sorted(tree.files.items()):
        if path.endswith(('.c', '.h', '.def', '.py', '.sh')) and 'SPDX-License-Identifier: Apache-2.0' not in text[:200]:
            yield '%s: no SPDX line at the top' % path


def file_lengths(tree):
    for path, text in sorted(tree.files.items()):
        if text.count('\n') > MAX_LINES:
            yield '%s: %d lines, the limit is %d' % (path, text.count('\n'), MAX_LINES)


def left_open(tree):
    words = r'\b(%s)\b' % '|'.join(['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'])
    for path, text in sorted(tree.files.items()):
        for number, match in find(text, words):
            yield '%s:%d: %s' % (path, number, match.group())


RULES = [include_direction, printing, exiting, elfutils_outside_elf, decoders_in_one_place, versions_outside_layout,
         commands_in_readme, licence_lines, file_lengths, left_open]


def grown_files(tree):
    """Not a breach: files that should be split before they reach the limit."""
    return ['%s: %d lines' % (path, text.count('\n')) for path, text in sorted(tree.files.items())
            if text.count('\n') > WARN_LINES]


def exported_symbols(nm_lines):
    """Lines of `nm -D --defined-only`: whatever the library exports beside heapscope_*."""
    made_by_tools = ('_init', '_fini', '_end', '_edata', '__bss_start')
    for line in nm_lines:
        name = line.split()[-1].split('@')[0]
        if not name.startswith(('heapscope_', '__asan_', '__odr_asan', '__ubsan_')) and name not in made_by_tools:
            yield name
