/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With blocks: which objects' with blocks a frame is in at the moment. The interpreter keeps the
 * bound __exit__ on the value stack while such a block runs: where, the exception table says (3.11
 * and later), or the frame's own stack of blocks (before).
 */
#ifndef STACK_WITHBLOCKS_H
#define STACK_WITHBLOCKS_H

#include "base/map.h"
#include "stack/frames.h"

#define WITH_BLOCKS_MAX 20 /* around an instruction */

/* The with blocks around an instruction of a code object. */
struct with_depths {
	unsigned n;
	uint32_t depth[WITH_BLOCKS_MAX]; /* __exit__ is the slot below this many, innermost first */
};
/**
 * Decodes an exception table (Objects/exception_handling_notes.txt): the handlers around byte `at`
 * of the bytecode, one after the other; those of with blocks, whose second instruction is `opcode`,
 * count. Untrusted bytes.
 */
void with_depths_find(const uint8_t *table, size_t n, const uint8_t *bytecode, size_t size,
		      int64_t at, uint8_t opcode, struct with_depths *out);

/** Remembers what was decoded; one for each look at a process. */
struct with_reader {
	const struct python *py;
	const struct codes *codes;
	struct map seen; /* code and instruction -> index in known */
	struct {
		VEC(struct with_depths);
	} known;
};
#define EXIT_STACK_MAX 256 /* callbacks that are looked at, the first ones */
/**
 * The objects that a contextlib.ExitStack has entered.
 * @return how many; 0 also if that is no ExitStack
 */
unsigned exit_stack_objects(const struct python *py, addr_t stack, addr_t out[EXIT_STACK_MAX]);
void with_reader_release(struct with_reader *r);
/**
 * The objects in whose with blocks a frame is, innermost first: self of each __exit__.
 * @return how many, at most WITH_BLOCKS_MAX
 */
unsigned with_blocks(struct with_reader *r, const struct pyframe *f, addr_t out[WITH_BLOCKS_MAX]);

#endif
