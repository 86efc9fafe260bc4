/* SPDX-License-Identifier: Apache-2.0 */
/* Inside `diff`: two sides and what differs between them. */
#ifndef CMD_DIFF_H
#define CMD_DIFF_H

#include "cmd/side.h"

struct change { /* of one type */
	uint32_t type;
	uint64_t old_count, old_size, count, size; /* of all objects of each side */
	uint64_t added, added_size, gone, gone_size, grown, grown_size, shrunk, shrunk_size;
};
struct diff {
	struct session *s; /* the command's: its diag, its notes */
	const struct cmd_args *a;
	struct out *out;
	struct side old, new;
	struct text_map types;
	struct {
		VEC(struct change);
	} changes; /* by type's number */
	bool same; /* the same process: objects can be compared */
	struct buf why; /* not the same */
	bool *chosen; /* by type's number: --new; NULL = all */
	struct {
		VEC(struct side_object);
	} added;  /* new objects of chosen types, if they are wanted */
	bool cut; /* not all rows are shown */
};

/** Lists the new objects, or with --held groups them by who holds them. */
enum err diff_say_new(struct diff *d) must_check;

#endif
