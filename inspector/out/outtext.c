/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text: columns as wide as the widest of a table's first WAIT_ROWS rows, which are kept until then;
 * a later cell that is wider pushes what follows it, so cells never run together and never lose a
 * character.
 */
#include "out/backend.h"

#define WAIT_ROWS 1000

struct text {
	struct buf cells; /* of the rows that wait: each cell NUL-terminated */
	struct {
		VEC(unsigned);
	} widths; /* of the cells that wait */
	struct {
		VEC(unsigned);
	} columns; /* how wide each column is */
	struct {
		VEC(struct out_column);
	} seen; /* columns that have a title */
	size_t rows;
	bool table, facts, flowing; /* flowing: the header and the first rows are out */
};

static bool text_start(struct out *o, const char *command)
{
	o->state = calloc(1, sizeof(struct text));
	return o->state;
}

static void text_cell(struct buf *b, enum out_type type, union out_value v)
{
	char size[32];

	if (out_is_null(type, v))
		return;
	switch (type) {
	case COL_STRING:
		buf_escaped(b, v.s, strlen(v.s));
		break;
	case COL_SIGNED:
		buf_printf(b, "%lld", (long long)v.i);
		break;
	case COL_SIZE:
		buf_str(b, out_size_text(v.u, " ", size));
		break;
	case COL_ADDRESS:
		buf_printf(b, "0x%llx", (unsigned long long)v.u);
		break;
	case COL_PERCENT:
		buf_printf(b, "%d", (int)v.d);
		break;
	case COL_BOOL:
		buf_str(b, v.u ? "yes" : "no");
		break;
	case COL_SECONDS:
		out_seconds_text(b, v.d, 3);
		break;
	case COL_VALUE:
	case COL_NUMERIC:
		if (v.any->kind == ANY_INTEGER)
			buf_printf(b, "%lld", (long long)v.any->i);
		else if (v.any->kind == ANY_REAL)
			out_real_text(b, v.any->d);
		else
			buf_escaped(b, v.any->s, strlen(v.any->s));
		break;
	default:
		buf_printf(b, "%llu", (unsigned long long)v.u);
	}
}

