/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that may crash, hang or eat memory, because a library does it on untrusted files: done in a
 * child process of ours, which gives its result as bytes through a pipe. What it gave before it
 * failed is kept. The child sees a copy of all memory; nothing that it changes is seen here.
 */
#ifndef BASE_ISOLATE_H
#define BASE_ISOLATE_H

#include "base/base.h"

struct isolate_limits {
	unsigned cpu_seconds, wall_seconds; /* 0: as long as it takes */
	uint64_t more_memory; /* bytes of address space beyond what is in use now */
	uint64_t output;      /* bytes that it may give */
};
struct isolate {
	struct isolate_limits limits;
	/* In the child: gives its result with isolate_give(). False: it could not finish. */
	bool (*work)(void *work_arg, int out);
	/* Here: takes whole messages off the bytes. @return how many bytes it took; SIZE_MAX: they make no sense. */
	size_t (*take)(void *arg, const uint8_t *bytes, size_t n);
	void *work_arg, *arg;
	volatile int *interrupted; /* may be NULL */
	bool hears_ctrl_c;         /* SIGINT of the terminal ends the child too: where nobody sets `interrupted` */
};
#define ISOLATE_INTERRUPTED "it was interrupted" /* why[] then */

/** False: it did not finish, and why[] says what became of it ("it was ended by signal 11"). */
bool isolate_run(const struct isolate *job, char why[160]) must_check;
/** In the child only. False: nobody reads any more. */
bool isolate_give(int out, const void *bytes, size_t n) must_check;

#endif
