/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code objects that frames run, each read once: name, file, line table. Read while the process
 * stands, because a code object may be gone a moment later.
 */
#ifndef STACK_CODES_H
#define STACK_CODES_H

#include "base/map.h"
#include "base/vec.h"
#include "python/python.h"
#include "stack/linetable.h"

struct code {
	addr_t addr;
	char *
	    name; /* qualified where the version has that; UTF-8, not escaped; NULL if unreadable */
	char *file; /* as the code has it, NULL if unreadable */
	int first_line;
	uint64_t flags; /* co_flags */
	addr_t start;	/* of the bytecode, if it lies in the object, else 0 */
	uint64_t size;	/* bytes of bytecode, 0 unknown */
	uint8_t *table;
	size_t table_size;
	enum line_format format;
	uint64_t identity; /* codes_identify(): of what follows from the source, in whatever process */
	int64_t last_at; /* the place that was asked for last: recursion asks again and again */
	struct place last;
};
struct codes {
	const struct python *py;
	struct map by_address; /* -> index, or CODE_BAD */
	VEC(struct code);
};

#define CODE_NONE UINT32_MAX

void codes_init(struct codes *c, const struct python *py);
void codes_release(struct codes *c);
/** Index of the code object at addr; CODE_NONE if there is none, or memory is out. */
uint32_t codes_get(struct codes *c, addr_t addr);
/** Sets every code's identity. Any time after they were read. */
void codes_identify(struct codes *c);
/** Are both the same piece of the same source? After codes_identify(). */
bool code_same(const struct code *a, const struct code *b);
/** The place of the instruction at byte `at`. */
struct place code_place(struct code *code, int64_t at);

#endif
