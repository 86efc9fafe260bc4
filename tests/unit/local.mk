# A program per layer, linked with that layer and those below only.
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)

# elf: the sample program is compiled by the tests themselves, in several ways
elf_unit_cflags = $(unit_cflags) -DTEST_CC='"$(CC)"' -DTEST_SRCDIR='"$(abs_srcdir)/tests/unit"'
elf_unit_libs = libhself.la libbase.la $(ELFUTILS_LIBS) $(CHECK_LIBS)
EXTRA_DIST += tests/unit/elf_sample.c tests/unit/elf_sample_other.c
if HAVE_CHECK
check_PROGRAMS += check_elf check_elfdebug
TESTS += check_elf check_elfdebug
endif
check_elf_SOURCES = tests/unit/check_elf.c tests/unit/elf_scratch.c tests/unit/elf_scratch.h
check_elf_CFLAGS = $(elf_unit_cflags)
check_elf_LDADD = $(elf_unit_libs)
check_elfdebug_SOURCES = tests/unit/check_elfdebug.c tests/unit/elf_scratch.c tests/unit/elf_scratch.h
check_elfdebug_CFLAGS = $(elf_unit_cflags)
check_elfdebug_LDADD = $(elf_unit_libs)
