# The library and the program: all layers, the upper before the lower.
heapscope_layers = libcmd.la libout.la libheap.la libstack.la libtypes.la libpython.la liblayout.la libtarget.la libhself.la libbase.la

lib_LTLIBRARIES = libheapscope.la
libheapscope_la_SOURCES = inspector/api.c inspector/apicaller.c inspector/apicaller.h inspector/heapscope.h
libheapscope_la_LIBADD = $(heapscope_layers) $(ELFUTILS_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) $(SQLITE_LIBS) -lpthread
libheapscope_la_LDFLAGS = -version-info 0:0:0 -no-undefined -export-symbols-regex '^heapscope_'
include_HEADERS = inspector/heapscope.h
pkgconfig_DATA = heapscope.pc

# With the layers in it, not with the library: it starts faster and runs from the build directory as it is.
bin_PROGRAMS = heapscope
heapscope_SOURCES = inspector/main.c
heapscope_LDADD = $(heapscope_layers) $(ELFUTILS_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) $(SQLITE_LIBS) -lpthread

# The manual page is what the program says of itself.
if MANUAL
man1_MANS = heapscope.1
CLEANFILES += heapscope.1
heapscope.1: heapscope$(EXEEXT)
	$(AM_V_GEN)$(EMULATOR) ./heapscope$(EXEEXT) --man >$@.tmp && mv $@.tmp $@
endif
