/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread states of a process that runs on. Threads may begin and end at any moment: what a state that was freed
 * links to is anything, or the list's begin once more if the memory is another state's by now. So a walk counts only if
 * every state says that it is one and the last one links to none; else there is another. And a thread counts that is in
 * the list before the chains are read and after: what is read of one that ends meanwhile means nothing.
 */
#include "stack/stacks.h"
#include "target/target.h"
#include "types/peek.h"

#define WALKS_MAX 100

struct listed {
	addr_t tstate, interp;
	int64_t interp_id;
	uint64_t ident;
};
struct listing {
	VEC(struct listed);
	bool whole;
};

/* One interpreter's. False: memory is out. */
static bool walk_threads(const struct python *py, addr_t interp, int64_t id, struct map *seen, struct listing *l)
{
	uint64_t tstate, owner, ident;

	if (!peek_field(py, interp, F_interp_tstate_head, &tstate)) {
		l->whole = false;
		return true;
	}
	while (tstate && l->n < STACKS_THREADS_MAX) {
		if (map_get(seen, tstate) != MAP_NONE || !peek_field(py, tstate, F_tstate_interp, &owner) || owner != interp ||
		    !peek_field(py, tstate, F_tstate_thread_id, &ident)) {
			l->whole = false;
			return true;
		}
		if (!map_put(seen, tstate, 1) || !vec_push(l, ((struct listed){tstate, interp, id, ident})))
			return false;
		if (!peek_field(py, tstate, F_tstate_next, &tstate)) {
			l->whole = false;
			return true;
		}
	}
	return true;
}

static bool walk(const struct python *py, struct listing *l)
{
	bool lost = false, ok = true;
	addr_t interp;
	int64_t highest;
	struct map seen = {0};

	target_forget(py->t);
	l->n = 0;
	l->whole = true;
	interp = stacks_first_interpreter(py, &lost);
	highest = stacks_highest_id(py, interp);
	for (int i = 0; ok && interp && i < STACKS_INTERPRETERS_MAX && map_get(&seen, interp) == MAP_NONE; i++) {
		ok = map_put(&seen, interp, 0) &&
		     walk_threads(py, interp, peek_int(py, interp, F_interp_id, highest - i), &seen, l);
		interp = peek_ptr(py, interp, F_interp_next);
	}
	map_release(&seen);
	return ok;
}

/* Until one is whole. */
static bool list(const struct python *py, struct listing *l)
{
	for (int i = 0; i < WALKS_MAX; i++) {
		if (!walk(py, l))
			return false;
		if (l->whole && l->n)
			return true;
	}
	return true;
}

static bool is_in(const struct map *states, const struct stack_thread *th)
{
	return map_get(states, th->tstate) == th->ident;
}

/* Drops those that are not in the list any more. */
static bool drop_ended(struct stacks *s, const struct listing *after)
{
	struct map states = {0};
	size_t kept = 0;
	bool ok = true;

	vec_foreach (l, after)
		ok = ok && map_put(&states, l->tstate, l->ident);
	for (size_t i = 0; ok && i < s->n; i++) {
		if (is_in(&states, &s->at[i]))
			s->at[kept++] = s->at[i];
		else
			vec_release(&s->at[i].chain);
	}
	s->n = ok ? kept : s->n;
	map_release(&states);
	return ok;
}

bool stacks_read_moving(struct stacks *s)
{
	struct listing before = {0}, after = {0};
	const struct python *py = s->py;
	bool ok = list(py, &before);

	vec_foreach (l, &before)
		ok = ok && stacks_add_thread(s, l->tstate, l->interp, l->interp_id);
	ok = ok && target_list_threads(py->t) && list(py, &after);
	if (ok && before.whole && after.whole)
		ok = drop_ended(s, &after);
	else if (ok)
		notes_add(py->t->notes, NOTE_PARTIAL,
			  "the interpreter's list of threads is damaged, or changes all the time: threads may be missing");
	vec_release(&before);
	vec_release(&after);
	return ok;
}
