/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds an object, in a few words that are the same for all objects that are held alike:
 * "agent.Check.tags[*]".
 */
#ifndef CMD_OWNER_H
#define CMD_OWNER_H

#include "cmd/pick.h"
#include "heap/labels.h"

/** What is remembered from one object to the next, so that large holders are looked at once. */
struct owners {
	struct session *s;
	const struct pick *names;
	struct map dict_of;    /* holder -> address of its __dict__, 0 if it has none */
	struct map remembered; /* holders whose references are in edge_of */
	struct map edge_of;    /* holder << 32 | object -> index in edges */
	struct {
		VEC(struct edge);
	} edges;
};
void owners_release(struct owners *w);

/**
 * Up from the object along the shortest path until something is met that has a name: an instance's
 * attribute, a module's, a local. Needs NEED_ROOTS and session_need_distances().
 */
void owner_text(struct owners *w, const struct object *o, struct buf *out);
/** How all that refer to it do so: "dict[*], agent.Check.__dict__", sorted. Needs NEED_ROOTS. */
void referrers_text(struct owners *w, const struct object *o, struct buf *out);

#endif
