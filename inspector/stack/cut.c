/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/cut.h"
#include "target/target.h"
#include "types/peek.h"

static int64_t interp_id(const struct python *py, addr_t interp)
{
	bool lost = false;

	return layout_has(&py->L, F_interp_id) ? (int64_t)cut_ptr(py, interp, F_interp_id, &lost)
					       : stacks_highest_id(py, interp);
}

enum { LIST_CUT, LIST_WHOLE };

/* What hangs together in a list goes before what stands alone; a list that is whole leaves nobody out. */
static bool add_threads(struct stacks *s, const struct found_threads *found, struct map *seen)
{
	const struct python *py = s->py;
	struct map lists = {0};
	bool ok = true;

	vec_foreach (f, found) {
		bool lost = false;

		if (ok && map_get(&lists, f->interp) == MAP_NONE)
			ok = stacks_add_list(s, f->interp, interp_id(py, f->interp), seen, &lost) &&
			     map_put(&lists, f->interp, lost ? LIST_CUT : LIST_WHOLE);
	}
	vec_foreach (f, found)
		if (ok && map_get(&lists, f->interp) == LIST_CUT && map_get(seen, f->tstate) == MAP_NONE)
			ok = map_put(seen, f->tstate, 1) &&
			     stacks_add_thread(s, f->tstate, f->interp, interp_id(py, f->interp));
	map_release(&lists);
	return ok;
}

static bool find_threads(struct stacks *s, struct map *seen)
{
	struct found_threads found = {0};
	size_t before = s->n;
	bool ok = cut_find_threads(s->py, &found) && add_threads(s, &found, seen);

	if (ok)
		notes_add(s->py->t->notes, NOTE_PARTIAL,
			  "the interpreter's list of threads was cut off: threads found by what thread states look like: "
			  "%zu, others may be missing",
			  s->n - before);
	found_threads_release(&found);
	return ok;
}

/* Goes on where the stacks that were found end. owned: gets where their data stacks begin. */
static bool mend_chains(struct stacks *s, struct map *owned)
{
	bool ok = true;

	vec_foreach (th, s) {
		struct datastack d = {0};

		ok = ok && datastack_of_thread(s->py, th->tstate, &d) && (!d.first || map_put(owned, d.first, 1)) &&
		     cut_chain(&th->chain, &s->codes, &d);
		datastack_release(&d);
	}
	return ok;
}

static bool add_lost(struct stacks *s, const struct datastack *d)
{
	struct stack_thread th = {.os = -1, .lost = true, .chain.end = CHAIN_UNREADABLE, .chain.bad = d->first};

	if (cut_chain(&th.chain, &s->codes, d) && vec_push(s, th))
		return true;
	vec_release(&th.chain);
	return false;
}

/* Stacks whose thread state is not there. */
static bool find_lost(struct stacks *s, const struct map *owned)
{
	struct datastack all = {0}, d = {0};
	bool ok = cut_find_datastacks(s->py, &all);
	size_t n = 0;

	vec_foreach (at, &all) {
		if (!ok || map_get(owned, *at) != MAP_NONE)
			continue;
		ok = datastack_of_lost(s->py, *at, &d);
		if (ok && d.n) {
			ok = add_lost(s, &d);
			n++;
		}
	}
	if (ok && n)
		notes_add(s->py->t->notes, NOTE_PARTIAL,
			  "stacks without a thread state, which was cut off (or is a suspended greenlet's): %zu", n);
	datastack_release(&all);
	datastack_release(&d);
	return ok;
}

bool cut_read(struct stacks *s, struct map *seen, bool lost)
{
	struct map owned = {0};
	struct diag d = {0};
	bool ok = true;

	s->cut = lost;
	if (lost && target_take_image(s->py->t, &d))
		return false;
	ok = (!lost || find_threads(s, seen)) && mend_chains(s, &owned) && (!lost || find_lost(s, &owned));
	map_release(&owned);
	return ok;
}
