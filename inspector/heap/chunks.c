/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk through glibc's malloc: where large objects lie, and all of them in an interpreter
 * without pymalloc. It finds what nothing refers to and no GC list holds: a leaked bytes object of
 * some kilobytes, say.
 *
 * A chunk is {previous size, size | flags} and then the request; chunks of one heap follow each
 * other without gaps (cpython.md C.2). The main heap is "[heap]"; other arenas' heaps start at
 * multiples of 64 MiB with a heap_info whose size gives their end; a chunk of its own mapping (flag
 * 2) starts a page. A heap whose chain does not end where the heap ends is not glibc's, or torn:
 * nothing is taken from it.
 *
 * Only chunks that are too large for pymalloc count. Smaller ones may be free though they look in
 * use (fast bins), and then raw memory in them can still hold the bytes of an object. Of larger
 * ones a free chunk is known by the next one's flag, or, up to TCACHE_MAX, by the key that thread
 * caches put into its second word.
 */
#include "heap/find.h"
#include "heap/walk.h"

#define CHUNK_FLAGS	 7u
#define CHUNK_PREV_INUSE 1u
#define CHUNK_MMAPPED	 2u
#define CHUNK_HEADER	 16u
#define CHUNK_MIN	 32u
#define CHUNK_SLACK	 40u /* rounding, and a remainder too small to split off */
#define CHUNK_LEAST	 528u /* of a request of 513 bytes, the first that pymalloc leaves to malloc */
#define TCACHE_MAX	 1040u
#define TCACHE_BINS	 64u
#define TCACHE_COUNT	 7u
#define TCACHE_BYTES	 (TCACHE_BINS * (2 + 8))
#define HEAP_MAX	 ((addr_t)64 << 20)
#define KEYS_MAX	 64u

struct chunk_walk {
	struct walker *w;
	uint64_t keys[KEYS_MAX]; /* of thread caches */
	unsigned n_keys;
};

static uint64_t chunk_word(const struct chunk_walk *c, addr_t at)
{
	const uint8_t *p = image_at(c->w->h->im, at, 8);

	return p ? load64(p) : 0;
}

static uint64_t chunk_size(const struct chunk_walk *c, addr_t chunk)
{
	return chunk_word(c, chunk + 8) & ~(uint64_t)CHUNK_FLAGS;
}

/* Do the chunks in [at, end) follow each other up to the end? */
static bool chain_is_whole(const struct chunk_walk *c, addr_t at, addr_t end)
{
	while (at < end) {
		uint64_t size = chunk_size(c, at);

		if (size < CHUNK_MIN || size & 15 || size > end - at ||
		    space_is_pool(&c->w->h->space, at))
			return false;
		at += size;
	}
	return true;
}

static void key_add(struct chunk_walk *c, uint64_t key)
{
	for (unsigned i = 0; i < c->n_keys; i++)
		if (c->keys[i] == key)
			return;
	if (key && c->n_keys < KEYS_MAX)
		c->keys[c->n_keys++] = key;
}

/*
 * Is this chunk a thread's cache: 64 counts of at most seven, and as many lists, empty where the
 * count is 0 (glibc 2.30 to 2.41)? Then the first entry of each list has the key in its second
 * word.
 */
static void look_for_keys(struct chunk_walk *c, addr_t chunk)
{
	const uint8_t *p = image_at(c->w->h->im, chunk + CHUNK_HEADER, TCACHE_BYTES);
	const uint8_t *lists = p + TCACHE_BINS * 2;

	if (!p || chunk_size(c, chunk) != round_up(TCACHE_BYTES + 8, 16))
		return;
	for (unsigned i = 0; i < TCACHE_BINS; i++)
		if (load16(p + i * 2) > TCACHE_COUNT ||
		    !load16(p + i * 2) != !load64(lists + i * 8))
			return;
	for (unsigned i = 0; i < TCACHE_BINS; i++)
		if (load64(lists + i * 8))
			key_add(c, chunk_word(c, load64(lists + i * 8) + 8));
}

