# Not "libelf.la": that is the name of elfutils' library.
noinst_LTLIBRARIES += libhself.la
libhself_la_SOURCES = \
	inspector/elf/cfi.c \
	inspector/elf/cfiexpr.c \
	inspector/elf/codelines.c \
	inspector/elf/corefile.c \
	inspector/elf/corefile.h \
	inspector/elf/coreheaders.c \
	inspector/elf/corenotes.c \
	inspector/elf/corepriv.h \
	inspector/elf/debuginfod.c \
	inspector/elf/debuginfod.h \
	inspector/elf/demangle.c \
	inspector/elf/dwarfdie.c \
	inspector/elf/dwarfinfo.c \
	inspector/elf/dwarfinfo.h \
	inspector/elf/dwarfmembers.c \
	inspector/elf/dwarfpriv.h \
	inspector/elf/dwarfself.c \
	inspector/elf/dwarfpages.c \
	inspector/elf/dwarftypes.c \
	inspector/elf/dwarfunits.c \
	inspector/elf/elfdebug.c \
	inspector/elf/elffile.c \
	inspector/elf/elffile.h \
	inspector/elf/elfnote.c \
	inspector/elf/elfnote.h \
	inspector/elf/elfpriv.h \
	inspector/elf/elfreloc.c \
	inspector/elf/elfreloc.h \
	inspector/elf/elfsymbols.c \
	inspector/elf/filekinds.def \
	inspector/elf/filemap.c \
	inspector/elf/filemap.h \
	inspector/elf/machines.def \
	inspector/elf/packed.c \
	inspector/elf/packed.h \
	inspector/elf/relocs.def \
	inspector/elf/spool.c \
	inspector/elf/spool.h \
	inspector/elf/suffixes.def \
	inspector/elf/unpack.c \
	inspector/elf/unpack.h \
	inspector/elf/unwind.c \
	inspector/elf/unwind.h \
	inspector/elf/unwindpriv.h \
	inspector/elf/unwindregs.def
libhself_la_CFLAGS = $(AM_CFLAGS) $(DEBUGINFOD_CFLAGS) $(LIBARCHIVE_CFLAGS)
libhself_la_LIBADD = $(ZLIB_LIBS)
