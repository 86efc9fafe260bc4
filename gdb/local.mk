# SPDX-License-Identifier: Apache-2.0
# The Python package. It is the same for every Python: nothing is compiled, so it is in no Python's own folder;
# `pkg-config --variable=pythondir heapscope` is what goes into PYTHONPATH.
packagedir = $(pkgdatadir)/python/heapscope
dist_package_DATA = \
	gdb/heapscope/__init__.py \
	gdb/heapscope/_heap.py \
	gdb/heapscope/_lib.py \
	gdb/heapscope/_objects.py \
	gdb/heapscope/_stream.py \
	gdb/heapscope/_values.py \
	gdb/heapscope/gdb_backtrace.py \
	gdb/heapscope/gdb_commands.py \
	gdb/heapscope/gdb_complete.py \
	gdb/heapscope/gdb_fetch.py \
	gdb/heapscope/gdb_frames.py \
	gdb/heapscope/gdb_proc.py \
	gdb/heapscope/gdb_remote.py \
	gdb/heapscope/gdb_session.py \
	gdb/heapscope/gdb_target.py \
	gdb/heapscope/gdb_threads.py \
	gdb/heapscope/gdb_values.py \
	gdb/heapscope/gdb_words.py

# The GDB extension: beside the package. configure links it into the build tree.
extensiondir = $(pkgdatadir)/python
dist_extension_DATA = gdb/heapscope-gdb.py

# What GDB imports when it starts, if that is its data directory.
if GDB_DATADIR
gdbcommanddir = $(gdbdatadir)/python/gdb/command
nodist_gdbcommand_DATA = gdb/command/heapscope.py
CLEANFILES += gdb/command/heapscope.py
gdb/command/heapscope.py: Makefile
	$(AM_V_GEN)$(MKDIR_P) gdb/command && \
	printf '# Made by make.\nimport gdb\n\ngdb.execute("source %s")\n' '$(extensiondir)/heapscope-gdb.py' >$@.tmp && mv $@.tmp $@
endif

# Where the library was installed: where the package looks for it first.
nodist_package_DATA = gdb/heapscope/_where.py
CLEANFILES += gdb/heapscope/_where.py
gdb/heapscope/_where.py: Makefile
	$(AM_V_GEN)$(MKDIR_P) gdb/heapscope && \
	printf '# Made by make.\nLIBDIR = "%s"\n' '$(libdir)' >$@.tmp && mv $@.tmp $@

EXTRA_DIST += gdb/examples/type_table.py gdb/examples/attribute.py gdb/examples/large_dicts.py gdb/examples/frame_locals.py \
	gdb/examples/follow.py
