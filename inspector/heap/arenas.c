/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk through pymalloc's arenas, pool by pool in address order: free blocks from the pool's
 * own chain, the object's start from the few offsets that the version allows, its kind from the
 * type pointer.
 */
#include "heap/walk.h"

#define POOL_BLOCKS_MAX 2048 /* 16 KiB pools of 8-byte aligned blocks hold 2042 */

struct pool {
	addr_t addr;
	const uint8_t *at;
	uint32_t block; /* bytes */
	uint32_t first; /* offset of the first block */
	uint32_t end;	/* blocks from here on were never handed out */
	uint64_t free[POOL_BLOCKS_MAX / 64];
};

/* What the last block of the pool was: blocks of one size are often of one type, which need not be
 * looked up. */
struct guess {
	uint32_t presize;
	addr_t type;
	const struct typeinfo *info;
};

static bool pool_is_free(const struct pool *p, uint32_t i)
{
	return p->free[i / 64] >> (i % 64) & 1;
}

/* Free blocks are chained through their first word. A broken chain leaves the rest looking used:
 * counted. */
static void pool_mark_free(struct walker *w, struct pool *p)
{
	addr_t block = field_u64(w->h->c->L, p->at, F_pool_header_freeblock);
	uint32_t left = (p->end - p->first) / p->block;

	memset(p->free, 0, sizeof(p->free));
	for (; block; block = load64(p->at + (block - p->addr))) {
		uint64_t off = block - p->addr;
		uint32_t i = (uint32_t)(off - p->first) / p->block;

		if (off < p->first || off >= p->end || (off - p->first) % p->block || !left-- ||
		    pool_is_free(p, i)) {
			w->damaged++;
			return;
		}
		p->free[i / 64] |= 1ull << (i % 64);
	}
}

/* How much of the pool is there in one piece: the tail of a pool that was never used has no memory
 * behind it. */
static uint32_t pool_present(const struct heap *h, addr_t addr)
{
	intptr_t delta = image_delta(h->im, addr);
	uint32_t n = 0;

	while (delta && n < h->py->pool_size && image_delta(h->im, addr + n) == delta)
		n += IMAGE_PAGE;
	return n;
}

/* False for a pool that holds nothing or whose header makes no sense (then it is counted). */
static bool pool_open(struct walker *w, addr_t addr, struct pool *p)
{
	const struct layout *L = w->h->c->L;
	uint32_t pool_size = w->h->py->pool_size, present = pool_present(w->h, addr), next, max,
		 szidx;

	if (!present)
		return false; /* the arena says that it was carved; what is missing of a core is
				 said elsewhere */
	p->addr = addr;
	p->at = image_at(w->h->im, addr, present);
	if (!field_uint(L, p->at, F_pool_header_count))
		return false;
	szidx = (uint32_t)field_uint(L, p->at, F_pool_header_szidx);
	next = (uint32_t)field_uint(L, p->at, F_pool_header_nextoffset);
	max = (uint32_t)field_uint(L, p->at, F_pool_header_maxnextoffset);
	p->block = (szidx + 1) * w->h->py->alignment;
	p->first = (uint32_t)round_up(L->size[S_pool_header], w->h->py->alignment);
	/* nextoffset stops at the first block that does not fit any more */
	p->end = min_of(next, max + p->block);
	if (szidx > 63 || max + p->block != pool_size || next < p->first || p->end > pool_size ||
	    (next - p->first) % p->block) {
		w->damaged++;
		return false;
	}
	/* A free block is written in its first word only: the page behind it may never have been
	 * touched. */
	p->end = min_of(p->end, present);
	pool_mark_free(w, p);
	return true;
}

/*
 * What the debug allocator wrote before a request: its size, big-endian, and whose it is ('o' = the
 * object allocator's). Then nothing needs to be guessed but how the object's own code rounded:
 * PyObject_NewVar() asks for whole words, others for bytes.
 */
bool debug_hooks_agree(const struct object *o, uint64_t need, uint32_t pre)
{
	const uint8_t *before = o->at - pre;
	uint64_t asked = __builtin_bswap64(load64(before));

	if (before[8] != 'o' || asked > 1u << 20)
		return false;
	need = round_up(need, 8);
	asked = round_up(asked, 8);
	return need <= asked && (!o->type->exact_extent || need == asked);
}

/*
 * Does the object's own size agree with the block that it lies in? Whatever can be shrunk may lie
 * in a larger block: pymalloc leaves it there while the new size is over three quarters of the old
 * one. Ints are cut to fewer digits after they were computed.
 */
