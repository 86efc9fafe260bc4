/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/maps (proc_pid_maps(5)). */
#ifndef TARGET_PROCMAPS_H
#define TARGET_PROCMAPS_H

#include "base/buf.h"
#include "target/target.h"

/**
 * Appends the mappings of the text, in address order and disjoint. Lines that make no sense are left out.
 * The paths live as long as the target. " (deleted)" is taken off file names and kept as a flag.
 * @return false if memory is out.
 */
bool procmaps_parse(struct target *t, const char *text, size_t n, struct mapping_list *out) must_check;
/** A device's memory: not even looked at, as reading it may do something. */
bool mapping_is_device(const struct mapping *m);
/** Private memory that the process may write, of a kind that can be copied. */
bool mapping_is_private_data(const struct mapping *m);

#endif
