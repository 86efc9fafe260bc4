/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pymalloc's pools without its list of arenas: the list was cut off, or has no symbol. A pool
 * begins at a multiple of its size with a header whose numbers depend on each other, and its chain
 * of free blocks has exactly the length that the header implies: memory that merely looks like one
 * is not to be expected (cpython.md C: none in 7 versions).
 */
#include "python/priv.h"

#define POOLS_MAX  (1u << 24)
#define HOOK_VOTES 4096
#define MMAP_PAGE  4096

struct pool_header {
	uint64_t count, free, szidx, next, max;
	uint32_t block, first;
};

static bool read_header(const struct python *py, addr_t at, struct pool_header *out)
{
	const struct layout *L = &py->L;
	struct pool_header p = {0};
	uint8_t header[64];

	if (L->size[S_pool_header] > sizeof(header) ||
	    !target_read(py->t, at, header, L->size[S_pool_header]))
		return false;
	p.count = field_uint(L, header, F_pool_header_count);
	p.free = field_u64(L, header, F_pool_header_freeblock);
	p.szidx = field_uint(L, header, F_pool_header_szidx);
	p.next = field_uint(L, header, F_pool_header_nextoffset);
	p.max = field_uint(L, header, F_pool_header_maxnextoffset);
	p.first = (uint32_t)round_up(L->size[S_pool_header], py->alignment);
	if (p.szidx >= L->c[C_PYMALLOC_MAX_REQUEST] / py->alignment)
		return false;
	p.block = ((uint32_t)p.szidx + 1) * py->alignment;
	*out = p;
	return true;
}

/* The numbers of the header, by themselves. */
static bool header_fits(const struct python *py, addr_t at, const struct pool_header *p)
{
	uint64_t carved;

	if (p->max != py->pool_size - p->block || p->next < p->first + p->block ||
	    p->next > py->pool_size || (p->next - p->first) % p->block)
		return false;
	carved = (p->next - p->first) / p->block;
	if (!p->count || p->count > carved)
		return false;
	return !p->free || (p->free >= at + p->first && p->free < at + p->next &&
			    (p->free - at - p->first) % p->block == 0);
}

/* The chain of free blocks: as many as were carved and are not in use. One may be on its way. */
static bool chain_fits(const struct python *py, addr_t at, const struct pool_header *p)
{
	uint64_t carved = (p->next - p->first) / p->block, n = 0;
	addr_t block = p->free;

	for (; block; n++) {
		uint64_t off = block - at;

		if (n > carved - p->count + 1 || off < p->first || off >= p->next ||
		    (off - p->first) % p->block)
			return false;
		if (!target_read_u64(py->t, block, &block))
			return true; /* the rest was cut off */
	}
	return n + p->count + 1 >= carved;
}

static bool is_pool(const struct python *py, addr_t at)
{
	struct pool_header p;

	return read_header(py, at, &p) && header_fits(py, at, &p) && chain_fits(py, at, &p);
}

/* Pools that follow each other make one area. */
static void add_pool(struct refresh *r, addr_t at)
{
	struct python *py = r->py;
	struct arena_area *last = py->arenas.n ? &py->arenas.at[py->arenas.n - 1] : NULL;
	struct arena_area fresh = {
	    .start = at, .size = py->pool_size, .pool_first = at, .pool_end = at + py->pool_size};

	if (last && last->pool_end == at && last->size < py->arena_size) {
		last->pool_end += py->pool_size;
		last->size += py->pool_size;
		return;
	}
	r->failed |= !vec_push(&py->arenas, fresh);
}

void refresh_find_pools(struct refresh *r)
{
	struct python *py = r->py;
	uint64_t pools = 0;

	py->pool_size = (uint32_t)py->L.c[C_PYMALLOC_POOL_SIZE];
	if (!layout_has_const(&py->L, C_PYMALLOC_POOL_SIZE) || !py->L.size[S_pool_header])
		return;
	vec_foreach (m, &py->t->mappings) {
		if (!(m->prot & MAP_WRITE) || m->prot & MAP_SHARED_ || m->path[0] || m->module >= 0)
			continue;
		for (addr_t at = round_up(m->start, py->pool_size);
		     at + MMAP_PAGE <= m->end && pools < POOLS_MAX && !r->failed;
		     at += py->pool_size)
			if (is_pool(py, at)) {
				add_pool(r, at);
				pools++;
			}
	}
}

/* "size, big-endian; letter of the domain; seven forbidden bytes" in front of what the debug hooks
 * gave out. */
static bool is_hooked(const struct python *py, const uint8_t *block)
{
	uint8_t letter = block[8], byte = block[9];

	if ((letter != 'o' && letter != 'm' && letter != 'r') ||
	    (byte != py->L.c[C_DEBUG_FORBIDDEN] && byte != py->L.c[C_DEBUG_FORBIDDEN_OLD]))
		return false;
	for (int i = 10; i < 16; i++)
		if (block[i] != byte)
			return false;
	return true;
}

bool refresh_pools_are_hooked(const struct python *py)
{
	unsigned yes = 0, no = 0;

	vec_foreach (a, &py->arenas)
		for (addr_t at = a->pool_first; at < a->pool_end && yes + no < HOOK_VOTES;
		     at += py->pool_size) {
			struct pool_header p;
			uint8_t block[16];

			if (!read_header(py, at, &p) || p.block < sizeof(block))
				continue;
			/* the first block may be free: with hooks most are not */
			if (!target_read(py->t, at + p.first, block, sizeof(block)))
				continue;
			if (is_hooked(py, block))
				yes++;
			else
				no++;
		}
	return yes > no;
}