/* In characters: the bytes that are no continuation of UTF-8. */
static unsigned text_width(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static bool to_the_left(enum out_type type)
{
	return type == COL_STRING || type == COL_BOOL || type == COL_VALUE;
}

/* Adds cell k of a line: a blank before it (two after text), blanks up to the column's width. */
static void text_place(struct out *o, size_t k, const char *cell, unsigned width)
{
	const struct text *t = o->state;
	unsigned want = t->columns.at[k];
	unsigned pad = want > width ? want - width : 0;
	bool left = to_the_left(t->seen.at[k].type);

	if (k)
		buf_str(&o->line, to_the_left(t->seen.at[k - 1].type) ? "  " : " ");
	if (!left)
		buf_printf(&o->line, "%*s", (int)pad, "");
	buf_str(&o->line, cell);
	if (left && k + 1 < t->seen.n)
		buf_printf(&o->line, "%*s", (int)pad, "");
}

static void text_line_end(struct out *o)
{
	while (o->line.n && o->line.at[o->line.n - 1] == ' ')
		o->line.at[--o->line.n] = 0;
	buf_char(&o->line, '\n');
	out_write_line(o);
}

static void text_header(struct out *o)
{
	struct text *t = o->state;
	bool any = false;

	vec_foreach(c, &t->seen)
		any |= *c->title != 0;
	if (!any) /* titles that are all empty: rows for a pipe, or a table for JSON alone */
		return;
	for (size_t k = 0; k < t->seen.n; k++)
		text_place(o, k, t->seen.at[k].title, text_width(t->seen.at[k].title));
	if (o->colour) {
		struct buf plain = o->line;

		o->line = (struct buf){.failed = plain.failed};
		buf_printf(&o->line, "\033[1m%s\033[0m", buf_text(&plain));
		buf_release(&plain);
	}
	text_line_end(o);
}

/* Writes the header and the rows that wait. */
static void text_flush(struct out *o)
{
	struct text *t = o->state;
	const char *cell = buf_text(&t->cells);

	if (t->cells.failed)
		o->line.failed = true;
	if (!t->flowing && t->table)
		text_header(o);
	for (size_t i = 0; i < t->widths.n && !t->cells.failed; i++, cell += strlen(cell) + 1) {
		text_place(o, i % t->seen.n, cell, t->widths.at[i]);
		if ((i + 1) % t->seen.n == 0)
			text_line_end(o);
	}
	t->flowing = true;
	t->rows = t->widths.n = 0;
	buf_clear(&t->cells);
}

static void text_end(struct out *o)
{
	struct text *t = o->state;

	if (t->table || t->facts)
		text_flush(o);
	t->table = t->facts = t->flowing = false;
	t->seen.n = t->columns.n = 0;
}

static void text_column(struct out *o, const struct out_column *c)
{
	struct text *t = o->state;
	unsigned width = max_of(c->width, text_width(c->title));

	if (!vec_push(&t->seen, *c) || !vec_push(&t->columns, width))
		t->cells.failed = true;
}

static void text_table(struct out *o, const char *name)
{
	struct text *t = o->state;

	for (size_t i = 0; i < o->n_columns; i++)
		if (o->columns[i].title)
			text_column(o, &o->columns[i]);
	t->table = t->seen.n > 0; /* a table may be for JSON only */
}

/* Keeps a cell; its column grows with it while rows wait. */
static void text_keep(struct text *t, size_t k, enum out_type type, union out_value v)
{
	size_t at = t->cells.n;
	unsigned width;

	text_cell(&t->cells, type, v);
	width = text_width(buf_text(&t->cells) + at);
	buf_char(&t->cells, 0);
	if (t->cells.failed || !vec_push(&t->widths, width))
		t->cells.failed = true;
	else if (!t->flowing && width > t->columns.at[k])
		t->columns.at[k] = width;
}

static void text_row(struct out *o, const union out_value *values)
{
	struct text *t = o->state;
	size_t k = 0;

	if (!t->table || t->cells.failed)
		return;
	for (size_t i = 0; i < o->n_columns; i++)
		if (o->columns[i].title)
			text_keep(t, k++, o->columns[i].type, values[i]);
	if (++t->rows >= (t->flowing ? 1 : WAIT_ROWS))
		text_flush(o);
}

static void text_facts(struct out *o, const char *name)
{
	static const struct out_column columns[] = {{.title = "", .type = COL_STRING, .width = 15},
						    {.title = "", .type = COL_STRING}};
	struct text *t = o->state;

	t->facts = true;
	text_column(o, &columns[0]);
	text_column(o, &columns[1]);
}

static void text_fact(struct out *o, const char *key, const char *title, enum out_type type,
		      union out_value v)
{
	struct text *t = o->state;

	if (!title || !t->facts || out_is_null(type, v))
		return;
	text_keep(t, 0, COL_STRING, (union out_value){.s = title});
	text_keep(t, 1, type, v);
}

static void text_text(struct out *o, const char *line, size_t n)
{
	text_end(o);
	buf_escaped(&o->line, line, n);
	text_line_end(o);
}

static void text_total(struct out *o, const char *key, enum out_type type, union out_value v)
{
}

static void text_error(struct out *o, const struct diag *d)
{
	text_end(o);
}

static void text_target(struct out *o, const char *key, enum out_type type, union out_value v)
{
}

static void text_finish(struct out *o, const struct notes *notes)
{
}

static void text_close(struct out *o)
{
	struct text *t = o->state;

	buf_release(&t->cells);
	vec_release(&t->widths);
	vec_release(&t->columns);
	vec_release(&t->seen);
	free(t);
}

const struct out_ops out_text_ops = {
    .open = text_start,
    .target = text_target,
    .text = text_text,
    .end = text_end,
    .table = text_table,
    .row = text_row,
    .facts = text_facts,
    .fact = text_fact,
    .total = text_total,
    .error = text_error,
    .finish = text_finish,
    .close = text_close,
};
