/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `stack` shows: the same stacks as lines of text and as rows of JSON; of one process or of
 * several.
 */
#ifndef CMD_STACKSHOW_H
#define CMD_STACKSHOW_H

#include "cmd/cmd.h"
#include "stack/fold.h"
#include "stack/native.h"
#include "stack/source.h"
#include "stack/stacks.h"

enum native_mode {
	NATIVE_NOT,
	NATIVE_CRASH, /* not asked for: only where the thread crashed, which a core tells at no cost to anybody */
	NATIVE_ALL,   /* --native */
};
/** One process. */
struct stack_view {
	struct session *session;
	struct session *own; /* the same, if it is to be closed with the view */
	struct stacks stacks;
	struct sources sources;
	struct out *out;
	bool full;	 /* --full: nothing is folded */
	bool locals;	 /* --locals */
	bool locks;	 /* --locks */
	bool reverse;	 /* --reverse: innermost first */
	uint64_t mark; /* the thread that a debugger has selected, 0 = none */
	uint64_t thread; /* --thread, 0 = all */
	enum native_mode native;
	struct natives natives;
};

struct stack_set {
	struct session *session; /* the command's: its notes and diag are what the user sees */
	struct out *out;
	VEC(struct stack_view *);
};

/**
 * Opens what the command line names and reads the stacks. Fails if none can be shown, or as the only one fails; of
 * several a failure is a note. Release it in any case.
 */
enum err stack_set_take(struct stack_set *set, const struct cmd_args *a) must_check;
/** Gives the command's session the notes of the others. At the end. */
void stack_set_notes(struct stack_set *set);
void stack_set_release(struct stack_set *set);

/** Is the thread one of those that are asked for? By any id that it has. */
bool stack_shows(const struct stack_view *v, const struct stack_thread *th);
/** Is it the one that ended the process? */
bool stack_crashed(const struct stack_view *v, const struct stack_thread *th);
/** The file as a frame names it, "?" if unknown. */
const char *stack_file(const struct stack_view *v, const struct pyframe *f);
const char *stack_name(const struct stack_view *v, const struct pyframe *f);
/** "holds the GIL, in read(0 /dev/tty)"; nothing if nothing is known. */
void stack_doing(const struct stack_view *v, const struct stack_thread *th, struct buf *out);
/** The same; of threads of `many` processes without objects, and `vague` without descriptors and time-outs. */
void stack_doing_of(const struct stack_view *v, const struct stack_thread *th, bool many, bool vague,
		    struct buf *out);
/** Unwinds the C stacks that are asked for. Fails: ERR_NOMEM. */
enum err stack_native_take(struct stack_view *v, const struct native_copy *copy) must_check;
void stack_native_release(struct stack_view *v);
/** The C side of a thread, NULL if there is none to show. */
const struct native_chain *stack_native_chain(const struct stack_view *v, const struct stack_thread *th);
/** All that is to be shown of a thread, innermost first. False: memory is out. */
bool stack_items_of(const struct stack_view *v, const struct stack_thread *th, struct stack_items *out) must_check;
/** The place and the line of a native item. */
struct native_shown {
	const struct native_place *place;
	const struct native_line *line;
	const struct native_frame *frame;
	const struct module *module; /* NULL: none */
	const char *module_name;     /* "" if unknown */
};
struct native_shown stack_native_of(const struct stack_view *v, const struct native_chain *nc,
				    const struct stack_item *it);
/** Where in C the process crashed. False: it did not, or nobody has looked. */
bool stack_crash_place(const struct stack_view *v, struct native_shown *out);
/** " in strlen (libc.so.6)", or nothing. */
void stack_crash_text(const struct stack_view *v, struct buf *out);
/** A line for each, and what is missing. */
void stack_native_text(struct stack_view *v, const struct native_chain *nc, const struct stack_item *it);
void stack_native_end_text(struct stack_view *v, const struct native_chain *nc, const struct stack_items *it);
void stack_modules_text(struct stack_set *set);
void stack_native_incomplete(struct stack_view *v);

/** 4711 "MainThread" */
void stack_thread_name(const struct stack_view *v, const struct stack_thread *th, struct buf *out);
/** The same of one that has what others wait for; it may be gone. */
void stack_owner_name(const struct stack_view *v, const struct stack_thread *th, struct buf *out);
/** "4,980". @return out */
const char *stack_grouped(uint64_t n, char out[32]);
/** "Queue 0x7f12 (jobs)" */
void stack_object(enum waitable kind, addr_t object, const char *name, struct buf *out);
/** A frame's line, and the line of the source. `mark`: what stands behind it. */
void stack_frame_text(struct stack_view *v, const struct pyframe *f, const char *mark);
/** What the thread handles, one line each; with --full or --locals, or where they are few, with their tracebacks. */
void stack_exceptions_text(struct stack_view *v, const struct stack_thread *th);
/** Tables "exceptions" and "exception_frames". */
void stack_exceptions_rows(struct stack_set *set);
/** Who waits for whom. */
void stack_locks_text(struct stack_view *v, bool several);
/** Tables "locks", "waits" and "deadlocks". */
void stack_locks_rows(struct stack_set *set);
/** Lines of text. Fails: ERR_NOMEM. */
enum err stack_text(struct stack_set *set) must_check;
/** Tables "processes", "threads" and "rows", which text leaves out. */
void stack_rows(struct stack_set *set);

#endif
