/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/find.h"
#include "heap/walk.h"

#define BACK_MAX                                                                                   \
	(1ull << 34) /* bytes before an address in which the object around it may begin            \
		      */
#define GC_LINK_MASK (~(uint64_t)3)

/* The last object that begins in the page, at or before `addr`. */
static bool last_in_page(const struct heap *h, addr_t page, addr_t addr, addr_t *out)
{
	const struct space_leaf *l = space_leaf(&h->space, page);
	addr_t last = min_of(addr, page + IMAGE_PAGE - 1);

	for (size_t i = SPACE_WORDS_PAGE; l && i-- > 0;) {
		addr_t base = page + i * 512;
		uint64_t bits = base > last ? 0 : l->objects[space_word(base)];

		if (bits && last < base + 504)
			bits &= (2ull << ((last - base) >> 3)) - 1;
		if (bits) {
			*out = base + (63 - (addr_t)__builtin_clzll(bits)) * 8;
			return true;
		}
	}
	return false;
}

/* Pages that hold objects are a sorted array: no step over empty ones. */
static bool object_before(const struct heap *h, addr_t addr, addr_t *out)
{
	size_t lo = vec_count_upto(&h->pages, page, addr);

	for (unsigned tries = 0; lo && tries < 2; tries++, lo--)
		if (last_in_page(h, h->pages.at[lo - 1].page, addr, out))
			return addr - *out < BACK_MAX;
	return false;
}

/* Does the object's allocation, GC head and all, hold the address? */
static bool covers(const struct heap *h, addr_t start, addr_t addr, struct object *out)
{
	uint64_t extent;

	if (!space_has_object(&h->space, start) || !object_load(h->tt, start, out))
		return false;
	extent = object_extent(h->c, out);
	return extent != SIZE_BAD && addr < start + max_of(extent, 1) &&
	       addr + out->type->presize >= start;
}

static const struct arena_area *arena_at(const struct heap *h, addr_t addr)
{
	vec_foreach (a, &h->py->arenas)
		if (addr >= a->pool_first && addr < a->pool_end)
			return a;
	return NULL;
}

bool heap_block(const struct heap *h, addr_t addr, struct block_place *out)
{
	const struct layout *L = h->c->L;
	const struct arena_area *a = h->py->pool_size ? arena_at(h, addr) : NULL;
	uint32_t first;
	const uint8_t *at;
	addr_t pool;

	if (!a)
		return false;
	pool = a->pool_first + (addr - a->pool_first) / h->py->pool_size * h->py->pool_size;
	at = image_at(h->im, pool, L->size[S_pool_header]);
	if (!at)
		return false;
	first = (uint32_t)round_up(L->size[S_pool_header], h->py->alignment);
	*out = (struct block_place){.arena = a->start, .pool = pool};
	out->size = ((uint32_t)field_uint(L, at, F_pool_header_szidx) + 1) * h->py->alignment;
	if (addr - pool < first || out->size > h->py->pool_size)
		return false;
	out->index = (uint32_t)(addr - pool - first) / out->size;
	out->block = pool + first + (addr_t)out->index * out->size;
	return true;
}

/* Is the block on its pool's chain of free blocks, or was it never handed out? */
static bool block_is_free(const struct heap *h, const struct block_place *b)
{
	const struct layout *L = h->c->L;
	const uint8_t *at = image_at(h->im, b->pool, L->size[S_pool_header]);
	addr_t free = at ? field_u64(L, at, F_pool_header_freeblock) : 0;

	if (!at || b->block - b->pool >= field_uint(L, at, F_pool_header_nextoffset) ||
	    !field_uint(L, at, F_pool_header_count))
		return true;
	for (unsigned n = 0; free && n < h->py->pool_size; n++) {
		const uint8_t *link = image_at(h->im, free, 8);

		if (free == b->block || !link)
			return free == b->block;
		free = load64(link);
	}
	return false;
}

static enum err not_an_object(const struct heap *h, addr_t addr, struct diag *d)
{
	unsigned long long a = addr;
	const struct mapping *m = target_mapping(h->py->t, addr);
	struct block_place b;

	if (!m)
		return diag_set(d, ERR_BAD_ADDRESS, "nothing is mapped at 0x%llx in the process",
				a);
	if (heap_block(h, addr, &b))
		return diag_set(d, ERR_BAD_ADDRESS, "0x%llx is in a %s of %u bytes of pymalloc%s",
				a, block_is_free(h, &b) ? "freed block" : "block", b.size,
				block_is_free(h, &b) ? "" : " that holds no object but raw data");
	if (*m->path)
		return diag_set(d, ERR_BAD_ADDRESS, "0x%llx is in %s, but no object is there", a,
				m->path);
	return diag_set(d, ERR_BAD_ADDRESS, "no object is at or around 0x%llx", a);
}

enum err heap_find(const struct heap *h, addr_t addr, struct object *out, struct diag *d)
{
	struct object o;
	addr_t start;

	if (object_before(h, addr, &start) && covers(h, start, addr, &o)) {
		*out = o;
		return OK;
	}
	/* in front of an object: its GC head */
	for (start = round_up(addr, 8); start <= addr + 64; start += 8)
		if (covers(h, start, addr, &o)) {
			*out = o;
			return OK;
		}
	return not_an_object(h, addr, d);
}

static addr_t next_head(const struct heap *h, addr_t head)
{
	const uint8_t *at = image_at(h->im, head, h->c->L->size[S_gchead]);

	return at ? field_u64(h->c->L, at, F_gchead_gc_next) & GC_LINK_MASK : 0;
}

enum gc_state heap_gc_state(const struct heap *h, const struct object *o)
{
	uint32_t head = h->py->gc_head_size;

	if (!o->type->gc || !head)
		return GC_NONE;
	/* static types have a GC type, but no head */
	if (o->type->flags & h->c->L->c[C_TPFLAGS_TYPE_SUBCLASS]) {
		const struct typeinfo *self = typetab_get(h->tt, o->addr);

		if (self && !self->heap)
			return GC_NONE;
	}
	return next_head(h, o->addr - head) ? GC_TRACKED : GC_UNTRACKED;
}

/*
 * All lists at once, a step each: the object is found, or all but one list have come to their end,
 * and it is on that one. So the cost is that of the second longest list.
 */
int heap_generation(const struct heap *h, const struct object *o)
{
	const struct python *py = h->py;
	addr_t head = o->addr - py->gc_head_size, at[64];
	size_t n = min_of(py->gc_lists.n, ARRAY_SIZE(at)), open = n;
	uint64_t limit = h->facts.objects + 1;

	if (heap_gc_state(h, o) != GC_TRACKED)
		return -1;
	for (size_t i = 0; i < n; i++)
		at[i] = py->gc_lists.at[i].head;
	while (open > 1 && limit--)
		for (size_t i = 0; i < n; i++) {
			if (!at[i])
				continue;
			at[i] = next_head(h, at[i]);
			if (at[i] == head)
				return py->gc_lists.at[i].generation;
			if (!at[i] || at[i] == py->gc_lists.at[i].head) {
				at[i] = 0;
				open--;
			}
		}
	for (size_t i = 0; open == 1 && i < n; i++)
		if (at[i])
			return py->gc_lists.at[i].generation;
	return -1;
}
