/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands. commands.def is the only list; each command is one file with one function
 * `enum err cmd_NAME(struct session *s, const struct cmd_args *a, struct out *o)`.
 * The dispatcher brings the session to the stage that the row needs, parses options (args.h),
 * prints help (help.h).
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/buf.h"
#include "cmd/args.h"
#include "heap/graph.h"
#include "heap/paths.h"
#include "heap/roots_named.h"
#include "out/out.h"

/** One inspected process: owns everything below it. Zero it before session_open*(). */
struct session {
	struct target *target;
	struct python *python;
	struct typetab *types;
	struct heap *heap;
	struct graph *graph;
	struct rootset *roots;
	struct distances distances; /* session_need_distances() */
	struct notes notes;
	struct diag diag;
	struct target_options options; /* its strings are copies in `owned`; set by session_open*() */
	struct {
		VEC(char *);
	} owned;
	const char **debug_dirs, **files;
	struct thread_list given; /* in order of tid */
	volatile int interrupted; /* set by a signal handler, heapscope_interrupt() */
	bool keep_going;	  /* doctor: go on as far as possible, with the diag set */
	bool refreshed;		  /* python_refresh() after the image was taken */
	uint8_t failed_step;	  /* enum stage: its notes go when the next command begins, 0 = none */
};

/**
 * Opens a PID ("4711") or a core file's path. A name of only digits that is both is a PID; "./4711"
 * is a file. The options are copied; where `interrupted` is NULL, it is the session's own. Fails as
 * target_open_*; the reason is in s->diag. session_close() in every case.
 */
enum err session_open(struct session *s, const char *target,
		      const struct target_options *o) must_check;
enum err session_open_pid(struct session *s, int pid, const struct target_options *o) must_check;
enum err session_open_core(struct session *s, const char *path,
			   const struct target_options *o) must_check;
enum err session_open_callback(struct session *s, const struct target_callbacks *cb,
			       const struct target_options *o) must_check;
/** Brings it to a stage; stages that are reached are kept. The reason of a failure is in s->diag.
 */
enum err session_need(struct session *s, enum stage stage) must_check;
/** How far every object is from the roots; after NEED_ROOTS, kept. The reason of a failure is in s->diag. */
enum err session_need_distances(struct session *s) must_check;
void session_close(struct session *s);

/** What --no-pause, --exe, --sysroot and --debug-dir say. Strings are those of the arguments. */
void session_options(const struct cmd_args *a, struct target_options *out);
/**
 * Members of "target" for the stage that the session has reached. command_run() calls it, but not
 * for commands of NEED_TARGET: they go further on their own, and call it before their first row.
 */
void session_describe(const struct session *s, struct out *o);
/** The module of the executable; NULL if it is not known. */
const struct module *session_executable(const struct session *s);
/** "pymalloc". Static. */
const char *allocator_name(enum allocator_kind kind);

/**
 * Runs a command: its stage, its rows, the end of the document. Writes nothing if the stage cannot
 * be reached. Fails: what the stage or the command fails with; ERR_IO (s->diag.sys = errno) if the
 * output could not be written.
 */
enum err command_run(struct session *s, const struct cmd_args *a, enum out_format format, FILE *to,
		     bool colour) must_check;
/* The commands themselves, called by command_run(): they give rows, totals and facts, and what they
 * fail with. */
#define COMMAND(name, stage, brief, details)                                                       \
	enum err cmd_##name(struct session *s, const struct cmd_args *a, struct out *o) must_check;
#include "cmd/commands.def"

/** The exit status after command_run(): 0 complete, 1 partial, 2 nothing, 64 usage. */
int command_status(const struct session *s, enum err e);
/** The line for the user that a note makes ("note: ...", "incomplete: ..."); appended to out. */
void note_line(const struct note *n, struct buf *out);

#endif
