/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shortest ways from the roots to objects: the distance of every object, by one walk in breadth
 * from all roots at once, and the shortest paths to one object, found backwards along the
 * distances.
 */
#ifndef HEAP_PATHS_H
#define HEAP_PATHS_H

#include "base/vec.h"
#include "heap/graph.h"
#include "heap/roots_named.h"

#define PATH_NONE UINT32_MAX

struct distances {
	uint32_t n;
	uint32_t *distance; /* steps from the nearest root, the root's cost included; PATH_NONE:
			       unreached */
	uint32_t
	    *parent;	 /* who it was reached from; PATH_NONE: it is a root itself, or unreached */
	uint32_t *order; /* objects that were reached, the nearest first */
	uint32_t reached;
};
/** Fails: ERR_NOMEM, ERR_INTERRUPTED. */
enum err distances_open(const struct graph *g, const struct rootset *rs,
			const volatile int *interrupted, struct distances *out,
			struct diag *d) must_check;
void distances_release(struct distances *ds);

struct path {
	const struct root *root;
	uint32_t *ids; /* from the root's object to the one asked for */
	uint32_t n;
};
struct paths {
	VEC(struct path);
};
/**
 * At most `count` shortest paths to the object, the shortest first; none if nothing that is a root
 * leads to it. Needs graph_need_referrers(). Fails: ERR_NOMEM.
 */
enum err paths_find(const struct graph *g, const struct rootset *rs, const struct distances *ds,
		    uint32_t to, uint32_t count, struct paths *out, struct diag *d) must_check;
void paths_release(struct paths *p);

#endif
