# A program per layer, linked with that layer and those below only: all of the layer (ALL_OF, NO_MORE from
# configure), so that a call upwards does not link.
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)

# elf: the sample program is compiled by the tests themselves, in several ways
elf_unit_cflags = $(unit_cflags) -DTEST_CC='"$(CC)"' -DTEST_SRCDIR='"$(abs_srcdir)/tests/unit"'
elf_unit_libs = $(ALL_OF) libhself.la $(NO_MORE) libbase.la $(ELFUTILS_LIBS) $(CHECK_LIBS)
EXTRA_DIST += tests/unit/elf_sample.c tests/unit/elf_sample_other.c tests/unit/elf_crasher.c
check_PROGRAMS += check_elf check_elfdebug check_elfdwarf check_elfcore check_elfreloc check_elfunwind
TESTS += check_elf check_elfdebug check_elfdwarf check_elfcore check_elfreloc check_elfunwind
check_elf_SOURCES = tests/unit/check_elf.c tests/unit/elf_scratch.c tests/unit/elf_scratch.h
check_elf_CFLAGS = $(elf_unit_cflags)
check_elf_LDADD = $(elf_unit_libs)
check_elfunwind_SOURCES = tests/unit/check_elfunwind.c tests/unit/elf_scratch.c tests/unit/elf_scratch.h
check_elfunwind_CFLAGS = $(elf_unit_cflags)
check_elfunwind_LDADD = $(elf_unit_libs)
check_elfreloc_SOURCES = tests/unit/check_elfreloc.c tests/unit/elf_scratch.c tests/unit/elf_scratch.h
check_elfreloc_CFLAGS = $(elf_unit_cflags)
check_elfreloc_LDADD = $(elf_unit_libs) -ldl
check_elfdebug_SOURCES = tests/unit/check_elfdebug.c tests/unit/elf_scratch.c tests/unit/elf_scratch.h
check_elfdebug_CFLAGS = $(elf_unit_cflags)
check_elfdebug_LDADD = $(elf_unit_libs)
check_elfdwarf_SOURCES = tests/unit/check_elfdwarf.c tests/unit/elf_scratch.c tests/unit/elf_scratch.h
check_elfdwarf_CFLAGS = $(elf_unit_cflags)
check_elfdwarf_LDADD = $(elf_unit_libs)
check_elfcore_SOURCES = tests/unit/check_elfcore.c tests/unit/elf_scratch.c tests/unit/elf_scratch.h
check_elfcore_CFLAGS = $(elf_unit_cflags)
check_elfcore_LDADD = $(elf_unit_libs)
check_PROGRAMS += check_elfpacked
TESTS += check_elfpacked
check_elfpacked_SOURCES = tests/unit/check_elfpacked.c tests/unit/elf_scratch.c tests/unit/elf_scratch.h
check_elfpacked_CFLAGS = $(elf_unit_cflags)
check_elfpacked_LDADD = $(elf_unit_libs)

check_PROGRAMS += check_base
TESTS += check_base
check_base_SOURCES = tests/unit/check_base.c
check_base_CFLAGS = $(unit_cflags)
check_base_LDADD = $(ALL_OF) libbase.la $(NO_MORE) $(CHECK_LIBS)

check_PROGRAMS += check_out
TESTS += check_out
check_out_SOURCES = tests/unit/check_out.c
check_out_CFLAGS = $(unit_cflags)
check_out_LDADD = $(ALL_OF) libout.la $(NO_MORE) libbase.la $(CHECK_LIBS)

# target: the processes that are looked into are check_target_child, which is built without sanitizers
check_target_programs = \
	check_target \
	check_target_proc \
	check_target_live \
	check_target_errors \
	check_target_pages \
	check_target_freeze \
	check_target_core \
	check_target_damage
check_PROGRAMS += $(check_target_programs) check_target_child
TESTS += $(check_target_programs)
target_unit_libs = $(ALL_OF) libtarget.la $(NO_MORE) libhself.la libbase.la $(ELFUTILS_LIBS) $(CHECK_LIBS)
target_fixture = tests/unit/check_target_fixture.c tests/unit/check_target_fixture.h
target_corefix = $(target_fixture) tests/unit/check_target_corefix.c tests/unit/check_target_corefix.h
check_target_SOURCES = tests/unit/check_target.c $(target_fixture)
check_target_CFLAGS = $(unit_cflags)
check_target_LDADD = $(target_unit_libs)
check_target_proc_SOURCES = tests/unit/check_target_proc.c $(target_fixture)
check_target_proc_CFLAGS = $(unit_cflags)
check_target_proc_LDADD = $(target_unit_libs)
check_target_live_SOURCES = tests/unit/check_target_live.c $(target_fixture)
check_target_live_CFLAGS = $(unit_cflags)
check_target_live_LDADD = $(target_unit_libs)
check_target_errors_SOURCES = tests/unit/check_target_errors.c $(target_fixture)
check_target_errors_CFLAGS = $(unit_cflags)
check_target_errors_LDADD = $(target_unit_libs)
check_target_pages_SOURCES = tests/unit/check_target_pages.c $(target_fixture)
check_target_pages_CFLAGS = $(unit_cflags)
check_target_pages_LDADD = $(target_unit_libs)
check_target_freeze_SOURCES = tests/unit/check_target_freeze.c $(target_fixture)
check_target_freeze_CFLAGS = $(unit_cflags)
check_target_freeze_LDADD = $(target_unit_libs)
check_target_core_SOURCES = tests/unit/check_target_core.c $(target_corefix)
check_target_core_CFLAGS = $(unit_cflags)
check_target_core_LDADD = $(target_unit_libs)
check_target_damage_SOURCES = tests/unit/check_target_damage.c $(target_corefix)
check_target_damage_CFLAGS = $(unit_cflags)
check_target_damage_LDADD = $(target_unit_libs)
check_target_child_SOURCES = tests/unit/check_target_child.c
check_target_child_CFLAGS = -std=gnu11 -Wall -Wextra -Wno-unused-parameter -pthread -O1 -g -fPIE
check_target_child_LDFLAGS = -pie -Wl,-z,relro
check_PROGRAMS += check_layout
TESTS += check_layout
check_layout_SOURCES = tests/unit/check_layout.c
check_layout_CFLAGS = $(unit_cflags)
check_layout_LDADD = $(ALL_OF) liblayout.la $(NO_MORE) libhself.la libbase.la $(ELFUTILS_LIBS) $(CHECK_LIBS)

