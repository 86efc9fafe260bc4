/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk through glibc's malloc: where large objects lie, and all of them in an interpreter
 * without pymalloc. It finds what nothing refers to and no GC list holds: a leaked bytes object of
 * some kilobytes, say.
 *
 * A chunk is {previous size, size | flags} and then the request; chunks of one heap follow each
 * other without gaps (cpython.md C.2). The main heap is "[heap]"; other arenas' heaps start at
 * multiples of 64 MiB with a heap_info whose size gives their end; a chunk of its own mapping (flag
 * 2) starts a page. Freed chunks need no looking for: their first two words, a link and a key, are
 * no object's header. A chain that makes no sense ends the heap's walk: then it is not glibc's, and
 * nothing is claimed about it.
 */
#include "heap/walk.h"

#define CHUNK_FLAGS   7u
#define CHUNK_MMAPPED 2u
#define CHUNK_HEADER  16u
#define CHUNK_MIN     32u
#define HEAP_MAX      ((addr_t)64 << 20)

/* A live object at one of the places in the request where one can start. */
static void offer_chunk(struct walker *w, addr_t chunk, uint64_t size)
{
	const struct heap *h = w->h;
	struct object o;

	for (unsigned i = 0; i < h->n_presizes; i++) {
		addr_t a = chunk + CHUNK_HEADER + h->presizes[i];
		uint64_t extent;

		if (space_has_object(&h->space, a))
			return;
		if (!walker_probe(w, a, &o) || o.type->presize + h->hook_before != h->presizes[i])
			continue;
		/* the request reaches into the next chunk's first word */
		extent = object_extent(h->c, &o);
		if (extent == SIZE_BAD || extent + h->presizes[i] + h->hook_after > size - 8)
			continue;
		walker_offer(w, a, false);
		return;
	}
}

/* Chunks in [at, end). False where they make no sense. */
static bool walk_heap(struct walker *w, addr_t at, addr_t end)
{
	while (at + CHUNK_MIN <= end) {
		const uint8_t *p = image_at(w->h->im, at, CHUNK_HEADER);
		uint64_t size = p ? load64(p + 8) & ~(uint64_t)CHUNK_FLAGS : 0;

		if (size < CHUNK_MIN || size & 15 || size > end - at)
			return false;
		if (space_is_pool(&w->h->space, at))
			return false;
		offer_chunk(w, at, size);
		at += size;
	}
	return true;
}

/* struct heap_info {arena, previous heap, size, mprotect_size}, and the arena itself in an arena's
 * first heap. */
static void walk_thread_heap(struct walker *w, addr_t start, addr_t end)
{
	const uint8_t *p = image_at(w->h->im, start, 64);
	addr_t arena = p ? load64(p) : 0, prev = p ? load64(p + 8) : 0;
	uint64_t size = p ? load64(p + 16) : 0;

	if (!arena || size < IMAGE_PAGE || size > HEAP_MAX || size & (IMAGE_PAGE - 1) ||
	    start + size > end || (arena & ~(HEAP_MAX - 1) && (prev & (HEAP_MAX - 1))))
		return;
	/* The first chunk follows the arena, whose size differs by release: the first place from
	 * where the chain fits. */
	for (addr_t at = start + 32; at < start + IMAGE_PAGE; at += 16) {
		const uint8_t *c = image_at(w->h->im, at, CHUNK_HEADER);
		uint64_t first = c ? load64(c + 8) : 0;

		if ((first & CHUNK_FLAGS & ~2u) == 5 &&
		    (first & ~(uint64_t)CHUNK_FLAGS) >= CHUNK_MIN && walk_heap(w, at, start + size))
			return;
	}
}

static void walk_own_mappings(struct walker *w, addr_t start, addr_t end)
{
	for (addr_t page = start; page < end; page += IMAGE_PAGE) {
		const uint8_t *p = image_at(w->h->im, page, CHUNK_HEADER);
		uint64_t size = p ? load64(p + 8) : 0;

		if (p && (size & CHUNK_FLAGS) == CHUNK_MMAPPED &&
		    !((size - CHUNK_MMAPPED) & (IMAGE_PAGE - 1)) && size > CHUNK_MMAPPED &&
		    size - CHUNK_MMAPPED <= end - page && !space_is_pool(&w->h->space, page))
			offer_chunk(w, page, size - CHUNK_MMAPPED);
	}
}

void walk_chunks(struct walker *w)
{
	const struct target *t = w->h->py->t;

	w->way = BY_CHUNK;
	vec_foreach (m, &t->mappings) {
		if (heap_interrupted(w->h))
			return;
		if (!(m->prot & MAP_WRITE) || m->module >= 0)
			continue;
		if (!strcmp(m->path, "[heap]")) {
			(void)walk_heap(w, m->start, m->end);
		} else if (!*m->path) {
			for (addr_t a = round_up(m->start, HEAP_MAX); a < m->end; a += HEAP_MAX)
				walk_thread_heap(w, a, m->end);
			walk_own_mappings(w, m->start, m->end);
		}
	}
	walker_drain(w);
}
