# SPDX-License-Identifier: Apache-2.0
noinst_LTLIBRARIES += libstack.la
libstack_la_SOURCES = \
	inspector/stack/codes.c \
	inspector/stack/codes.h \
	inspector/stack/collector.c \
	inspector/stack/crash.c \
	inspector/stack/doing.c \
	inspector/stack/fold.c \
	inspector/stack/fold.h \
	inspector/stack/frames.c \
	inspector/stack/frames.h \
	inspector/stack/gil.c \
	inspector/stack/linetable.c \
	inspector/stack/linetable.h \
	inspector/stack/locals.c \
	inspector/stack/locals.h \
	inspector/stack/match.c \
	inspector/stack/merge.c \
	inspector/stack/merge.h \
	inspector/stack/names.c \
	inspector/stack/native.c \
	inspector/stack/native.h \
	inspector/stack/nativecode.c \
	inspector/stack/nativecopy.c \
	inspector/stack/nativewalk.c \
	inspector/stack/nativewalk.h \
	inspector/stack/nativewire.c \
	inspector/stack/source.c \
	inspector/stack/source.h \
	inspector/stack/stacks.c \
	inspector/stack/stacks.h \
	inspector/stack/state.h \
	inspector/stack/syscall.c \
	inspector/stack/syscalls.def \
	inspector/stack/threads.c