# python: against every interpreter of the machine
check_PROGRAMS += check_python
TESTS += check_python
EXTRA_DIST += tests/unit/python_facts.py
check_python_SOURCES = tests/unit/check_python.c tests/unit/check_python_child.c tests/unit/check_python_child.h
check_python_CFLAGS = $(unit_cflags) -DTEST_SRCDIR='"$(abs_srcdir)/tests/unit"'
check_python_LDADD = $(ALL_OF) libpython.la $(NO_MORE) liblayout.la libtarget.la libhself.la libbase.la $(ELFUTILS_LIBS) $(CHECK_LIBS)
check_PROGRAMS += check_python_damage
TESTS += check_python_damage
check_python_damage_SOURCES = tests/unit/check_python_damage.c
check_python_damage_CFLAGS = $(unit_cflags)
check_python_damage_LDADD = $(check_python_LDADD)
check_PROGRAMS += check_python_answers
TESTS += check_python_answers
check_python_answers_SOURCES = tests/unit/check_python_answers.c tests/unit/check_python_child.c tests/unit/check_python_child.h
check_python_answers_CFLAGS = $(check_python_CFLAGS)
check_python_answers_LDADD = $(check_python_LDADD)

check_PROGRAMS += check_target_demand
TESTS += check_target_demand
check_target_demand_SOURCES = tests/unit/check_target_demand.c
check_target_demand_CFLAGS = $(unit_cflags)
check_target_demand_LDADD = $(target_unit_libs)
check_PROGRAMS += check_expr
TESTS += check_expr
check_expr_SOURCES = tests/unit/check_expr.c
check_expr_CFLAGS = $(unit_cflags)
check_expr_LDADD = $(check_cmd_LDADD)

# cmd, the library and the program stand on everything
check_PROGRAMS += check_cmd check_api
TESTS += check_cmd check_api tests/unit/check_json.py tests/unit/check_program.py
EXTRA_DIST += tests/unit/check_json.py tests/unit/check_program.py tests/unit/help.golden
check_cmd_SOURCES = tests/unit/check_cmd.c
check_cmd_CFLAGS = $(unit_cflags)
check_cmd_LDADD = $(heapscope_layers) $(ELFUTILS_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) $(SQLITE_LIBS) $(CHECK_LIBS)
check_api_SOURCES = tests/unit/check_api.c
check_api_CFLAGS = $(unit_cflags)
check_api_LDADD = libheapscope.la $(CHECK_LIBS)
tests/unit/check_program.log: heapscope$(EXEEXT)
tests/unit/check_json.log: check_out$(EXEEXT)

check_PROGRAMS += check_stack
TESTS += check_stack
check_stack_SOURCES = tests/unit/check_stack.c
check_stack_CFLAGS = $(unit_cflags)
check_stack_LDADD = $(ALL_OF) libstack.la $(NO_MORE) libtypes.la libpython.la liblayout.la libtarget.la libhself.la libbase.la $(ELFUTILS_LIBS) $(CHECK_LIBS)

check_PROGRAMS += check_native check_merge
TESTS += check_native check_merge
check_merge_SOURCES = tests/unit/check_merge.c
check_merge_CFLAGS = $(unit_cflags)
check_merge_LDADD = $(check_stack_LDADD)
check_native_SOURCES = tests/unit/check_native.c tests/unit/elf_scratch.c tests/unit/elf_scratch.h
check_native_CFLAGS = $(elf_unit_cflags)
check_native_LDADD = $(check_stack_LDADD)

check_PROGRAMS += check_types
TESTS += check_types
check_types_SOURCES = tests/unit/check_types.c tests/unit/types_fixture.c tests/unit/types_fixture.h
check_types_CFLAGS = $(unit_cflags)
check_types_LDADD = $(ALL_OF) libtypes.la $(NO_MORE) libpython.la liblayout.la libtarget.la libhself.la libbase.la $(ELFUTILS_LIBS) $(CHECK_LIBS)
check_PROGRAMS += check_types_numpy
TESTS += check_types_numpy
check_types_numpy_SOURCES = tests/unit/check_types_numpy.c tests/unit/types_fixture.c tests/unit/types_fixture.h
check_types_numpy_CFLAGS = $(unit_cflags)
check_types_numpy_LDADD = $(ALL_OF) libtypes.la $(NO_MORE) libpython.la liblayout.la libtarget.la libhself.la libbase.la $(ELFUTILS_LIBS) $(CHECK_LIBS)
check_PROGRAMS += check_types_random
TESTS += check_types_random
check_types_random_SOURCES = tests/unit/check_types_random.c tests/unit/types_fixture.c tests/unit/types_fixture.h
check_types_random_CFLAGS = $(unit_cflags)
check_types_random_LDADD = $(ALL_OF) libtypes.la $(NO_MORE) libpython.la liblayout.la libtarget.la libhself.la libbase.la $(ELFUTILS_LIBS) $(CHECK_LIBS)
