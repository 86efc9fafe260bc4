/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds an object, in a few words that are the same for all objects that are held alike:
 * "agent.Check.tags[*]".
 */
#ifndef CMD_OWNER_H
#define CMD_OWNER_H

#include "cmd/pick.h"

/**
 * Up from the object along the shortest path until something is met that has a name: an instance's
 * attribute, a module's, a local. Needs NEED_ROOTS and session_need_distances().
 */
void owner_text(struct session *s, const struct pick *names, const struct object *o,
		struct buf *out);
/** How all that refer to it do so: "dict[*] x2, agent.Check.__dict__", sorted. Needs NEED_ROOTS. */
void referrers_text(struct session *s, const struct pick *names, const struct object *o,
		    struct buf *out);

#endif
