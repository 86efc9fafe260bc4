/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside heap/: the heap under construction and the walkers (one a thread) that fill it.
 *
 * A walker finds objects from one of the sources, weighs them, marks the raw memory that they own,
 * and puts what they refer to outside of the pools on its list; heap_drain() works that list off.
 * What is in a pool needs no following: the walk through the pools finds it anyway.
 */
#ifndef HEAP_WALK_H
#define HEAP_WALK_H

#include "base/map.h"
#include "heap/heap.h"
#include "heap/space.h"

/* More than this many references to one object cannot be: they would not fit into memory. */
#define REFCOUNT_MAX (1ull << 40)

/* A count that is also an address: could be a list of pointers, [x, type]. */
#define REFCOUNT_DOUBTFUL (1u << 16)

enum found_by { BY_ARENA, BY_GC_LIST, BY_REFERENCE, BY_STATIC, BY_CHUNK, FOUND_WAYS };

/* A rank directory entry for heap_address(): pages that hold objects, in address order. */
struct heap_page {
	addr_t page;
	uint32_t first; /* id of its first object */
};

struct heap {
	struct python *py;
	struct typetab *tt;
	const struct typectx *c;
	const struct image *im;
	struct notes *notes;
	bool points; /* heap_open_points(): whatever looks like an object is one */
	struct space space;
	struct {
		VEC(struct type_total);
	} totals; /* by type id */
	struct {
		VEC(struct class_total);
	} classes;
	struct map class_index; /* class object -> index into classes */
	struct {
		VEC(struct heap_page);
	} pages;
	struct heap_facts facts;
	uint32_t presizes[3]; /* where an object can start in its block, debug hooks included */
	unsigned n_presizes;
	uint32_t hook_before; /* bytes that the debug hooks put before a request */
	size_t next_arena;    /* arenas are handed out to walkers one by one */
};

struct walker {
	struct visitor visitor; /* first: the callbacks cast back */
	struct buffers buffers;
	struct heap *h;
	struct {
		VEC(struct type_total);
	} totals;
	struct map classes; /* class object -> index into class_totals */
	struct {
		VEC(struct class_total);
	} class_totals;
	struct {
		VEC(addr_t);
	} todo; /* addresses outside pools that are marked but not visited yet */
	struct {
		VEC(addr_t);
	} doubts; /* candidates in pools whose reference count is also an address */
	struct {
		VEC(int);
	} broken;	     /* generations whose lists are */
	struct map rejected; /* addresses outside pools that are no objects */
	uint64_t found[FOUND_WAYS];
	uint64_t damaged;
	bool failed;	   /* memory is out */
	enum found_by way; /* what new objects are counted under */
	struct type_cache types;
	addr_t recent[256]; /* references outside pools that were seen just now */
};

struct walker *walker_new(struct heap *h);
void walker_free(struct walker *w);
/** Adds what the walker found to the heap. */
bool walker_merge(struct walker *w) must_check;

/**
 * Counts an object whose bit is set already: size, references, raw memory.
 * An object of no sane size is damaged: counted so, and its bit is taken back.
 */
void walker_take(struct walker *w, const struct object *o, enum found_by way);
/** Counts it by type and class, nothing else. */
void walker_count_only(struct walker *w, const struct object *o);
/** Takes addr if an object starts there and it is not known yet. Only outside pools unless
 * `in_pools`. */
void walker_offer(struct walker *w, addr_t addr, bool in_pools);
/** Is there a live object at addr, as far as it and its type can tell? */
bool walker_probe(struct walker *w, addr_t addr, struct object *o);
/** Works off the list of addresses outside pools. */
void walker_drain(struct walker *w);

/** Marks the pages of all carved pools. Before anything else. */
void heap_mark_pools(struct heap *h);
/* Sources. */
void walk_arenas(struct walker *w);
/** Marks what is on the GC lists. Touches nothing else, so arenas may be walked at the same time.
 */
void mark_gc_lists(struct walker *w);
void walk_gc_lists(struct walker *w);
/** While a collection is going on, objects stand on lists whose heads are on a C stack: follows the
 * links of what is known. */
void walk_gc_neighbours(struct walker *w);
void walk_statics(struct walker *w);
void walk_roots(struct walker *w);
void walk_chunks(struct walker *w);
/**
 * Does a word that is perhaps a reference lead to an object? If that is neither in a module's own
 * data nor in a pool, it must lie in a chunk of malloc's just as its allocator asked for it: raw
 * memory can hold the bytes of an object, too.
 */
bool chunk_holds_object(struct walker *w, addr_t addr);

/** Does the object before or behind it on its list of the garbage collector know it? */
bool object_is_listed(const struct heap *h, const struct object *o);
/**
 * Does what the debug allocator wrote `pre` bytes before the object agree with the bytes that it needs, its GC head
 * included? Those before the object must be there.
 */
bool debug_hooks_agree(const struct object *o, uint64_t need, uint32_t pre);

/** Counts all objects anew, by type and class. False: no memory. */
bool heap_recount(struct heap *h) must_check;
/** A core that was cut off: takes away what nothing speaks for. False: no memory. */
bool heap_settle_witnesses(struct heap *h) must_check;
/** Takes away what only looked like objects. Returns how many objects were removed. */
uint64_t heap_settle_claims(struct heap *h, struct walker *w);
void heap_settle_doubts(struct heap *h, struct walker *w);

static inline bool refcount_is_address(const struct heap *h, uint64_t n)
{
	return unlikely(n > REFCOUNT_DOUBTFUL && !(n & 7) && image_delta(h->im, n));
}
static inline bool heap_interrupted(const struct heap *h)
{
	const volatile int *flag = h->py->t->options.interrupted;

	return flag && *flag;
}

/* The header is read before the type, with the fast table; see object_load() for the checks. */
static inline bool walker_load(struct walker *w, addr_t addr, struct object *o)
{
	const struct typectx *c = w->h->c;
	const uint8_t *at = image_at(w->h->im, addr, c->L->size[S_object]);
	const struct typeinfo *ti;

	if (!at)
		return false;
	ti = typetab_lookup(w->h->tt, &w->types, field_u64(c->L, at, F_object_ob_type));
	if (!ti)
		return false;
	at = image_at(w->h->im, addr, ti->least);
	if (!at)
		return false;
	*o = (struct object){addr, at, ti};
	return true;
}

/** The dict of interned strings, 0 if the version has none, or it is not known. */
addr_t heap_interned(const struct heap *h);

#endif
