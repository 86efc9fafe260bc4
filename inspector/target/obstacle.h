/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons to read a process without a freeze. Each is told to the user in a note. */
#ifndef TARGET_OBSTACLE_H
#define TARGET_OBSTACLE_H

#include "target/target.h"

/**
 * Is there a reason not to freeze: the user does not want it, the process is stopped, traced by somebody, or in an
 * uninterruptible sleep? Sets t->pause.
 */
bool obstacle_to_pause(struct target *t, const struct thread_list *threads) must_check;
/** A freeze was tried and failed: says why. */
void obstacle_not_frozen(struct target *t, const struct thread_list *threads, const struct diag *why);

#endif
