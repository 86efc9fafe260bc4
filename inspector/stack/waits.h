/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a thread is blocked on. The evidence is the address that its futex call waits on: the object
 * is the one whose C lock lies there. It is looked for on the value stack of the innermost frame,
 * then among the words of the thread's C stack. Frames of threading's and queue's own functions
 * above that say what the lock is part of (Condition, Event, Queue).
 */
#ifndef STACK_WAITS_H
#define STACK_WAITS_H

#include "base/map.h"
#include "stack/frames.h"
#include "stack/state.h"

enum waitable {
	WAIT_NONE,
#define WAITABLE(id, shown, types, methods, owner, lock) WAIT_##id,
#define NATIVE(id, how, field, inside, owner, held, single)
#include "stack/waitables.def"
#undef WAITABLE
#undef NATIVE
	WAIT_COUNT
};

enum held { HELD_UNKNOWN, HELD_NO, HELD_YES };

struct wait {
	enum waitable kind;  /* of the object, WAIT_NONE: the thread is not known to be blocked */
	addr_t object;	     /* what the code waits for: a Queue */
	uint32_t code;	     /* of the function in which it does, CODE_NONE if that is in C */
	unsigned frames;     /* so many of the innermost frames are the object's own */
	enum waitable inner; /* the lock that the thread sleeps on, WAIT_NONE if unknown */
	addr_t lock;
	enum held held;
	uint64_t owner; /* ident of the thread that has it (that is to end), 0 = not recorded */
	char *name;	/* by which the code knows it, "self._lock"; NULL unknown */
};

/** Remembers types and locks; one for each look at a process. */
struct waits {
	const struct python *py;
	const struct codes *codes;
	struct map types; /* address -> enum waitable */
	struct map locks; /* address that a futex waits on -> object */
	unsigned scans;	  /* of C stacks, so far */
	bool scans_left_out;
};
void waits_init(struct waits *w, const struct python *py, const struct codes *codes);
void waits_release(struct waits *w);

/** What the thread is blocked on, *out zeroed if on nothing that is known. While the process stands.
 * th: NULL if unknown. */
void wait_read(struct waits *w, const struct chain *c, const struct thread_doing *d,
	       const struct thread *th, struct wait *out);
/** Reads kind, lock, held and owner of any object that one can wait for. */
bool wait_describe(struct waits *w, addr_t obj, struct wait *out);
/**
 * By which name the code knows it: a variable or an attribute of one, in the frames around. May be
 * called after the process runs on: only a name that leads to the very object counts. NULL: none
 * found, or memory is out. The caller frees it.
 */
char *wait_name(const struct python *py, const struct codes *codes, const struct chain *c,
		const struct wait *wait);
/** "Queue". Static. */
const char *waitable_name(enum waitable kind);
/** The kind of a class of objects, WAIT_NONE if one cannot wait for them. */
enum waitable waitable_of(struct waits *w, addr_t obj);
/** The lock that a with block on the object holds: a Condition's lock. 0: none. */
addr_t waitable_lock(struct waits *w, addr_t obj);

#endif
