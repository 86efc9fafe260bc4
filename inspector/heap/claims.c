/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw memory that looks like an object: a bytearray, an array or a C buffer in a pool can hold the
 * very bytes of an object. But then a real object owns that block: every object says which blocks
 * it owns, and a candidate in an owned block is none - unless the owner is itself such a candidate.
 * A second pass asks who owns the disputed blocks; it is made only if there are any, which is rare.
 */
#include "heap/walk.h"

struct dispute {
	addr_t object; /* the candidate */
	addr_t block;  /* its block, after debug hooks */
	bool gone;
};
struct ownership {
	addr_t owner;
	uint32_t dispute;
};
struct court {
	struct buffers buffers; /* first: the callback casts back */
	struct heap *h;
	struct map by_block; /* block -> index of dispute */
	struct map by_object;
	struct {
		VEC(struct dispute);
	} disputes;
	struct {
		VEC(struct ownership);
	} claims;
	addr_t owner; /* the object that is being asked */
	bool failed;
};

static void on_claim(struct buffers *b, addr_t start, uint64_t len)
{
	struct court *c = (struct court *)b;
	uint64_t i = len ? map_get(&c->by_block, start) : MAP_NONE;

	if (i == MAP_NONE)
		return;
	if (!vec_push(&c->claims, ((struct ownership){c->owner, (uint32_t)i})))
		c->failed = true;
}

static bool ask_owner(void *arg, const struct object *o)
{
	struct court *c = arg;

	c->owner = o->addr;
	object_buffers(c->h->c, o, &c->buffers);
	return !c->failed;
}

/* What lies in a module's own data was allocated by nobody: no claim to None is one. */
static void court_open_dispute(struct court *c, addr_t object, addr_t block)
{
	uint64_t i = c->disputes.n;

	if (target_module(c->h->py->t, object))
		return;
	if (!vec_push(&c->disputes, ((struct dispute){.object = object, .block = block})) ||
	    !map_put(&c->by_block, block, i) || !map_put(&c->by_object, object, i))
		c->failed = true;
}

/*
 * Is there a candidate at o whose block starts `pre` bytes before it? Of the offsets that there are
 * only one fits its type: an object 16 bytes behind a claimed block of 16 bytes has a block of its
 * own.
 */
static bool starts_with_block(struct heap *h, addr_t o, uint32_t pre)
{
	struct object candidate;

	return space_has_object(&h->space, o) && object_load(h->tt, o, &candidate) &&
	       candidate.type->presize + h->hook_before == pre;
}

/* A candidate that starts `pre` bytes into its block is one bit pattern shifted against the other.
 */
static void find_disputes(struct court *c)
{
	struct heap *h = c->h;

	vec_foreach (r, &h->im->ranges)
		for (addr_t a = r->start; a < r->end; a += IMAGE_PAGE) {
			const struct space_leaf *l = space_leaf(&h->space, a);
			const uint64_t *claimed = &l->claimed[space_word(a)];

			for (unsigned w = 0; w < SPACE_WORDS_PAGE; w++)
				for (uint64_t bits = claimed[w]; bits; bits &= bits - 1) {
					addr_t block =
					    a +
					    ((addr_t)w * 64 + (addr_t)__builtin_ctzll(bits)) * 8;

					for (unsigned i = 0; i < h->n_presizes; i++) {
						addr_t o = block + h->presizes[i] - h->hook_before;

						if (starts_with_block(h, o, h->presizes[i]))
							court_open_dispute(c, o, block);
					}
				}
		}
}

/* Owners that are not disputed are believed. What they own is no object, so what that claims does
 * not count. */
static void court_rule(struct court *c)
{
	vec_foreach (claim, &c->claims)
		if (map_get(&c->by_object, claim->owner) == MAP_NONE)
			c->disputes.at[claim->dispute].gone = true;
}

/* The totals are counted anew, without what is gone: a maximum cannot be taken back. */
static bool recount_one(void *arg, const struct object *o)
{
	struct walker *w = arg;

	walker_count_only(w, o);
	return !w->failed;
}

bool heap_recount(struct heap *h)
{
	struct walker *w = walker_new(h);
	bool ok = w;

	if (ok) {
		vec_release(&h->totals);
		vec_release(&h->classes);
		map_release(&h->class_index);
		heap_each(h, recount_one, w);
		ok = walker_merge(w);
	}
	walker_free(w);
	return ok;
}

uint64_t heap_settle_claims(struct heap *h, struct walker *w)
{
	struct court c = {.buffers = {on_claim}, .h = h};
	uint64_t removed = 0;

	find_disputes(&c);
	if (c.disputes.n && !c.failed)
		heap_each(h, ask_owner, &c);
	if (!c.failed)
		court_rule(&c);
	vec_foreach (d, &c.disputes)
		if (d->gone && space_has_object(&h->space, d->object)) {
			space_clear_object(&h->space, d->object);
			removed++;
		}
	if (removed && !c.failed)
		c.failed = !heap_recount(h);
	w->failed |= c.failed;
	map_release(&c.by_block);
	map_release(&c.by_object);
	vec_release(&c.disputes);
	vec_release(&c.claims);
	return removed;
}
