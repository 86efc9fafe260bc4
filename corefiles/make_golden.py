#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the golden cores: make_golden.py NAME PYTHON [DEBUG_FILE].

Leaves golden/NAME.core.xz, a core of a small process by the kernel, and golden/NAME.files.tar.xz, what heapscope needs
of the files that it names, below the same paths as they had: the interpreter with its machine code blanked out, other
libraries with everything blanked out but headers and notes, and a debug file with the struct members of fields.def
(small_dwarf.py). So the golden tests run where no interpreter is installed, and with the layout of a known one.

The ones in git: make_golden.py py27 ~/.pyenv/versions/2.7.18/bin/python
                 make_golden.py py311 /usr/bin/python3.11   (Debian 12, python3.11-dbg)
                 make_golden.py py313 ~/.pyenv/versions/3.13.0/bin/python
Needs gcc, binutils, xz, python3-pyelftools, and a core_pattern that is a file in the working directory. When
fields.def gets new rows, make the cores anew, then the expected output: HEAPSCOPE_UPDATE_GOLDEN=1 make check
TESTS=tests/golden/test_golden.py, and read the difference.
"""
import glob
import lzma
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import small_dwarf  # noqa: E402

LAYOUT = os.path.join(os.path.dirname(HERE), 'inspector', 'layout')
LIMIT = 1 << 20
# Sections that are kept in every file; an interpreter keeps its constants too.
KEEP = ('.note', '.dyn', '.gnu.', '.hash', '.interp', '.shstrtab')


def make_core(python, folder):
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    shutil.copy(os.path.join(HERE, 'scenes', 'golden.py'), folder)
    process = subprocess.Popen([python, '-S', '-E', '-s', 'golden.py'],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, env={'LANG': 'C.UTF-8'},
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, unlimited))
    if process.stdout.readline() != b'ready\n':
        raise SystemExit('the scene did not start')
    mapped = mapped_files(process.pid)
    process.send_signal(signal.SIGABRT)
    process.wait()
    found = glob.glob(os.path.join(folder, 'core*'))
    if len(found) != 1:
        raise SystemExit('no core file in the working directory: see /proc/sys/kernel/core_pattern')
    return found[0], mapped


def mapped_files(pid):
    with open('/proc/%d/maps' % pid) as f:
        paths = {line.split(None, 5)[5].rstrip('\n') for line in f if line.count(' ') > 5 and ' /' in line}
    return sorted(p for p in paths if open(p, 'rb').read(4) == b'\x7fELF')


def sections(elf):
    offset, = struct.unpack_from('<Q', elf, 0x28)
    size, count, names = struct.unpack_from('<HHH', elf, 0x3a)
    rows = [struct.unpack_from('<IIQQQQ', elf, offset + i * size) for i in range(count)]
    for name, kind, _, _, at, length in rows:
        start = rows[names][4] + name
        yield elf[start:elf.index(b'\0', start)].decode(), kind, at, length


def is_interpreter(path):
    out = subprocess.run(['nm', '-D', '--defined-only', path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         universal_newlines=True).stdout
    return ' PyType_Type\n' in out


def blanked(path, to):
    """A copy that is large and empty: what it is and what it is called can be read, nothing can run."""
    subprocess.run(['strip', '-o', to, path], check=True)
    with open(to, 'rb') as f:
        elf = bytearray(f.read())
    keep = KEEP + (('.rodata',) if is_interpreter(path) else ())
    for name, kind, at, length in list(sections(elf)):
        if kind not in (0, 8) and not name.startswith(keep):
            elf[at:at + length] = bytes(length)
    with open(to, 'wb') as f:
        f.write(elf)


def build_id(path):
    with open(path, 'rb') as f:
        elf = f.read()
    for name, _, at, length in sections(elf):
        if name == '.note.gnu.build-id':
            return elf[at + 16:at + length].hex()
    return None


def find_debug(path, given):
    id = build_id(path)
    detached = '/usr/lib/debug/.build-id/%s/%s.debug' % (id[:2], id[2:])
    return given or (detached if os.path.exists(detached) else path)


def below(root, path):
    to = os.path.join(root, path.lstrip('/'))
    os.makedirs(os.path.dirname(to), exist_ok=True)
    return to


def make_files(mapped, root, given, scratch):
    for path in mapped:
        blanked(path, below(root, path))
        if is_interpreter(path):
            id = build_id(path)
            small_dwarf.make(find_debug(path, given),
                             below(root, '/usr/lib/debug/.build-id/%s/%s.debug' % (id[:2], id[2:])), LAYOUT, scratch)


def anonymous(info):
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ''
    info.mode = 0o755 if info.isdir() else 0o644
    return info


def compress(data, to):
    packed = lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)
    print('%s: %d bytes' % (to, len(packed)))
    if len(packed) > LIMIT:
        raise SystemExit('%s: larger than %d bytes' % (to, LIMIT))
    with open(to, 'wb') as f:
        f.write(packed)


def main(name, python, given=None):
    out = os.path.join(HERE, 'golden', name)
    scratch = tempfile.mkdtemp(prefix='golden-')
    try:
        core, mapped = make_core(os.path.realpath(python), scratch)
        root, work = os.path.join(scratch, 'root'), os.path.join(scratch, 'work')
        os.makedirs(work)
        make_files(mapped, root, given, work)
        with open(core, 'rb') as f:
            compress(f.read(), out + '.core.xz')
        plain = os.path.join(scratch, 'files.tar')
        with tarfile.open(plain, 'w', format=tarfile.USTAR_FORMAT) as tar:
            tar.add(root, 'root', filter=anonymous)
        with open(plain, 'rb') as f:
            compress(f.read(), out + '.files.tar.xz')
    finally:
        shutil.rmtree(scratch)


if __name__ == '__main__':
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
