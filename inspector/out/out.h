/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows to text or JSON. A command says what its columns are, then gives rows, then totals; it never prints.
 *
 * JSON is one document, written as a stream:
 *   {"schema": "heapscope/1", "command": ..., "target": {...}, "rows": [...], "totals": {...}, "incomplete": [...],
 *    "notes": [...]}
 * Text is aligned columns (never running together), colour only on a terminal.
 */
#ifndef OUT_OUT_H
#define OUT_OUT_H

#include <stdio.h>
#include "base/diag.h"
#include "base/notes.h"

enum out_format { OUT_TEXT, OUT_JSON };
enum out_type {
	COL_STRING,  /* text: as is, escaped */
	COL_COUNT,   /* a number */
	COL_BYTES,   /* a number of bytes; text "3.4 MiB" or plain, by the column's own choice */
	COL_SIZE,    /* bytes; in text human-readable */
	COL_ADDRESS, /* JSON integer, text 0x... */
	COL_PERCENT, /* text only */
	COL_BOOL,
	COL_SECONDS,
};
struct out_column {
	const char *name;  /* JSON key; NULL = text only */
	const char *title; /* text header; NULL = JSON only */
	enum out_type type;
};
union out_value {
	const char *s; /* UTF-8 or raw bytes, NULL = null / empty cell */
	uint64_t u;    /* OUT_NULL = null / empty cell */
	double d;
};
#define OUT_NULL UINT64_MAX

struct out;

/** Writes to a stream (borrowed). Fails: ERR_NOMEM. */
enum err out_open(enum out_format format, FILE *to, bool colour, const char *command, struct out **out,
		  struct diag *d) must_check;
/** Ends the document: totals, incomplete, notes. False if anything could not be written (errno says why). */
bool out_finish(struct out *o, const struct notes *notes) must_check;
void out_close(struct out *o);

/** Members of "target". Before anything else. In text nothing, unless a command prints them itself. */
void out_target_str(struct out *o, const char *key, const char *value); /* NULL is left out */
void out_target_u64(struct out *o, const char *key, uint64_t value);
void out_target_seconds(struct out *o, const char *key, double value);
/** A line of text above, between or below tables; nothing in JSON. */
void out_text(struct out *o, const char *fmt, ...) printf_like(2, 3);
/**
 * Starts a table. In JSON the first table's rows are "rows"; `name` (not NULL) makes a member of its own.
 * Columns are borrowed until the table ends (next out_table or out_finish).
 */
void out_table(struct out *o, const char *name, const struct out_column *columns, size_t n);
/** values[n], in the order of the columns. Copied. */
void out_row(struct out *o, const union out_value *values);
void out_total_u64(struct out *o, const char *key, uint64_t value);
void out_total_seconds(struct out *o, const char *key, double value);
void out_total_str(struct out *o, const char *key, const char *value);

#endif
