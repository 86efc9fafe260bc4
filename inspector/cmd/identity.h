/* SPDX-License-Identifier: Apache-2.0 */
/* Which process it is: what a snapshot's header says, and what two targets are compared by. */
#ifndef CMD_IDENTITY_H
#define CMD_IDENTITY_H

#include "cmd/cmd.h"

struct identity {
	uint64_t pid;	   /* 0 = unknown */
	double start_time; /* seconds since 1970, 0 = unknown (a core does not say) */
	char build_id[2 * BUILD_ID_MAX + 1]; /* of the executable, "" = unknown */
	char library_id[2 * BUILD_ID_MAX + 1]; /* of the module that the interpreter is in */
	char python[64];
};

/** After NEED_PYTHON. */
void identity_of(const struct session *s, struct identity *out);
/** Is it the same process, as far as both sides tell? If not, `why` says what differs, else it is left alone. */
bool identity_same(const struct identity *a, const struct identity *b, struct buf *why);

#endif