static bool chunk_is_free(const struct chunk_walk *c, addr_t chunk, uint64_t size)
{
	uint64_t key = chunk_word(c, chunk + CHUNK_HEADER + 8);

	if (!(chunk_word(c, chunk + size + 8) & CHUNK_PREV_INUSE))
		return true;
	for (unsigned i = 0; i < c->n_keys; i++)
		if (key == c->keys[i])
			return true;
	return size <= TCACHE_MAX && !c->n_keys;
}

/* A live object at one of the places in the request where one can start, as large as the chunk but
 * for `slack`. */
static void offer_chunk(struct walker *w, addr_t chunk, uint64_t size, uint64_t slack)
{
	const struct heap *h = w->h;
	struct object o;

	for (unsigned i = 0; i < h->n_presizes; i++) {
		addr_t a = chunk + CHUNK_HEADER + h->presizes[i];
		uint64_t need;

		if (space_has_object(&h->space, a))
			return;
		if (!walker_probe(w, a, &o) || o.type->presize + h->hook_before != h->presizes[i])
			continue;
		/* the request reaches into the next chunk's first word */
		need = object_extent(h->c, &o);
		if (need == SIZE_BAD || (need += h->presizes[i]) > size - 8 || need + slack < size)
			continue;
		walker_offer(w, a, false);
		return;
	}
}

/* The smallest chunk that an object can be in. */
static uint64_t least_chunk(const struct heap *h)
{
	const struct python *py = h->py;

	return py->arenas.n || py->cut || py->object_allocator == ALLOC_PYMALLOC ? CHUNK_LEAST : CHUNK_MIN;
}

/*
 * Do the words before a request look like a chunk's, not much larger than the object needs, and the
 * chunk after it too? Other words can look so: in a bytes object the type's address stands where its
 * data would have the chunk's size.
 */
static bool chunk_is_sane(const struct chunk_walk *c, addr_t chunk, uint64_t need, uint64_t most)
{
	uint64_t word = chunk_word(c, chunk + 8), size = word & ~(uint64_t)CHUNK_FLAGS, next;

	if (chunk & 15 || size & 15 || size < need + 8 ||
	    size < least_chunk(c->w->h))
		return false;
	if (word & CHUNK_MMAPPED)
		return !(size & (IMAGE_PAGE - 1)) && !(chunk & (IMAGE_PAGE - 1)) &&
		       size <= most + IMAGE_PAGE;
	if (size > most)
		return false;
	next = chunk_word(c, chunk + size + 8);
	return next & CHUNK_PREV_INUSE && (next & ~(uint64_t)CHUNK_FLAGS) >= 16 && !(next & 8);
}

/* .data and .bss, where objects lie that nobody allocated. */
static bool is_module_data(const struct target *t, addr_t addr)
{
	const struct mapping *m = target_mapping(t, addr);
	size_t n;

	if (m && m->module >= 0)
		return true;
	vec_foreach (mod, &t->modules) {
		const struct elf_segment *s = mod->file ? elf_file_segments(mod->file, &n) : NULL;

		for (size_t i = 0; s && i < n; i++)
			if (addr - mod->bias - s[i].vaddr < s[i].memsz)
				return true;
	}
	return false;
}

/* What stands before an object: is it tracked, others know it, but on the half-sorted lists of a collection. */
static bool head_is_sane(const struct heap *h, const struct object *o)
{
	return heap_gc_state(h, o) != GC_TRACKED || h->py->collecting || object_is_listed(h, o);
}

