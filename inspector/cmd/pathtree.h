/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds the objects of a type: the shortest paths to all of them, merged where they look alike.
 */
#ifndef CMD_PATHTREE_H
#define CMD_PATHTREE_H

#include "cmd/pick.h"
#include "heap/labels.h"

/** Rows of the tree, the largest branches first, at most `limit`. Fails: ERR_NOMEM,
 * ERR_INTERRUPTED. */
enum err path_tree(struct session *s, const struct pick *chosen, uint64_t limit,
		   struct out *o) must_check;

/**
 * What a reference is, without what tells it from its like: ".name" for attributes, "[*]" for
 * items. With `attributes` the object is somebody's __dict__: its values are attributes.
 */
void label_of_kind(const struct heap *h, const struct object *from, const struct edge *e,
		   bool attributes, struct buf *out);

#endif
