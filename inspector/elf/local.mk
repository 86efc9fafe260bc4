# Not "libelf.la": that is the name of elfutils' library.
noinst_LTLIBRARIES += libhself.la
libhself_la_SOURCES = inspector/elf/corefile.h inspector/elf/dwarfinfo.h inspector/elf/elffile.h
