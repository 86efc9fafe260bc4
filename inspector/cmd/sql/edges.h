/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The references of an object with their labels' facts, in the order of the graph's rows. Those of objects with many
 * are kept where one element after the other is asked for: a container of millions is walked once and not once for each
 * of them. That costs 28 bytes for each reference of such objects, until the query ends.
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
	struct edge_list last; /* of the last object that is not kept */
	uint32_t last_id;
	bool last_valid;
	struct {
		VEC(struct edge_list *);
	} many;
	struct map by_id; /* -> index in many */
};

/**
 * The references of an object, without weak ones; needs the graph. `again`: others of its references will be asked for,
 * in between those of other objects. NULL when memory is out. Valid until the next call.
 */
const struct edge_list *edge_lists_get(struct edge_lists *l, struct session *s, uint32_t id, bool again);
/** The position of the nth reference of the list to an object; false if there are not so many. */
bool edge_list_position(const struct edge_list *l, addr_t to, uint32_t nth, uint32_t *position);
void edge_lists_release(struct edge_lists *l);

#endif
