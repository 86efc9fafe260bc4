/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stacks of a core that was cut off. The interpreter's own data lies near a core's end, so its list of threads is what is
 * lost first; the thread states themselves, and the frames, lie in memory from malloc and mmap, much of which is there.
 * Nothing here is for a whole core or a live process: what a list leads to is better than what something looks like.
 */
#ifndef STACK_CUT_H
#define STACK_CUT_H

#include "stack/stacks.h"

/** A pointer field; 0 also if the core has not got it. *lost is set then, and where a file stands in for the memory. */
addr_t cut_ptr(const struct python *py, addr_t at, enum field_id f, bool *lost);

/** A thread state that was found by what it looks like. */
struct found_thread {
	addr_t tstate, interp;
	int64_t id; /* of the thread state, ascending in order of creation; 0 before 3.7 */
};
struct found_threads { /* the newest first */
	VEC(struct found_thread);
	struct map interps; /* addresses that were asked -> are they an interpreter's? 0 or 1 */
};
/**
 * Looks through all writable memory for thread states: their words must fit, those of their neighbours and their
 * interpreter too, as far as these are there. found: zero it; to be released also after a failure. False: memory is out.
 */
bool cut_find_threads(const struct python *py, struct found_threads *found) must_check;
void found_threads_release(struct found_threads *found);

/** Frames in the pieces of memory that a thread state takes them from (3.11 and later). */
struct datastack {
	VEC(addr_t);  /* outermost first; without those of generators, which lie elsewhere */
	addr_t first; /* its first piece */
};
/** Those of a thread state. False: memory is out. */
bool datastack_of_thread(const struct python *py, addr_t tstate, struct datastack *out) must_check;
/**
 * Of a thread state that is lost: `chunk` is its first piece, which may be what a thread that has ended left. How far it
 * is in use is unknown: the last frame that is inside of a call is the last one. Empty if it does not look like one.
 */
bool datastack_of_lost(const struct python *py, addr_t chunk, struct datastack *out) must_check;
void datastack_release(struct datastack *d);

/**
 * Goes on with a chain that ended because memory is not there, with what of the thread's data stack is there; marks it.
 * False: memory is out.
 */
bool cut_chain(struct chain *c, struct codes *codes, const struct datastack *d) must_check;
/** All addresses in writable memory where a data stack may begin. False: memory is out. */
bool cut_find_datastacks(const struct python *py, struct datastack *out) must_check;

/** stacks_read() of a core that was cut off; `lost`: the list of threads is not whole. False: memory is out. */
bool cut_read(struct stacks *s, struct map *seen, bool lost) must_check;

#endif
