/* SPDX-License-Identifier: Apache-2.0 */
/* Which process is whose child, as /proc says at the moment. */
#ifndef TARGET_PROCTREE_H
#define TARGET_PROCTREE_H

#include "base/vec.h"

struct pid_list {
	VEC(int);
};

/**
 * Appends the children of a process, theirs, and so on: parents before their children, those of one parent by PID.
 * Zombies and this process are left out. False if memory is out.
 */
bool proc_descendants(int pid, struct pid_list *out) must_check;

#endif
