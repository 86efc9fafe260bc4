/* SPDX-License-Identifier: Apache-2.0 */
/* Cores of check_target_child, in a scratch directory. */
#ifndef CHECK_TARGET_COREFIX_H
#define CHECK_TARGET_COREFIX_H

#include "check_target_fixture.h"

void scratch_setup(void);
void scratch_teardown(void);
const char *scratch_dir(void);
/** A path in the scratch directory; good for the next three calls. */
const char *scratch(const char *name);
/** check_target_child's path. */
const char *own_program(void);
/** Runs a command; the test fails if that does. */
void shell(const char *fmt, ...) printf_like(1, 2);
/** Starts the program (NULL: check_target_child) in the scratch directory so that it can dump core. */
void start_for_core(struct child *c, const char *program);
/** Lets GDB's gcore write a core. Without GDB the test fails: it is among the dependencies. */
const char *gcore(const struct child *c);
/** Does the kernel write core files here (and not into a pipe)? */
bool kernel_writes_cores(void);
/** Ends the child with a core; NULL if the kernel gives it to somebody else. */
const char *kernel_core(struct child *c);
struct target *open_core(const char *path, const struct target_options *o, struct notes *n);

#endif
