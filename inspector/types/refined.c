/* SPDX-License-Identifier: Apache-2.0 */
/* The references of C types that were looked at closer: fields, and memory full of pointers. */
#include "types/typetab.h"

#define ARRAY_WORDS_MAX (1ull << 26)
#define CHUNK_MIN	32 /* malloc's smallest */
#define CHUNK_FLAGS	7
#define CHUNK_MAPPED	2

/* The arena that holds the address, or NULL. */
static const struct arena_area *arena_of(const struct typetab *tt, addr_t at)
{
	size_t lo = vec_count_upto(&tt->arenas, start, at);

	return lo && at < tt->arenas.at[lo - 1].pool_end && at >= tt->arenas.at[lo - 1].pool_first
		   ? &tt->arenas.at[lo - 1]
		   : NULL;
}

/* Of a request with debug hooks: its size stands before it. */
static uint64_t hooked_size(const struct typectx *c, addr_t at)
{
	const uint8_t *p = image_at(c->im, at - 16, 16);

	return p ? __builtin_bswap64(load64(p)) : 0;
}

/* Bytes from the address to the end of its block in the pool. */
static uint64_t left_in_block(const struct typectx *c, const struct arena_area *a, addr_t at)
{
	addr_t pool = a->pool_first + (at - a->pool_first) / c->py->pool_size * c->py->pool_size;
	const uint8_t *p = image_at(c->im, pool, c->L->size[S_pool_header]);
	uint64_t head = round_up(c->L->size[S_pool_header], 16), size;

	if (!p || !c->py->alignment || at < pool + head)
		return 0;
	size = (at_uint(c, p, F_pool_header_szidx) + 1) * c->py->alignment;
	return size > 1 << 16 ? 0 : size - (at - pool - head) % size;
}

/*
 * How large the allocation at an address can be: the block in its pool, or what malloc wrote before it (glibc). What is
 * no multiple of words, or not there, is 0.
 */
static uint64_t allocation_size(const struct typectx *c, addr_t at)
{
	const struct arena_area *a = arena_of(c->types, at);
	const uint8_t *p;
	uint64_t n;

	if (c->py->debug_hooks)
		return hooked_size(c, at);
	if (a)
		return left_in_block(c, a, at);
	p = at & 15 ? NULL : image_at(c->im, at - 8, 8);
	if (!p)
		return 0;
	n = load64(p) & ~(uint64_t)CHUNK_FLAGS;
	if (n < CHUNK_MIN || n % 16 || n > ARRAY_WORDS_MAX * 8)
		return 0;
	return n - (load64(p) & CHUNK_MAPPED ? 16 : 8);
}

/* Words that may be references: the tail of the memory may never have been used. */
static void array_refs(const struct typectx *c, const struct type_array *a, addr_t at, struct visitor *v)
{
	uint64_t n = at & 7 ? 0 : min_of(allocation_size(c, at) / 8, ARRAY_WORDS_MAX);

	for (uint64_t i = 0; i < n; i++) {
		const uint8_t *p = image_at(c->im, at + i * 8, 8);
		addr_t to = p ? load64(p) : 0;

		if (!p)
			return;
		if (to && !(to & 7) && image_delta(c->im, to))
			visit(v, to, EDGE_CARRAY, (uint64_t)a->offset << 32 | (uint32_t)i);
	}
}

void refined_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	const struct typeinfo *ti = o->type;

	if (!whole(c, o))
		return;
	for (uint16_t i = 0; i < ti->n_members; i++)
		visit(v, load64(o->at + ti->members[i].offset),
		      ti->members[i].python ? EDGE_FIELD : EDGE_CFIELD,
		      (uintptr_t)ti->members[i].label);
	if (ti->items_label)
		visit_array(c, o->addr + ti->basicsize, obj_items(c, o), EDGE_CARRAY,
			    (uint64_t)ti->basicsize << 32, v);
	for (uint16_t i = 0; i < ti->n_arrays; i++)
		array_refs(c, &ti->arrays[i], load64(o->at + ti->arrays[i].offset), v);
}