static bool extent_fits(const struct heap *h, const struct pool *p, const struct object *o,
			uint32_t pre)
{
	uint64_t need = object_extent(h->c, o);

	if (need == SIZE_BAD || need > p->block || (need += pre) > p->block)
		return false;
	if (h->hook_before)
		return debug_hooks_agree(o, need - h->hook_before, pre);
	return !o->type->exact_extent || round_up(need, h->py->alignment) == p->block ||
	       (o->type->itemsize && 4 * need > 3ull * (p->block - h->py->alignment));
}

enum verdict { NO_OBJECT, AN_OBJECT, DOUBTFUL };

/* All that a block can say about whether an object starts `pre` bytes into it. */
static enum verdict judge(const struct heap *h, const struct pool *p, const struct object *o,
			  uint32_t pre)
{
	uint64_t refcount = object_refcount(h->c, o->at);

	if (!refcount || refcount >= REFCOUNT_MAX || !extent_fits(h, p, o, pre) ||
	    !object_plausible(h->c, o))
		return NO_OBJECT;
	if (refcount_is_address(h, refcount)) /* settled when everything is known */
		return DOUBTFUL;
	return AN_OBJECT;
}

/* The type that the block names, if an object with that much before it starts there. */
static const struct typeinfo *type_at(struct walker *w, const uint8_t *object, uint32_t pre,
				      struct guess *g)
{
	const struct heap *h = w->h;
	addr_t type = load64(object + h->c->L->f[F_object_ob_type].offset);
	const struct typeinfo *ti;

	if (type == g->type && pre == g->presize)
		return g->info;
	/* type objects are larger than any pool's block */
	if (!type || type & 7 || !image_delta(h->im, type) || space_is_pool(&h->space, type))
		return NULL;
	ti = typetab_lookup(h->tt, &w->types, type);
	return ti && ti->presize + h->hook_before == pre ? ti : NULL;
}

/* One of the few places where an object can start. What was there before may have left a type's
 * address. */
static bool block_try(struct walker *w, const struct pool *p, const uint8_t *block, uint32_t pre,
		      struct guess *g)
{
	const struct heap *h = w->h;
	const struct typeinfo *ti;
	enum verdict v;
	struct object o;

	if (pre + h->c->L->size[S_object] > p->block)
		return false;
	ti = type_at(w, block + pre, pre, g);
	if (!ti)
		return false;
	o = (struct object){p->addr + (addr_t)(block - p->at) + pre, block + pre, ti};
	v = judge(h, p, &o, pre);
	if (v == DOUBTFUL && !vec_push(&w->doubts, o.addr))
		w->failed = true;
	if (v != AN_OBJECT)
		return false;
	*g = (struct guess){pre, ti->addr, ti};
	if (space_set_object(&h->space, o.addr))
		walker_take(w, &o, BY_ARENA);
	return true;
}

/*
 * The nearest start wins: what stands before an object, links of a GC head and pointers, is no
 * reference count; but in an object's own words there can be what looks like another one: the
 * tuple (C,) has the words 1, C.
 */
static void block_take(struct walker *w, const struct pool *p, const uint8_t *block,
		       struct guess *g)
{
	const struct heap *h = w->h;

	for (unsigned i = 0; i < h->n_presizes; i++)
		if (block_try(w, p, block, h->presizes[i], g))
			return;
}

static void pool_walk(struct walker *w, struct pool *p)
{
	struct guess g = {0};
	uint32_t i = 0;

	for (uint32_t off = p->first; off + p->block <= p->end; off += p->block, i++)
		if (!pool_is_free(p, i))
			block_take(w, p, p->at + off, &g);
}

/* Marks the pools first: references into them need not be followed. */
void heap_mark_pools(struct heap *h)
{
	vec_foreach (a, &h->py->arenas)
		for (addr_t page = a->pool_first; page < a->pool_end; page += IMAGE_PAGE) {
			struct space_leaf *l = space_leaf(&h->space, page);

			if (l && image_delta(h->im, page))
				l->kind[space_page(page)] = PAGE_POOL;
		}
}

void walk_arenas(struct walker *w)
{
	struct heap *h = w->h;
	struct pool p;
	size_t i;

	if (!h->py->pool_size)
		return;
	w->way = BY_REFERENCE; /* what the arena's objects lead to */
	while ((i = __atomic_fetch_add(&h->next_arena, 1, __ATOMIC_RELAXED)) < h->py->arenas.n) {
		const struct arena_area *a = &h->py->arenas.at[i];

		if (heap_interrupted(h) || w->failed)
			return;
		for (addr_t pool = a->pool_first; pool < a->pool_end; pool += h->py->pool_size)
			if (pool_open(w, pool, &p))
				pool_walk(w, &p);
		walker_drain(w);
	}
}
