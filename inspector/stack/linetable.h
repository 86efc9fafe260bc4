/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an instruction to the place in the source: the tables that code objects carry. Pure decoding
 * of bytes that nobody vouches for: a table that is cut off or senseless ends the search, never
 * more.
 */
#ifndef STACK_LINETABLE_H
#define STACK_LINETABLE_H

#include "base/base.h"

enum line_format {
	LINES_NONE,	/* no table: where it stands is not known */
	LINES_UNSIGNED, /* co_lnotab, line steps 0..255 (2.7) */
	LINES_SIGNED,	/* co_lnotab, line steps -128..127 (3.6 - 3.9) */
	LINES_RANGES,	/* co_linetable, pairs of byte length and line step (3.10) */
	LINES_PLACES,	/* co_linetable, the location table with columns (3.11+) */
};

/** A place in the source. Lines from 1, columns from 0 in bytes of UTF-8; -1 = not recorded. */
struct place {
	int line, end_line, column, end_column;
};

/**
 * The place of the instruction at byte `at` of the code; at < 0: it has not begun, which gives the
 * first line. Formats: Objects/lnotab_notes.txt, Objects/locations.md of CPython.
 */
struct place linetable_find(enum line_format format, const uint8_t *table, size_t n, int first_line,
			    int64_t at);

#endif
