/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Candidates whose reference count is also an address: an object with millions of references in a
 * process whose program lies at low addresses, or a list's items whose second one is a type. An
 * object with so many references is referred to by somebody: one pass over all references tells.
 * Made only if there are candidates.
 */
#include "heap/walk.h"

struct witness {
	struct visitor visitor; /* first: the callback casts back */
	struct map wanted;	/* candidate -> references seen */
	const struct typectx *c;
	bool failed;
};

static void on_witness(struct visitor *v, addr_t to, enum edge_kind kind, uint64_t aux)
{
	struct witness *w = (struct witness *)v;
	uint64_t n = map_get(&w->wanted, to);

	(void)aux;
	if (n != MAP_NONE && kind != EDGE_WEAK && kind != EDGE_UNSURE &&
	    !map_put(&w->wanted, to, n + 1))
		w->failed = true;
}

static bool ask_witness(void *arg, const struct object *o)
{
	struct witness *w = arg;

	object_refs(w->c, o, &w->visitor);
	return !w->failed;
}

void heap_settle_doubts(struct heap *h, struct walker *w)
{
	struct witness wit = {.visitor = {on_witness}, .c = h->c};

	if (!w->doubts.n)
		return;
	vec_foreach (d, &w->doubts)
		if (!map_put(&wit.wanted, *d, 0))
			wit.failed = true;
	heap_each(h, ask_witness, &wit);
	w->way = BY_ARENA;
	vec_foreach (d, &w->doubts)
		if (map_get(&wit.wanted, *d) && map_get(&wit.wanted, *d) != MAP_NONE)
			walker_offer(w, *d, true);
	walker_drain(w);
	w->failed |= wit.failed;
	map_release(&wit.wanted);
}
