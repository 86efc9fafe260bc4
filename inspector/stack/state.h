/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a thread is doing: the GIL, a garbage collection, a system call. From the thread's registers
 * and the interpreter's own words; nothing is guessed from names of functions.
 */
#ifndef STACK_STATE_H
#define STACK_STATE_H

#include "base/buf.h"
#include "python/python.h"

/** A GIL: one of the process, or of each interpreter (3.12 and later). */
struct gil {
	addr_t interp; /* of which it is, 0 = the process' */
	addr_t at;     /* where the struct lies, 0 = file-level statics */
	uint64_t size;
	bool known;    /* the rest could be read */
	addr_t holder; /* thread state, 0 = it is free */
};
bool gil_read(const struct python *py, addr_t interp, struct gil *out);

enum gil_part { GIL_NONE, GIL_HOLDS, GIL_WAITS };

struct thread_doing {
	enum gil_part gil;
	bool collecting; /* it runs a garbage collection, perhaps asleep inside of it */
	bool in_syscall;
	long syscall;
	bool any_fd; /* of several threads: which descriptor is not said */
	uint64_t args[6];
	bool timed;	 /* it waits for a limited time */
	double time_out; /* seconds that are left, or that it wants to wait in all; NaN unknown */
	bool time_left;	 /* the former */
};

/** The system call that a thread was in, from its registers; false if it was in none, or they are
 * not known. */
bool thread_syscall(struct target *t, const struct thread *th, struct thread_doing *out);
/** The call as text: "read(3 /tmp/x)", "futex", "call 451". */
void syscall_text(struct target *t, const struct thread_doing *d, struct buf *out);

/**
 * The descriptor that the call is about, and in `out` what the kernel says that it is (a path; of a socket its addresses),
 * nothing if that is not known. -1: it is about none.
 */
int syscall_fd(struct target *t, const struct thread_doing *d, struct buf *out);

/** How long the call waits, from its arguments. While the process stands. */
void syscall_time_out(struct target *t, struct thread_doing *d);

/** Functions of the interpreter's module, as return addresses to them look on a stack. */
struct code_ranges {
	addr_t start[4], end[4];
	size_t n;
};
/** Is a collection going on in the interpreter (or the process)? */
bool collection_runs(const struct python *py, addr_t interp);
/** The functions inside of which a collection runs. */
void collector_find(const struct python *py, struct code_ranges *out);
/** The functions that end the interpreter. */
void finalizer_find(const struct python *py, struct code_ranges *out);
/** Is one of those functions on the thread's C stack? Its stack is looked at word by word; with `last` only so many
 * bytes at the outermost end. */
/** The part of the thread's C stack that is in use, at most 8 MiB of it. False: unknown. */
bool thread_stack(const struct python *py, const struct thread *th, addr_t *from, addr_t *end);
bool code_on_stack(const struct python *py, const struct code_ranges *c, const struct thread *th,
		   uint64_t last);

/** How a process ended, of a core. */
struct crash {
	bool crashed; /* by a signal that leaves a core; else the core was taken of a running
			 process */
	int signal, code;
	bool has_address;
	addr_t address; /* that it could not use */
	bool has_sender;
	int sender, sender_uid;
};
void crash_read(const struct target *t, struct crash *out);
/** "SIGSEGV"; "signal 42". */
void signal_text(int signal, struct buf *out);
/** "killed by SIGSEGV at address 0x0", for people. */
void crash_text(const struct crash *c, struct buf *out);

#endif
