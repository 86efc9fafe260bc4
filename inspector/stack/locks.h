/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who waits for whom: every object that a thread is blocked on, who has it, and how that is known.
 * Where an object records its owner, that is it. A plain lock does not: then it is the thread that
 * stands inside a with block on it, which is likely, as the block may have let go of it.
 */
#ifndef STACK_LOCKS_H
#define STACK_LOCKS_H

#include "stack/waits.h"

enum evidence { OWNER_UNKNOWN, OWNER_RECORDED, OWNER_WITH_BLOCK };

struct lock {
	enum waitable kind;
	addr_t object;
	enum held held;
	enum evidence evidence;
	int owner;	      /* index in stacks, -1 = unknown, or no thread that is there */
	uint64_t ident;	      /* of the owner, 0 unknown */
	uint32_t owner_frame; /* OWNER_WITH_BLOCK: the frame with the block, 0 = innermost */
	uint32_t candidates;  /* threads that stand in with blocks on it */
	uint32_t waiters;
	const char *name; /* borrowed from a waiter, NULL unknown */
};
struct lock_table {
	VEC(struct lock);
	int32_t *waits; /* for each of n_waits threads the lock that it waits for, -1 = none; by locks_wait() */
	size_t n_waits;
	size_t added; /* threads that were put before all others since */
	struct {
		VEC(uint32_t); /* threads, each waits for what the next one has; the last for the first's */
	} cycles;
	struct {
		VEC(uint32_t); /* where each cycle begins in `cycles` */
	} deadlocks;
};

struct stacks;
/** What the threads wait for, and who has it. After their waits were read; while the process stands. False if memory
 * is out. */
bool locks_read(struct lock_table *l, struct stacks *s) must_check;
/** Gives names and finds the cycles. False if memory is out. */
bool locks_finish(struct lock_table *l, const struct stacks *s) must_check;
void locks_release(struct lock_table *l);
/** The lock that a thread waits for, NULL if none. */
const struct lock *locks_wait(const struct lock_table *l, size_t thread);
/** A thread was put before all others: their numbers have changed. */
void locks_moved(struct lock_table *l);
/** The i-th deadlock's threads; *n = how many. */
const uint32_t *locks_cycle(const struct lock_table *l, size_t i, size_t *n);

#endif
