/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slots of a frame: local variables, and above them the value stack. A slot of the value stack
 * is what was put there last; above the present depth, which nobody records while a frame runs,
 * that is something of the past. So whoever looks there must prove what is found.
 */
#ifndef STACK_SLOTS_H
#define STACK_SLOTS_H

#include "stack/frames.h"

#define SLOTS_MAX 200 /* of a value stack: deeper ones are looked at in part */

/** The i-th local variable, arguments first; what a cell holds if it is one; 0 if there is none. */
addr_t slot_local(const struct python *py, const struct pyframe *f, unsigned i);
/** The first argument, if it is called "self": also where it is a cell. 0: it is not. */
addr_t slot_self_argument(const struct python *py, const struct pyframe *f, const struct code *code);
/** Slot i of the value stack, 0 = the lowest; 0 if there is none. */
addr_t slot_stack(const struct python *py, const struct pyframe *f, const struct code *code,
		  uint64_t i);
/** How many slots of the value stack the code can use, at most SLOTS_MAX. */
uint64_t slot_stack_size(const struct python *py, const struct code *code);
/** What a cell holds; another object is what it is. */
addr_t slot_inside(const struct python *py, addr_t slot);
/** self of a bound method of C or Python; another object is what it is. */
addr_t slot_self(const struct python *py, addr_t obj);

#endif