bool chunk_holds_object(struct walker *w, addr_t addr)
{
	const struct heap *h = w->h;
	struct chunk_walk c = {.w = w};
	struct object o;
	uint64_t extent;
	uint32_t pre;

	if (addr & 7 || space_has_object(&h->space, addr) || !walker_probe(w, addr, &o) ||
	    refcount_is_address(h, object_refcount(h->c, o.at)))
		return false;
	if (is_module_data(h->py->t, addr))
		return true;
	vec_foreach (area, &h->py->static_areas)
		if (addr >= area->start && addr < area->end)
			return true;
	pre = o.type->presize + h->hook_before;
	extent = object_extent(h->c, &o);
	if (extent == SIZE_BAD || !image_at(h->im, addr - pre, pre) || !head_is_sane(h, &o) ||
	    (h->hook_before && !debug_hooks_agree(&o, extent + o.type->presize, pre)))
		return false;
	extent += pre;
	/* what a type's own code asked for beyond its struct is not known */
	return chunk_is_sane(&c, addr - pre - CHUNK_HEADER, extent,
			     (o.type->exact_extent ? extent : 2 * extent) + CHUNK_SLACK);
}

/* Chunks in [at, end). False where they make no sense. */
static bool walk_heap(struct chunk_walk *c, addr_t at, addr_t end)
{
	uint64_t size;

	if (!chain_is_whole(c, at, end))
		return false;
	for (addr_t chunk = at; chunk < end; chunk += chunk_size(c, chunk))
		look_for_keys(c, chunk);
	for (; at < end; at += size) {
		size = chunk_size(c, at);
		if (size >= CHUNK_LEAST && at + size < end && !chunk_is_free(c, at, size))
			offer_chunk(c->w, at, size, CHUNK_SLACK);
	}
	return true;
}

/* struct heap_info {arena, previous heap, size, mprotect_size}, and the arena itself in an arena's
 * first heap. */
static void walk_thread_heap(struct chunk_walk *c, addr_t start, addr_t end)
{
	addr_t arena = chunk_word(c, start), previous = chunk_word(c, start + 8);
	uint64_t size = chunk_word(c, start + 16);

	if (!arena || previous & (HEAP_MAX - 1) || size < IMAGE_PAGE || size > HEAP_MAX ||
	    size & (IMAGE_PAGE - 1) || size > end - start)
		return;
	/* The first chunk follows the arena, whose size differs by release: the first place from
	 * where the chain fits. */
	for (addr_t at = start + 32; at < start + IMAGE_PAGE; at += 16)
		if (chunk_word(c, at + 8) & CHUNK_PREV_INUSE && walk_heap(c, at, start + size))
			return;
}

static void walk_own_mappings(struct chunk_walk *c, addr_t start, addr_t end)
{
	for (addr_t page = start; page < end; page += IMAGE_PAGE) {
		uint64_t word = chunk_word(c, page + 8), size = word & ~(uint64_t)CHUNK_FLAGS;

		if ((word & CHUNK_FLAGS) == CHUNK_MMAPPED && !(size & (IMAGE_PAGE - 1)) && size &&
		    size <= end - page && !space_is_pool(&c->w->h->space, page))
			offer_chunk(c->w, page, size, IMAGE_PAGE + CHUNK_SLACK);
	}
}

/* A core does not say which mapping is the main heap: there it is the one that chunks fill. */
static bool heap_is_named(const struct target *t)
{
	vec_foreach (m, &t->mappings)
		if (!strcmp(m->path, "[heap]"))
			return true;
	return false;
}

void walk_chunks(struct walker *w)
{
	const struct target *t = w->h->py->t;
	struct chunk_walk c = {.w = w};
	bool named = heap_is_named(t);

	w->way = BY_CHUNK;
	vec_foreach (m, &t->mappings) {
		if (heap_interrupted(w->h))
			return;
		if (!(m->prot & MAP_WRITE) || m->module >= 0)
			continue;
		if (!strcmp(m->path, "[heap]")) {
			(void)walk_heap(&c, m->start, m->end);
		} else if (!*m->path && (named || !walk_heap(&c, m->start, m->end))) {
			for (addr_t a = round_up(m->start, HEAP_MAX); a < m->end; a += HEAP_MAX)
				walk_thread_heap(&c, a, m->end);
			walk_own_mappings(&c, m->start, m->end);
		}
	}
	walker_drain(w);
}
