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
	addr_t object;	    /* that it holds */
	char *name, *type, *value; /* UTF-8, not escaped */
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

/** Gets each name (a str object; 0 = it cannot be read) and its object (0 = it has none now); false ends it. */
typedef bool local_fn(void *arg, addr_t name, addr_t object, enum local_kind kind);
/** The local names of one frame: a dict's if it is a module's or a class', then the code's. */
void locals_each(const struct python *py, const struct codes *codes, const struct pyframe *frame, local_fn *fn,
		 void *arg);

/** What a name means in a frame, as Python looks for it. */
enum scope { SCOPE_NONE, SCOPE_LOCAL, SCOPE_GLOBAL, SCOPE_BUILTIN };
/** @return where it was found; SCOPE_LOCAL with *object = 0: it is a local variable without a value */
enum scope frame_name(const struct python *py, const struct codes *codes, const struct pyframe *frame,
		      const char *name, addr_t *object);

#endif
