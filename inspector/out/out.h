/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows to text or JSON. A command says what its columns are, then gives rows, then totals; it never
 * prints.
 *
 * JSON is one document, written as a stream:
 *   {"schema": "heapscope/1", "command": ..., "target": {...}, "rows": [...], "totals": {...},
 * "incomplete": [...], "notes": [...]} Named tables and facts are members of their own between
 * "target" and "totals"; "error" is there when the answer ends with one. Text is aligned columns
 * (never running together), colour only on a terminal.
 *
 * Every string may come from the target: controls, bidi marks and invalid UTF-8 are made harmless
 * here (in JSON too: bytes that are no UTF-8 become the characters \xNN, so a document is always
 * valid).
 *
 * No call but out_open() and out_finish() reports a failure: the first one is kept and out_finish()
 * tells it.
 */
#ifndef OUT_OUT_H
#define OUT_OUT_H

#include <stdio.h>
#include "base/buf.h"
#include "base/diag.h"
#include "base/notes.h"

enum out_format { OUT_TEXT, OUT_JSON };
enum out_type {
	COL_STRING,  /* .s; text: escaped, to the left */
	COL_COUNT,   /* .u; a number */
	COL_SIGNED,  /* .i; a number, INT64_MIN = null / empty cell */
	COL_BYTES,   /* .u; bytes, in text the plain number too */
	COL_SIZE,    /* .u; bytes, in text "3.4 MiB" */
	COL_ADDRESS, /* .u; JSON integer, text 0x... */
	COL_PERCENT, /* .d; 0 .. 100, whole per cents that are full; usually text only */
	COL_BOOL,    /* .u; 0, 1 */
	COL_SECONDS, /* .d; 6 decimals in JSON, 3 in text */
	COL_JSON,    /* .s; a JSON value, written as it is; NULL = null */
	COL_VALUE,   /* .any; of a type that each row says itself */
	COL_NUMERIC, /* the same, in text to the right */
};
/** A value with its type: what no table of columns knows beforehand. */
struct out_any {
	enum { ANY_INTEGER, ANY_REAL, ANY_TEXT } kind;
	int64_t i;
	double d; /* what is no number in JSON is null there */
	const char *s;
};
struct out_column {
	const char *name;  /* JSON key; NULL = text only */
	const char *title; /* text header; NULL = JSON only; all "": no header line */
	enum out_type type;
	unsigned width; /* at least so many characters wide in text */
};
union out_value {
	const char *s; /* UTF-8 or raw bytes, NULL = null / empty cell */
	uint64_t u;    /* OUT_NULL = null / empty cell */
	int64_t i;
	double d; /* NaN = null / empty cell */
	const struct out_any *any; /* NULL = null / empty cell */
};
#define OUT_NULL UINT64_MAX

struct out;

/** Writes to a stream (borrowed). Fails: ERR_NOMEM. */
enum err out_open(enum out_format format, FILE *to, bool colour, const char *command,
		  struct out **out, struct diag *d) must_check;
/** Ends the document: totals, incomplete, notes. False if anything could not be written (errno says
 * why). */
bool out_finish(struct out *o, const struct notes *notes) must_check;
void out_close(struct out *o);
/** Has a write failed? Then nobody gets what comes: a long list may end. */
bool out_failed(const struct out *o);

/** Members of "target". Before anything else. In text nothing, unless a command prints them itself.
 */
void out_target_str(struct out *o, const char *key, const char *value); /* NULL is left out */
void out_target_u64(struct out *o, const char *key, uint64_t value);
void out_target_seconds(struct out *o, const char *key, double value);
/** A line of text above, between or below tables; nothing in JSON. */
void out_text(struct out *o, const char *fmt, ...) printf_like(2, 3);
/**
 * Starts a table; where no column has a title, it is for JSON only. In JSON the rows of the table
 * without a name (at most one) are "rows"; `name` makes a member of its own. Columns are borrowed
 * until the table ends (next out_table, out_facts, out_text or out_finish).
 */
void out_table(struct out *o, const char *name, const struct out_column *columns, size_t n);
/** values[n], in the order of the columns. Copied. */
void out_row(struct out *o, const union out_value *values);
/**
 * Starts a list of single facts: in JSON an object `name`, in text lines "title   value".
 * out_fact_*: `title` NULL = JSON only, `key` NULL = text only; null values are left out of the
 * text.
 */
void out_facts(struct out *o, const char *name);
void out_fact(struct out *o, const char *key, const char *title, enum out_type type,
	      union out_value v);
static inline void out_fact_str(struct out *o, const char *key, const char *title,
				const char *value)
{
	out_fact(o, key, title, COL_STRING, (union out_value){.s = value});
}
static inline void out_fact_u64(struct out *o, const char *key, const char *title,
				enum out_type type, uint64_t value)
{
	out_fact(o, key, title, type, (union out_value){.u = value});
}
/** Members of "totals", at any time. In text nothing: a command says them in its own words. */
void out_total_u64(struct out *o, const char *key, uint64_t value);
void out_total_seconds(struct out *o, const char *key, double value);
void out_total_str(struct out *o, const char *key, const char *value);
/** The answer ends here with an error: member "error" {"code", "text"}; in text nothing (the
 * program says it). */
void out_error(struct out *o, const struct diag *d);

/** "10.4 MiB", "512 B": the number, `between`, the unit. @return out */
char *out_size_text(uint64_t bytes, const char *between, char out[32]);
/** The text as a JSON string, quotes and all; made harmless as rows are. Appended to b. */
void out_json_string(struct buf *b, const char *s);
/** Seconds with 3 or 6 decimals, whatever the locale. Appended to b. */
void out_seconds_text(struct buf *b, double seconds, int decimals);
/** The shortest number that reads as the same, with a point or an exponent, whatever the locale. Appended to b. */
void out_real_text(struct buf *b, double v);

#endif
