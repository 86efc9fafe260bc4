/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that stand alike, in one process or in several. */
#ifndef CMD_STACKGROUPS_H
#define CMD_STACKGROUPS_H

#include "cmd/stackshow.h"

struct stack_member {
	struct stack_view *view;
	const struct stack_thread *thread;
	uint32_t next, last; /* the next member of the group, or itself; of the first: the last */
	uint32_t members;    /* of the first: how many; else 0 */
};
struct stack_groups {
	VEC(struct stack_member); /* every thread that is to be shown, in the order of the processes */
};

/** False if memory is out. Release it in any case. */
bool stack_groups_make(struct stack_groups *g, struct stack_set *set) must_check;
void stack_groups_release(struct stack_groups *g);

#endif
