# SPDX-License-Identifier: Apache-2.0
noinst_LTLIBRARIES += libtypes.la
libtypes_la_SOURCES = \
	inspector/types/array.c \
	inspector/types/bytes.c \
	inspector/types/code.c \
	inspector/types/ctypes.c \
	inspector/types/deque.c \
	inspector/types/dict.c \
	inspector/types/dict27.c \
	inspector/types/dicttable.c \
	inspector/types/dicttable.h \
	inspector/types/element.c \
	inspector/types/family.c \
	inspector/types/family.h \
	inspector/types/frame.c \
	inspector/types/functools.c \
	inspector/types/gen.c \
	inspector/types/iframe.c \
	inspector/types/iframe.h \
	inspector/types/instance.c \
	inspector/types/int.c \
	inspector/types/io.c \
	inspector/types/itertools.c \
	inspector/types/memory.c \
	inspector/types/numbers.c \
	inspector/types/npscalar.c \
	inspector/types/numpy.c \
	inspector/types/object.c \
	inspector/types/odict.c \
	inspector/types/parser.c \
	inspector/types/pickle.c \
	inspector/types/pytypes.def \
	inspector/types/re.c \
	inspector/types/refine.c \
	inspector/types/refinedwarf.c \
	inspector/types/refine.h \
	inspector/types/refined.c \
	inspector/types/set.c \
	inspector/types/str.c \
	inspector/types/str27.c \
	inspector/types/tuple.c \
	inspector/types/typechoose.c \
	inspector/types/typeinfo.c \
	inspector/types/typeobj.c \
	inspector/types/rows/core.def \
	inspector/types/rows/code.def \
	inspector/types/rows/exceptions.def \
	inspector/types/rows/runtime.def \
	inspector/types/rows/itertools.def \
	inspector/types/rows/library.def \
	inspector/types/rows/xml_files.def \
	inspector/types/types.def \
	inspector/types/types.h \
	inspector/types/typetab.c \
	inspector/types/typetab.h

# What works by point reads, without an image.
libtypes_la_SOURCES += inspector/types/peek.c inspector/types/peek.h inspector/types/peekattrs.c \
	inspector/types/peekdeque.c \
	inspector/types/peekdict.c \
	inspector/types/repr.c inspector/types/repr.def inspector/types/repr.h \
	inspector/types/reprcall.c inspector/types/reprcollections.c inspector/types/reprcontainer.c \
	inspector/types/reprdecimal.c inspector/types/reprmisc.c inspector/types/reprnumber.c \
	inspector/types/reprobject.c inspector/types/reprtext.c inspector/types/reprtime.c
