/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From any address to the object around it, and from an object to the block that it lies in.
 */
#ifndef HEAP_FIND_H
#define HEAP_FIND_H

#include "heap/heap.h"

/**
 * The object at the address, or the one whose allocation it lies in.
 * Fails: ERR_BAD_ADDRESS; says what is there: nothing, a freed block, memory of a library, other
 * data.
 */
enum err heap_find(const struct heap *h, addr_t addr, struct object *out,
		   struct diag *d) must_check;

/** Where pymalloc keeps it. */
struct block_place {
	addr_t arena, pool, block;
	uint32_t size;	/* bytes of a block of this pool */
	uint32_t index; /* in the pool */
};
/** False if the address is in no pool of an arena. */
bool heap_block(const struct heap *h, addr_t addr, struct block_place *out);

enum gc_state { GC_NONE, GC_UNTRACKED, GC_TRACKED };
/** Has the object a GC head, and does the collector know it? */
enum gc_state heap_gc_state(const struct heap *h, const struct object *o);
/** The generation of a tracked object: 0, 1, 2, 3 = permanent; -1 unknown. Walks the lists. */
int heap_generation(const struct heap *h, const struct object *o);

#endif
