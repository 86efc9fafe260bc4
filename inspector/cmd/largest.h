/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue that gives the largest first, of equal ones that with the smaller number; each step takes logarithmic time.
 * `struct largest q = {0};` is empty.
 */
#ifndef CMD_LARGEST_H
#define CMD_LARGEST_H

#include "base/vec.h"

struct largest {
	VEC(struct largest_one {
		uint64_t size;
		uint32_t number;
	});
};

/** @return false when memory is out: the queue is as it was. */
bool largest_push(struct largest *q, uint64_t size, uint32_t number);
/** Takes the largest out. @return false if there is none. */
bool largest_pop(struct largest *q, uint32_t *number);

#endif
