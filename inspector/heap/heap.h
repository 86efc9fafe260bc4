/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All objects of the heap: found by pymalloc's arenas, by the GC lists and by following references,
 * together.
 *
 * One bit for every 8 bytes of the image says where an object starts; a rank directory turns an
 * address into an id: objects are numbered 0 .. n-1 in address order. All-or-nothing: an
 * interrupted build leaves nothing.
 */
#ifndef HEAP_HEAP_H
#define HEAP_HEAP_H

#include "base/notes.h"
#include "python/python.h"
#include "types/types.h"

struct heap;

struct type_total { /* by typeinfo.id */
	uint64_t count, size, max;
};

struct heap_facts {
	uint64_t objects, size; /* bytes, sum of sys.getsizeof */
	uint64_t by_arena, by_gc_list, by_reference, by_static,
	    by_chunk;	  /* how they were found first */
	uint64_t damaged; /* blocks or list links that could not be read or make no sense */
	double seconds;
};

/** Finds and weighs every object. Fails: ERR_NOMEM, ERR_INTERRUPTED, ERR_UNREADABLE. Borrows all.
 */
enum err heap_open(struct python *py, struct typetab *types, struct notes *notes, struct heap **out,
		   struct diag *d) must_check;
/**
 * A heap that knows no objects and takes for one what looks so: for looking at a few of them, by name (attrs.h), with
 * labels and values, on an image on demand or any other. `types` is of that image. Fails: ERR_NOMEM. Borrows all.
 */
enum err heap_open_points(struct python *py, struct typetab *types, struct notes *notes,
			  struct heap **out, struct diag *d) must_check;
void heap_close(struct heap *h);
/** The interpreter, and what families of types need. Borrowed. */
const struct python *heap_python(const struct heap *h);
const struct typectx *heap_ctx(const struct heap *h);
const struct heap_facts *heap_facts(const struct heap *h);
/** typetab_count(types) entries. Old-style instances of 2.7 are counted under `instance`: see
 * heap_classes. */
const struct type_total *heap_totals(const struct heap *h);

/** 2.7 only: old-style instances by class. */
struct class_total {
	addr_t class_object;
	struct type_total total;
};
const struct class_total *heap_classes(const struct heap *h, size_t *n);

/** Does an object start at addr? Its id in address order (0 .. objects - 1). */
bool heap_id(const struct heap *h, addr_t addr, uint32_t *id);
/** Address of an id. */
addr_t heap_address(const struct heap *h, uint32_t id);
/** Calls fn for every object in address order until it returns false. */
void heap_each(const struct heap *h, bool (*fn)(void *arg, const struct object *o), void *arg);

/** A place between objects, for those who cannot be called back. */
struct heap_cursor {
	size_t page;
	unsigned word;
	uint64_t bits; /* objects of the word that come next */
	uint32_t id;   /* of the next object */
};
/** Before the object of that id; at the end if there is none. */
void heap_cursor_init(const struct heap *h, uint32_t id, struct heap_cursor *out);
/** The next object and its id; false at the end. Those that cannot be loaded are passed over. */
bool heap_cursor_next(const struct heap *h, struct heap_cursor *c, struct object *out, uint32_t *id);
/** The id of the first object at addr or behind it; how many there are in all if there is none. */
uint32_t heap_id_from(const struct heap *h, addr_t addr);

#endif
