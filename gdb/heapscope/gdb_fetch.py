# SPDX-License-Identifier: Apache-2.0
"""Files of programs and libraries that only the machine of a remote process has: copied by GDB (`remote get`)."""
import os
import tempfile

import gdb

PAGE = 4096
FILES_MAX = 256


def _is_here(path, first_page):
    """Is the file of that name the one that runs? Its first page has the build-id, or tells by its headers."""
    try:
        with open(path, 'rb') as f:
            return f.read(PAGE) == first_page
    except OSError:
        return False


class Fetched:
    """The copies, for as long as this lives. paths: of those that were needed."""

    def __init__(self, mappings, read, root):
        self.paths, self._folder, seen = [], None, set()
        code = {path for _, _, _, protection, path in mappings if protection & 4 and path.startswith('/')}
        for start, _, offset, _, path in mappings:
            if offset or path not in code or path in seen or len(seen) >= FILES_MAX:
                continue
            seen.add(path)
            page = read(start, PAGE)
            if page[:4] == b'\x7fELF' and not any(_is_here(p, page) for p in ((root or '') + path, path)):
                self._get(path)

    def _get(self, path):
        if not self._folder:
            self._folder = tempfile.TemporaryDirectory(prefix='heapscope-')
        to = os.path.join(self._folder.name, str(len(self.paths)), os.path.basename(path))
        os.mkdir(os.path.dirname(to))
        gdb.write('heapscope: %s is not on this machine: copying it\n' % path, gdb.STDERR)
        try:
            gdb.execute('remote get "%s" "%s"' % (path, to), to_string=True)
        except gdb.error:
            return  # what is missing then, the answer says
        self.paths.append(to)
