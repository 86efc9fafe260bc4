/* SPDX-License-Identifier: Apache-2.0 */
/* What `info` says about the process itself, not about Python in it. */
#ifndef CMD_PROCESS_H
#define CMD_PROCESS_H

#include "cmd/cmd.h"

/** The command line and the size of the environment. */
struct process_args {
	struct buf argv; /* words with a blank between; quotes where a word is not plain; "..." if
			    it was cut */
	uint64_t argc;	 /* OUT_NULL unknown */
	uint64_t env_count, env_bytes; /* variables; bytes with their NULs. OUT_NULL unknown */
};
/**
 * Read from where the kernel laid them on the stack (live and core alike); where that cannot be
 * found, what the core's notes or /proc say. What is unknown stays so.
 */
void process_args_read(struct session *s, struct process_args *out);
void process_args_release(struct process_args *p);

/* Kinds of memory, in the order of the table. */
#define MEMORY_KINDS(X)                                                                            \
	X(ARENAS, "pymalloc arenas")                                                               \
	X(HEAP, "heap (brk)")                                                                      \
	X(ANONYMOUS, "anonymous")                                                                  \
	X(STACKS, "stacks")                                                                        \
	X(FILE_PRIVATE, "file, private writable")                                                  \
	X(FILE_READONLY, "file, read-only")                                                        \
	X(SHARED, "shared")                                                                        \
	X(KERNEL, "kernel's (vdso etc.)")

enum memory_kind {
#define X(id, name) MEMORY_##id,
	MEMORY_KINDS(X)
#undef X
	    MEMORY_COUNT
};
struct memory_sum {
	uint64_t mappings; /* or arenas */
	uint64_t size;	   /* bytes of address space */
	uint64_t resident; /* bytes; OUT_NULL unknown */
	uint64_t read;	   /* bytes that the image has */
};
const char *memory_kind_name(enum memory_kind kind);
/** Needs NEED_IMAGE. out[MEMORY_COUNT]. */
void memory_sums(struct session *s, struct memory_sum *out);

#endif
