noinst_LTLIBRARIES += liblayout.la
liblayout_la_SOURCES = \
	inspector/layout/consts.def \
	inspector/layout/debugoffsets.c \
	inspector/layout/debugoffsets.def \
	inspector/layout/fields.def \
	inspector/layout/fields/asyncio.def \
	inspector/layout/fields/code.def \
	inspector/layout/fields/containers.def \
	inspector/layout/fields/exceptions.def \
	inspector/layout/fields/io.def \
	inspector/layout/fields/itertools.def \
	inspector/layout/fields/memory.def \
	inspector/layout/fields/misc.def \
	inspector/layout/fields/modules.def \
	inspector/layout/fields/numbers.def \
	inspector/layout/fields/objects.def \
	inspector/layout/fields/re_ctypes.def \
	inspector/layout/fields/runtime.def \
	inspector/layout/fields/system.def \
	inspector/layout/fields/text.def \
	inspector/layout/fields/types.def \
	inspector/layout/fields/xml_pickle.def \
	inspector/layout/layout.c \
	inspector/layout/layout.h \
	inspector/layout/resolve.c \
	inspector/layout/rows.h \
	inspector/layout/version.c
