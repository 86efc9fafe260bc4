# SPDX-License-Identifier: Apache-2.0
# check_objects: the heap and the types layer against a scene's truth (see corefiles/scenes/truth.py)
check_PROGRAMS += check_objects
check_objects_SOURCES = tests/scenes/check_objects.c
check_objects_CFLAGS = $(AM_CFLAGS)
check_objects_LDADD = libheap.la libtypes.la libpython.la liblayout.la libtarget.la libhself.la libbase.la $(ELFUTILS_LIBS)
EXTRA_DIST += corefiles/scenes/kinds.py corefiles/scenes/kinds/a_data.py corefiles/scenes/kinds/b_containers.py \
	corefiles/scenes/kinds/c_code.py corefiles/scenes/kinds/d_classes.py corefiles/scenes/kinds/e_iterators.py \
	corefiles/scenes/kinds/f_library.py corefiles/scenes/kinds/g_modules.py corefiles/scenes/truth.py
