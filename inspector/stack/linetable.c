/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include "stack/linetable.h"

#define NO_LINE_STEP (-128) /* LINES_RANGES: this range has no line */
#define UNIT	     2	    /* LINES_PLACES: bytes of a code unit */
#define VARINT_SHIFT 30	    /* longer ones are a lie */

enum place_form { /* LINES_PLACES: bits 3 to 6 of an entry's first byte */
		  FORM_SHORT_LAST = 9,
		  FORM_ONE_LINE_0 = 10,
		  FORM_ONE_LINE_2 = 12,
		  FORM_NO_COLUMNS = 13,
		  FORM_LONG = 14,
		  FORM_NONE = 15,
};

struct bytes {
	const uint8_t *at, *end;
};

static const struct place nowhere = {-1, -1, -1, -1};

static struct place line_only(int64_t line)
{
	struct place p = nowhere;

	if (line >= 0 && line <= INT_MAX)
		p.line = (int)line;
	return p;
}

static struct place find_in_lnotab(const uint8_t *table, size_t n, int first_line, int64_t at,
				   bool steps_signed)
{
	int64_t line = first_line, start = 0;

	for (size_t i = 0; i + 1 < n; i += 2) {
		start += table[i];
		if (start > at)
			break;
		line += steps_signed ? (int8_t)table[i + 1] : table[i + 1];
	}
	return line_only(line);
}

static struct place find_in_ranges(const uint8_t *table, size_t n, int first_line, int64_t at)
{
	int64_t line = first_line, end = 0;

	for (size_t i = 0; i + 1 < n; i += 2) {
		int step = (int8_t)table[i + 1];

		end += table[i];
		if (step != NO_LINE_STEP)
			line += step;
		if (at < end)
			return step == NO_LINE_STEP ? nowhere : line_only(line);
	}
	return nowhere;
}

static unsigned int byte(struct bytes *b)
{
	return b->at < b->end ? *b->at++ : 0;
}

/* Six bits a byte, the lowest first; bit 6 says that more come. */
static int64_t varint(struct bytes *b)
{
	unsigned int c = byte(b), shift = 0;
	int64_t v = c & 63;

	while (c & 64 && shift < VARINT_SHIFT) {
		c = byte(b);
		shift += 6;
		v |= (int64_t)(c & 63) << shift;
	}
	return v;
}

static int64_t signed_varint(struct bytes *b)
{
	int64_t v = varint(b);

	return v & 1 ? -(v >> 1) : v >> 1;
}

static int whole(int64_t v)
{
	return v >= 0 && v <= INT_MAX ? (int)v : -1;
}

/* The entry's body; *line goes on from entry to entry. */
static struct place read_place(struct bytes *b, unsigned int form, int64_t *line)
{
	struct place p = nowhere;
	unsigned int second;

	if (form == FORM_NONE)
		return p;
	if (form == FORM_LONG || form == FORM_NO_COLUMNS)
		*line += signed_varint(b);
	else if (form >= FORM_ONE_LINE_0)
		*line += form - FORM_ONE_LINE_0;
	p.line = p.end_line = whole(*line);
	if (form == FORM_LONG) {
		p.end_line = whole(*line + varint(b));
		p.column = whole(varint(b) - 1);
		p.end_column = whole(varint(b) - 1);
	} else if (form <= FORM_SHORT_LAST) {
		second = byte(b);
		p.column = form << 3 | second >> 4;
		p.end_column = p.column + (second & 15);
	} else if (form <= FORM_ONE_LINE_2) {
		p.column = byte(b);
		p.end_column = byte(b);
	}
	return p;
}

static struct place find_in_places(const uint8_t *table, size_t n, int first_line, int64_t at)
{
	struct bytes b = {table, table + n};
	int64_t line = first_line, end = 0;

	while (b.at < b.end) {
		unsigned int first = byte(&b);
		struct place p;

		end += ((first & 7) + 1) * UNIT;
		p = read_place(&b, first >> 3 & 15, &line);
		if (at < end)
			return p;
		/* an entry begins with a byte that has bit 7; what a damaged one left over is
		 * skipped */
		while (b.at < b.end && !(*b.at & 128))
			b.at++;
	}
	return nowhere;
}

struct place linetable_find(enum line_format format, const uint8_t *table, size_t n, int first_line,
			    int64_t at)
{
	if (at < 0)
		return line_only(first_line);
	switch (format) {
	case LINES_UNSIGNED:
		return find_in_lnotab(table, n, first_line, at, false);
	case LINES_SIGNED:
		return find_in_lnotab(table, n, first_line, at, true);
	case LINES_RANGES:
		return find_in_ranges(table, n, first_line, at);
	case LINES_PLACES:
		return find_in_places(table, n, first_line, at);
	default: /* the first line would be taken for where it stands */
		return nowhere;
	}
}
