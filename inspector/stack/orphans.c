/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thread states that no thread has. After a fork the child has one thread, but the states of all that there were: 2.7 keeps
 * them for good, and so does every version if a C library forks, of which the interpreter hears nothing. What they are noted
 * for, an address and perhaps an id, may be given to a thread that begins later. So of several states of one interpreter that
 * are noted for one thread it has one. A thread that is about to begin has a state too, noted for the one that begins it.
 */
#include "stack/stacks.h"
#include "target/target.h"
#include "types/peek.h"

#define CHUNKS_MAX 1000000 /* of all states: damaged ones may have very many, or a circle of them */

struct look {
	struct stacks *s;
	uint64_t chunks; /* that were looked at */
};

/* Is that in a piece of the state's own stack of frames? */
static bool in_data_stack(struct look *l, addr_t tstate, addr_t frame)
{
	const struct python *py = l->s->py;
	addr_t at = peek_ptr(py, tstate, F_tstate_datastack_chunk), before;
	uint64_t size;

	for (; at && l->chunks++ < CHUNKS_MAX; at = before) {
		if (!peek_field(py, at, F_stack_chunk_previous, &before) || !peek_field(py, at, F_stack_chunk_size, &size))
			return false;
		if (frame >= at && frame - at < size)
			return true;
	}
	return false;
}

/*
 * 3.11 and 3.12: which frame a state ran stands on its thread's C stack, and when another thread uses that, there are words
 * of that one's. The outermost frame of its own is in its own data stack.
 */
static bool has_own_frames(struct look *l, const struct stack_thread *th)
{
	const struct chain *c = &th->chain;

	return !layout_has(&l->s->py->L, F_cframe_current_frame) ||
	       (c->n && c->end == CHAIN_WHOLE && in_data_stack(l, th->tstate, c->at[c->n - 1].addr));
}

/* Of two noted for the same thread, is it `a` that the thread has? The lists are newest first. */
static bool goes_before(struct look *l, const struct stack_thread *a, const struct stack_thread *b)
{
	bool runs_a = a->chain.n > 0, runs_b = b->chain.n > 0;
	bool own_a = runs_a && has_own_frames(l, a), own_b = runs_b && has_own_frames(l, b);

	if (runs_a != runs_b)
		return runs_a;
	if (own_a != own_b)
		return own_a;
	if (a->on_stack != b->on_stack)
		return a->on_stack;
	return a < b;
}

static void lose_frames(struct stack_thread *th)
{
	th->chain.n = 0;
	th->chain.end = CHAIN_LOST;
	locals_release(&th->locals);
	exceptions_release(&th->exceptions);
}

/* shares: what it is noted for is another one's. */
static void make_orphan(struct look *l, struct stack_thread *th, bool shares)
{
	th->orphan = true;
	th->os = -1;
	th->tid = 0;
	th->main = false;
	if (!th->chain.n && !th->chain.end && shares)
		th->ident = 0; /* it is that of the thread which begins this one */
	if ((th->chain.n || th->chain.end) && !has_own_frames(l, th))
		lose_frames(th);
}

/* Those of one interpreter, which come one after the other. False: memory is out. */
static bool of_interpreter(struct look *l, size_t from, size_t end)
{
	struct stacks *s = l->s;
	struct map has = {0}; /* thread -> index of the state that it has so far */
	bool ok = true;

	for (size_t i = from; ok && i < end; i++) {
		struct stack_thread *th = &s->at[i];
		uint64_t other = th->os >= 0 ? map_get(&has, th->os) : MAP_NONE;

		if (th->os < 0) {
			make_orphan(l, th, false);
		} else if (other != MAP_NONE && goes_before(l, &s->at[other], th)) {
			make_orphan(l, th, true);
		} else {
			ok = map_put(&has, th->os, i);
			if (other != MAP_NONE)
				make_orphan(l, &s->at[other], true);
		}
	}
	map_release(&has);
	return ok;
}

void stacks_find_orphans(struct stacks *s)
{
	const struct target *t = s->py->t;
	struct look l = {.s = s};

	/* nobody knows which threads there are, or their ids were cut off a core */
	if (!t->threads.n || t->missing_bytes)
		return;
	for (size_t i = 0, k; i < s->n; i = k) {
		for (k = i + 1; k < s->n && s->at[k].interp == s->at[i].interp; k++)
			;
		if (!of_interpreter(&l, i, k))
			return;
	}
}
