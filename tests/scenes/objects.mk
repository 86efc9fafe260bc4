# SPDX-License-Identifier: Apache-2.0
# check_objects: the heap and the types layer against a scene's truth (see corefiles/scenes/truth.py)
check_PROGRAMS += check_objects
check_objects_SOURCES = tests/scenes/check_objects.c
check_objects_CFLAGS = $(AM_CFLAGS)
check_objects_LDADD = libheap.la libtypes.la libpython.la liblayout.la libtarget.la libhself.la libbase.la $(ELFUTILS_LIBS) $(DEBUGINFOD_LIBS)
EXTRA_DIST += corefiles/scenes/kinds.py corefiles/scenes/truth.py
