/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON, written as it comes; only totals wait for the end. Whatever the calls and the strings, the
 * document is valid: the state below says what is open and whether a comma is due.
 */
#include <math.h>
#include "base/utf8.h"
#include "out/backend.h"

enum json_open { IN_TARGET, IN_DOCUMENT, IN_ROWS, IN_FACTS };

struct json {
	enum json_open in;
	bool first;	  /* no member or row yet in what is open */
	bool rows;	  /* "rows" has been */
	struct buf total; /* members of "totals" */
};

/* A string's characters. Controls and marks that reorder text as \uNNNN; what is no UTF-8 as the
 * characters \xNN. */
void out_json_string(struct buf *b, const char *s)
{
	size_t n = strlen(s);

	buf_char(b, '"');
	for (size_t i = 0; i < n;) {
		uint32_t c = 0;
		size_t len = utf8_decode(s + i, n - i, &c);

		if (!len)
			buf_printf(b, "\\\\x%02x", (unsigned char)s[i]);
		else if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", (char)c);
		else if (codepoint_steers(c))
			buf_printf(b, "\\u%04x", c);
		else
			buf_add(b, s + i, len);
		i += len ? len : 1;
	}
	buf_char(b, '"');
}

static void json_any(struct buf *b, const struct out_any *any)
{
	if (any->kind == ANY_INTEGER)
		buf_printf(b, "%lld", (long long)any->i);
	else if (any->kind == ANY_TEXT)
		out_json_string(b, any->s);
	else if (isfinite(any->d))
		out_real_text(b, any->d);
	else
		buf_str(b, "null");
}

static void json_value(struct buf *b, enum out_type type, union out_value v)
{
	if (out_is_null(type, v)) {
		buf_str(b, "null");
		return;
	}
	switch (type) {
	case COL_STRING:
		out_json_string(b, v.s);
		break;
	case COL_JSON:
		buf_str(b, v.s);
		break;
	case COL_SIGNED:
		buf_printf(b, "%lld", (long long)v.i);
		break;
	case COL_BOOL:
		buf_str(b, v.u ? "true" : "false");
		break;
	case COL_VALUE:
	case COL_NUMERIC:
		json_any(b, v.any);
		break;
	case COL_PERCENT:
	case COL_SECONDS:
		out_seconds_text(b, v.d, 6);
		break;
	default:
		buf_printf(b, "%llu", (unsigned long long)v.u);
	}
}

static void json_member(struct buf *b, bool *first, const char *key, enum out_type type,
			union out_value v)
{
	buf_str(b, *first ? "" : ", ");
	*first = false;
	out_json_string(b, key);
	buf_str(b, ": ");
	json_value(b, type, v);
}

static bool json_start(struct out *o, const char *command)
{
	struct json *j = calloc(1, sizeof(*j));

	if (!j)
		return false;
	j->first = true;
	o->state = j;
	buf_str(&o->line, "{\"schema\": \"heapscope/1\", \"command\": ");
	out_json_string(&o->line, command);
	buf_str(&o->line, ",\n\"target\": {");
	out_write_line(o);
	return true;
}

static void json_target(struct out *o, const char *key, enum out_type type, union out_value v)
{
	struct json *j = o->state;

	if (j->in != IN_TARGET)
		return;
	json_member(&o->line, &j->first, key, type, v);
	out_write_line(o);
}

static void json_end(struct out *o)
{
	static const char *const closing[] = {
	    [IN_TARGET] = "}", [IN_DOCUMENT] = "", [IN_ROWS] = "\n]", [IN_FACTS] = "}"};
	struct json *j = o->state;

	buf_str(&o->line, closing[j->in]);
	out_write_line(o);
	j->in = IN_DOCUMENT;
}

static void json_section(struct out *o, const char *name, enum json_open in)
{
	struct json *j = o->state;

	buf_str(&o->line, ",\n");
	out_json_string(&o->line, name);
	buf_str(&o->line, in == IN_ROWS ? ": [" : ": {");
	out_write_line(o);
	j->in = in;
	j->first = true;
}

static void json_table(struct out *o, const char *name)
{
	struct json *j = o->state;

	j->rows |= !name;
	json_section(o, name ? name : "rows", IN_ROWS);
}

static void json_row(struct out *o, const union out_value *values)
{
	struct json *j = o->state;
	bool first = true;

	buf_str(&o->line, j->first ? "\n{" : ",\n{");
	j->first = false;
	for (size_t i = 0; i < o->n_columns; i++)
		if (o->columns[i].name)
			json_member(&o->line, &first, o->columns[i].name, o->columns[i].type,
				    values[i]);
	buf_char(&o->line, '}');
	out_write_line(o);
}

static void json_facts(struct out *o, const char *name)
{
	json_section(o, name, IN_FACTS);
}

static void json_fact(struct out *o, const char *key, const char *title, enum out_type type,
		      union out_value v)
{
	struct json *j = o->state;

	if (!key || j->in != IN_FACTS)
		return;
	json_member(&o->line, &j->first, key, type, v);
	out_write_line(o);
}

static void json_total(struct out *o, const char *key, enum out_type type, union out_value v)
{
	struct json *j = o->state;
	bool first = !j->total.n;

	json_member(&j->total, &first, key, type, v);
}

static void json_error(struct out *o, const struct diag *d)
{
	bool first = true;

	json_end(o);
	buf_str(&o->line, ",\n\"error\": {");
	json_member(&o->line, &first, "code", COL_STRING,
		    (union out_value){.s = err_name(d->code)});
	json_member(&o->line, &first, "text", COL_STRING, (union out_value){.s = diag_text(d)});
	buf_char(&o->line, '}');
	out_write_line(o);
}

static void json_notes(struct buf *b, const struct notes *notes, enum note_kind kind)
{
	struct buf text = {0};
	bool first = true;

	vec_foreach (it, notes) {
		if (it->kind != kind || !note_shown(notes, it))
			continue;
		buf_clear(&text);
		note_text(it, &text);
		buf_str(b, first ? "\n" : ",\n");
		out_json_string(b, buf_text(&text));
		b->failed |= text.failed;
		first = false;
	}
	buf_release(&text);
}

static void json_finish(struct out *o, const struct notes *notes)
{
	struct json *j = o->state;
	struct buf *b = &o->line;

	if (!j->rows)
		buf_str(b, ",\n\"rows\": []");
	buf_str(b, ",\n\"totals\": {");
	buf_add(b, buf_text(&j->total), j->total.n);
	buf_str(b, "},\n\"incomplete\": [");
	json_notes(b, notes, NOTE_PARTIAL);
	buf_str(b, "],\n\"notes\": [");
	json_notes(b, notes, NOTE_INFO);
	buf_str(b, "]}\n");
	b->failed |= !buf_ok(&j->total);
	out_write_line(o);
}

static void json_close(struct out *o)
{
	struct json *j = o->state;

	buf_release(&j->total);
	free(j);
}

static void json_text(struct out *o, const char *line, size_t n)
{
}

const struct out_ops out_json_ops = {
    .open = json_start,
    .target = json_target,
    .text = json_text,
    .end = json_end,
    .table = json_table,
    .row = json_row,
    .facts = json_facts,
    .fact = json_fact,
    .total = json_total,
    .error = json_error,
    .finish = json_finish,
    .close = json_close,
};
