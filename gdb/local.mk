# SPDX-License-Identifier: Apache-2.0
# The Python package. It is the same for every Python: nothing is compiled, so it is in no Python's own folder;
# `pkg-config --variable=pythondir heapscope` is what goes into PYTHONPATH.
packagedir = $(pkgdatadir)/python/heapscope
dist_package_DATA = \
	gdb/heapscope/__init__.py \
	gdb/heapscope/_lib.py

# Where the library was installed: where the package looks for it first.
nodist_package_DATA = gdb/heapscope/_where.py
CLEANFILES += gdb/heapscope/_where.py
gdb/heapscope/_where.py: Makefile
	$(AM_V_GEN)$(MKDIR_P) gdb/heapscope && \
	printf '# Made by make.\nLIBDIR = "%s"\n' '$(libdir)' >$@.tmp && mv $@.tmp $@
