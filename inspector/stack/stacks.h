/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where every thread of every interpreter stands, by point reads: no image, no heap. A live process
 * stands only while thread states and frames are read.
 */
#ifndef STACK_STACKS_H
#define STACK_STACKS_H

#include "stack/exception.h"
#include "stack/frames.h"
#include "stack/locals.h"
#include "stack/locks.h"
#include "stack/native.h"
#include "stack/state.h"

struct stack_thread {
	addr_t tstate, interp; /* 0: no thread of Python's (stacks_add_foreign()), or lost */
	bool lost;	       /* its thread state was cut off a core */
	int64_t interp_id;
	uint64_t ident; /* threading.get_ident(): glibc's pthread_t */
	int native_id;	/* as the interpreter noted it (the innermost PID namespace's), 0 = it does
			   not */
	int os;		/* index in target.threads, -1 = not found */
	int tid;	/* of the operating system, 0 = unknown */
	bool main;	/* the process' first thread */
	bool on_stack;	/* of several that are noted for its thread: the frame that it runs is on that thread's C stack */
	bool orphan;	/* no thread of the process has this state: left behind by a fork, or not in use */
	struct thread_doing doing;
	struct wait wait;     /* what it is blocked on */
	int blocked_by;	      /* index of the thread that has that, as recorded; -1 unknown */
	struct exceptions exceptions;
	bool finalizes;	      /* it ends the interpreter */
	char *name;	      /* threading's name, UTF-8, not escaped; NULL if threading has none */
	struct locals locals; /* nothing unless asked for */
	struct chain chain;
	int native;	   /* index in natives.chains after stacks_share_natives(), -1 = none */
	bool native_apart; /* it is that of several thread states, and not known to be cut */
};
struct stacks {
	const struct python *py;
	struct codes codes;
	VEC(struct stack_thread); /* the one that crashed first, then the main thread, then in order
				     of creation */
	struct {
		VEC(struct gil);
	} gils;
	addr_t finalizer; /* the thread state that ends the interpreter, as it says itself */
	bool finalizing;  /* the interpreter shuts down */
	bool cut;	  /* the list of threads was cut off a core: others may be missing */
	struct waits waits;
	struct lock_table locks; /* nothing unless asked for */
	struct crash crash;
	uint64_t reread; /* --no-pause: how often a stack was read again */
};

/** What is wanted beside frames and states. */
struct stack_wants {
	const struct repr_limits *locals; /* NULL, or how values are to be rendered */
	bool locks;
	struct native_copy *copy; /* NULL, or zeroed, gets the C stacks; released by the caller, also after a failure */
};
/**
 * Freezes, reads, lets go, then names the threads.
 * s: zero it; the result must be released also after a failure. Fails: ERR_NOMEM, ERR_UNREADABLE
 * (no interpreter or thread can be read), ERR_INTERRUPTED, ERR_NO_PROCESS.
 */
enum err stacks_take(struct stacks *s, const struct python *py, const struct stack_wants *wants,
		     struct diag *d) must_check;
/** The same between target_freeze() and target_thaw() of the caller, and without names. */
enum err stacks_take_held(struct stacks *s, const struct python *py, const struct stack_wants *wants,
			  struct diag *d) must_check;
void stacks_release(struct stacks *s);
/** Says in a note why the thread's stack is not whole, if it is not. */
void stack_note_end(const struct stack_thread *th, struct notes *notes);
/** Threads of the process that have no thread state: C made them, or they have not entered Python.
 */
size_t stacks_foreign(const struct stacks *s);
/**
 * Adds the threads without a thread state, for their C stacks, behind the others; of a crash only the thread
 * that crashed, which goes first. False: memory is out.
 */
bool stacks_add_foreign(struct stacks *s, bool only_crashed) must_check;
/**
 * Gives each thread its C stack: sets `native` and `native_apart`. Where several interpreters run on one thread its stack
 * is cut in pieces, further chains in n. False: memory is out.
 */
bool stacks_share_natives(struct stacks *s, struct natives *n, const struct native_copy *copy) must_check;
/** The place of a frame. */
struct place stacks_place(struct stacks *s, const struct pyframe *f);

/* Inside stack/ only. */

/** Reads all thread states and chains as they are now. False if memory is out. */
bool stacks_read(struct stacks *s) must_check;
/** Adds a thread state and reads its chain. False if memory is out. */
bool stacks_add_thread(struct stacks *s, addr_t tstate, addr_t interp, int64_t interp_id) must_check;
/**
 * Adds the thread states of an interpreter, newest first, as it links them; seen: those that were added before, and these.
 * *lost is set if some may be missing, as memory is not there. False if memory is out.
 */
bool stacks_add_list(struct stacks *s, addr_t interp, int64_t id, struct map *seen, bool *lost) must_check;
/** The same of a process that runs on: those that are there before and after their chains were read. */
bool stacks_read_moving(struct stacks *s) must_check;
#define STACKS_INTERPRETERS_MAX 100000
#define STACKS_THREADS_MAX	 1000000
/** The first of the interpreters' list. *lost is set if the core has not got it. */
addr_t stacks_first_interpreter(const struct python *py, bool *lost);
/**
 * The id of the first interpreter of the list, where versions do not note it (before 3.7). They are numbered as later: the
 * oldest, which is the last of the list, is 0.
 */
int64_t stacks_highest_id(const struct python *py, addr_t interp);
/** Matches thread states with the threads of the operating system. */
void stacks_match(struct stacks *s);
/** Where glibc's struct pthread has the id of the operating system. */
uint32_t stacks_tid_offset(struct target *t);
/** That id of the thread which glibc calls `ident`, as the process itself sees it; 0 unknown. */
int stacks_inner_id(struct target *t, uint64_t ident, uint32_t tid_offset);
/** Of those that are said to be on one thread and are not, finds the right one. By stacks_match(). */
void stacks_find_runners(struct stacks *s);
/** Tells those that no thread has. By stacks_match(). */
void stacks_find_orphans(struct stacks *s);
/** Who has each GIL, and whether the interpreter shuts down. False if memory is out. */
bool stacks_read_state(struct stacks *s) must_check;
/** What each thread does. After stacks_match(). */
void stacks_state(struct stacks *s);
/** What each thread is blocked on. After stacks_state(). */
void stacks_read_waits(struct stacks *s);
/** ident -> index: of several states the thread's own, then the first. False if memory is out. */
bool stacks_idents(const struct stacks *s, struct map *out) must_check;
/** Asks threading for names. */
void stacks_name(struct stacks *s);

#endif
