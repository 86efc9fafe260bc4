/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands. commands.def is the only list; each command is one file with one function
 * `enum err cmd_NAME(struct session *s, struct cmd_args *a, struct out *o)`.
 * The dispatcher brings the session to the stage that the row needs, parses options, prints help.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "heap/heap.h"
#include "out/out.h"

enum stage {
	NEED_TARGET, /* mappings, threads */
	NEED_PYTHON, /* + interpreter and layout */
	NEED_IMAGE,  /* + the copy of its memory */
	NEED_HEAP,   /* + all objects */
};

/** One inspected process: owns everything below it. */
struct session {
	struct target *target;
	struct python *python;
	struct typetab *types;
	struct heap *heap;
	struct notes notes;
	struct diag diag;
	volatile int interrupted; /* set by a signal handler, heapscope_interrupt() */
	bool keep_going;          /* doctor: go on as far as possible, with the diag set */
};

/**
 * Opens a PID ("4711") or a core file's path. A name of only digits that is both is a PID; "./4711" is a file.
 * Fails as target_open_*.
 */
enum err session_open(struct session *s, const char *target, const struct target_options *o) must_check;
/** Brings it to a stage; stages that are reached are kept. */
enum err session_need(struct session *s, enum stage stage) must_check;
void session_close(struct session *s);

#endif
