/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments, locals, cells and free variables of frames, as text, in the order in which the code
 * has them. A frame of a module or class has its names in a dict: those are shown in its order,
 * without those that begin with "__".
 */
#ifndef STACK_LOCALS_H
#define STACK_LOCALS_H

#include "stack/frames.h"
#include "types/repr.h"

enum local_kind { LOCAL_ARGUMENT, LOCAL_PLAIN, LOCAL_CELL, LOCAL_FREE };

struct local {
	uint32_t frame;	    /* index in the chain: 0 = innermost */
	uint8_t kind;	    /* enum local_kind */
	char *name, *value; /* UTF-8, not escaped */
};
struct locals {
	VEC(struct local); /* by frame, then in the code's order */
	size_t frames_left_out;
};

#define LOCALS_FRAMES_MAX 1000 /* of one thread, the innermost ones */
#define LOCALS_NAMES_MAX  200  /* of one frame */

/** Of a whole chain. While the process stands. False if memory is out. */
bool locals_read(struct locals *l, const struct python *py, const struct codes *codes,
		 const struct chain *c, const struct repr_limits *lim) must_check;
void locals_release(struct locals *l);

#endif
