/* SPDX-License-Identifier: Apache-2.0 */
/* What the caller of the exported interface says, in our own types. Strings and callbacks stay the caller's. */
#ifndef APICALLER_H
#define APICALLER_H

#include "heapscope.h"
#include "target/target.h"

/** Zero it; release it whatever happens. */
struct caller {
	struct target_options options;
	struct mapping_list mappings;
	struct thread_list threads;
};

/** options may be NULL. False: no memory. */
bool caller_options(const struct heapscope_options *options, struct caller *out) must_check;
/** Fills *cb, which borrows from *c. False: no memory. */
bool caller_source(const struct heapscope_source *source, struct caller *c,
		   struct target_callbacks *cb) must_check;
void caller_release(struct caller *c);

#endif
