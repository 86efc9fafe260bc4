/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The references of an object with their labels' facts, in the order of the graph's rows. Those of objects with many
 * are kept for a while: a container of millions is walked once and not once for each of its elements.
 */
#ifndef CMD_SQL_EDGES_H
#define CMD_SQL_EDGES_H

#include "cmd/cmd.h"
#include "heap/labels.h"

struct edge_list {
	struct object from;
	struct edges edges;
	uint32_t *order; /* positions by target, then by position; NULL where there are few */
};
struct edge_lists {
	struct edge_list few; /* the last object that had few */
	uint32_t few_id;
	bool few_valid;
	struct {
		VEC(struct edge_list *);
	} many;
	struct map by_id; /* -> index in many */
	size_t total;	  /* edges in many */
};

/** The references of an object, without weak ones; needs the graph. NULL when memory is out. Valid until the next
 * call. */
const struct edge_list *edge_lists_get(struct edge_lists *l, struct session *s, uint32_t id);
/** The position of the nth reference of the list to an object; false if there are not so many. */
bool edge_list_position(const struct edge_list *l, addr_t to, uint32_t nth, uint32_t *position);
void edge_lists_release(struct edge_lists *l);

#endif
