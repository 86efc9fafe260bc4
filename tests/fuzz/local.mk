# SPDX-License-Identifier: Apache-2.0
# Without libFuzzer these are programs that replay files and folders of inputs; test_fuzz.py does so in `make check`.
# With it: configure --enable-fuzzing CC=clang, make fuzz_corefile, ./fuzz_corefile FOLDER. An input that broke
# something goes to tests/fuzz/corpus/, where it is replayed ever after.
if FUZZING
fuzz_main = tests/fuzz/fuzz.h
fuzz_ldflags = -fsanitize=fuzzer
else
fuzz_main = tests/fuzz/fuzz.h tests/fuzz/replay.c
endif
check_PROGRAMS += fuzz_corefile
fuzz_corefile_SOURCES = tests/fuzz/fuzz_corefile.c $(fuzz_main)
fuzz_corefile_LDADD = libhself.la libbase.la $(ELFUTILS_LIBS)
fuzz_corefile_LDFLAGS = $(fuzz_ldflags)
check_PROGRAMS += fuzz_objects
fuzz_objects_SOURCES = tests/fuzz/fuzz_objects.c $(fuzz_main)
fuzz_objects_LDADD = $(heapscope_layers) $(ELFUTILS_LIBS) -lpthread
fuzz_objects_LDFLAGS = $(fuzz_ldflags)

TESTS += tests/fuzz/test_fuzz.py
EXTRA_DIST += tests/fuzz/test_fuzz.py tests/fuzz/make_corpus.py tests/fuzz/corpus
