/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include "heap/literals.h"
#include "types/peek.h"

#define DEPTH_MAX 8 /* tuples in tuples */

enum err parsing_bad(const struct parsing *p, const char *what)
{
	enum err e = diag_set(p->d, ERR_USAGE, "bad expression: %s", what);

	diag_point(p->d, p->text, (size_t)(p->at - p->text));
	return e;
}

static enum err no_memory(const struct parsing *p)
{
	return diag_set(p->d, ERR_NOMEM, "out of memory");
}

void literal_release(struct literal *l)
{
	free(l->text);
	vec_foreach (item, &l->items)
		literal_release(item);
	vec_release(&l->items);
}

/* ---- strings ---- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10 : -1;
}

/* "x41", "u20ac", "U0001f600" behind the backslash. */
static enum err parse_code(struct parsing *p, bool bytes, struct buf *out)
{
	int n = *p->at == 'x' ? 2 : *p->at == 'u' ? 4 : 8;
	uint32_t c = 0;

	for (p->at++; n; n--, p->at++) {
		if (hex(*p->at) < 0)
			return parsing_bad(p, "a hexadecimal digit is expected here");
		c = c << 4 | (uint32_t)hex(*p->at);
	}
	if (bytes)
		buf_char(out, (char)c);
	else
		buf_codepoint(out, c);
	return OK;
}

/* Behind a backslash. */
static enum err parse_escape(struct parsing *p, bool bytes, struct buf *out)
{
	static const char letters[] = "\\\\''\"\"n\nr\rt\ta\ab\bf\fv\v";

	p->at++;
	for (const char *l = letters; *l; l += 2)
		if (*p->at == l[0]) {
			buf_char(out, l[1]);
			p->at++;
			return OK;
		}
	if (*p->at == '0' && !isdigit((unsigned char)p->at[1])) {
		p->at++;
		buf_char(out, 0);
		return OK;
	}
	if (*p->at == 'x' || (!bytes && (*p->at == 'u' || *p->at == 'U')))
		return parse_code(p, bytes, out);
	return parsing_bad(p, "this escape is not known here: \\\\ \\' \\\" \\n \\r \\t \\xNN \\uNNNN \\UNNNNNNNN are");
}

static enum err parse_string(struct parsing *p, bool bytes, struct literal *out)
{
	char quote = *p->at++;
	struct buf b = {0};
	enum err e = OK;

	while (!e && *p->at && *p->at != quote)
		if (*p->at == '\\')
			e = parse_escape(p, bytes, &b);
		else
			buf_char(&b, *p->at++);
	if (!e && !*p->at)
		e = parsing_bad(p, "the string is not closed");
	p->at += !e;
	out->kind = bytes ? LITERAL_BYTES : LITERAL_STR;
	out->n = b.n;
	out->text = b.at ? b.at : strdup("");
	return e ? e : buf_ok(&b) && out->text ? OK : no_memory(p);
}

/* ---- numbers and words ---- */

static bool is_float(const char *s)
{
	s += *s == '-';
	if (s[0] == '0' && (s[1] | 32) == 'x')
		return false;
	s += strspn(s, "0123456789");
	return *s == '.' || (*s | 32) == 'e';
}

static enum err parse_number(struct parsing *p, struct literal *out)
{
	const char *digits = p->at + (*p->at == '-');
	bool based = digits[0] == '0' && (digits[1] | 32) == 'x';
	char *end;

	if (!isdigit((unsigned char)*digits))
		return parsing_bad(p, "a number is expected here");
	errno = 0;
	if (is_float(p->at)) {
		out->kind = LITERAL_FLOAT;
		out->d = strtod(p->at, &end);
	} else {
		out->kind = LITERAL_INT;
		out->i = strtoll(p->at, &end, based ? 16 : 10);
	}
	if (errno == ERANGE)
		return parsing_bad(p, "this number is too large: it has at most 63 bits here");
	p->at = end;
	return OK;
}

static bool take_word(struct parsing *p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(p->at, word, n) || isalnum((unsigned char)p->at[n]) || p->at[n] == '_')
		return false;
	p->at += n;
	return true;
}

static enum err parse_items(struct parsing *p, char close, int depth, struct literal *out);

static enum err parse_at(struct parsing *p, int depth, struct literal *out)
{
	bool prefixed = *p->at && strchr("bBuU", *p->at) && (p->at[1] == '\'' || p->at[1] == '"');

	*out = (struct literal){.kind = LITERAL_NONE};
	if (*p->at == '\'' || *p->at == '"' || prefixed) {
		bool bytes = prefixed && (*p->at | 32) == 'b';

		p->at += prefixed;
		return parse_string(p, bytes, out);
	}
	if (isdigit((unsigned char)*p->at) || *p->at == '-')
		return parse_number(p, out);
	if (*p->at == '(') {
		p->at++;
		return depth < DEPTH_MAX ? parse_items(p, ')', depth + 1, out)
					 : parsing_bad(p, "too many tuples in each other");
	}
	if (take_word(p, "None"))
		return OK;
	out->kind = LITERAL_INT;
	out->i = 1;
	if (take_word(p, "True"))
		return OK;
	out->i = 0;
	if (take_word(p, "False"))
		return OK;
	return parsing_bad(p, "a number, a string in quotes, None, True, False or a tuple of them is expected here");
}

/* Literals with commas between, up to `close`, which is taken. One without a comma is itself. */
static enum err parse_items(struct parsing *p, char close, int depth, struct literal *out)
{
	bool comma = false;
	enum err e = OK;

	*out = (struct literal){.kind = LITERAL_TUPLE};
	for (parsing_blanks(p); !e && *p->at != close; parsing_blanks(p)) {
		struct literal item;

		if (out->items.n && !comma)
			return parsing_bad(p, close == ')' ? "',' or ')' is expected here" : "']' is expected here");
		e = parse_at(p, depth, &item);
		if (!vec_push(&out->items, item)) {
			literal_release(&item);
			e = e ? e : no_memory(p);
		}
		parsing_blanks(p);
		comma = *p->at == ',';
		p->at += comma;
	}
	if (e)
		return e;
	p->at++;
	if (out->items.n == 1 && !comma) {
		struct literal only = out->items.at[0];

		vec_release(&out->items);
		*out = only;
	}
	return OK;
}

enum err literal_parse(struct parsing *p, struct literal *out)
{
	return parse_at(p, 0, out);
}

enum err literal_parse_key(struct parsing *p, struct literal *out)
{
	parsing_blanks(p);
	if (*p->at == ']') {
		*out = (struct literal){.kind = LITERAL_NONE};
		return parsing_bad(p, "an index or a key is expected here");
	}
	return parse_items(p, ']', 0, out);
}

/* ---- equality ---- */

bool string_equals(const struct python *py, addr_t object, const char *text, size_t n)
{
	struct python_characters ch;
	struct buf b = {0};
	bool same;

	if (!python_characters(py, object, &ch) || ch.n > n)
		return false;
	if (ch.bytes) {
		same = ch.n == n && (b.at = malloc(n + 1)) && target_read(py->t, ch.at, b.at, n) &&
		       !memcmp(b.at, text, n);
		free(b.at);
		return same;
	}
	same = python_string(py, object, n + 1, &b) && b.n == n && !memcmp(buf_text(&b), text, n);
	buf_release(&b);
	return same;
}

static bool bytes_equal(const struct python *py, const struct literal *l, addr_t object)
{
	bool old = py->known[K_string27] != 0;
	enum field_id f = old ? F_string27_ob_sval : F_bytes_ob_sval;
	char *own;
	bool same;

	if (!peek_subtype(py, peek_type(py, object), py->known[old ? K_string27 : K_bytes]) ||
	    peek_size(py, object) != (int64_t)l->n || !(own = malloc(l->n + 1)))
		return false;
	same = target_read(py->t, object + py->L.f[f].offset, own, l->n) && !memcmp(own, l->text, l->n);
	free(own);
	return same;
}

static bool number_equals(const struct python *py, const struct literal *l, addr_t object)
{
	uint64_t bits;
	int64_t i;
	double d;

	if (peek_int64(py, object, &i))
		return l->kind == LITERAL_INT ? l->i == i : l->d == (double)i;
	if (!peek_subtype(py, peek_type(py, object), py->known[K_float]) ||
	    !peek_field(py, object, F_float_ob_fval, &bits))
		return false;
	memcpy(&d, &bits, sizeof(d));
	return d == (l->kind == LITERAL_INT ? (double)l->i : l->d);
}

static bool tuple_equals(const struct python *py, const struct literal *l, addr_t object)
{
	if (!peek_subtype(py, peek_type(py, object), py->known[K_tuple]) ||
	    peek_size(py, object) != (int64_t)l->items.n)
		return false;
	for (size_t i = 0; i < l->items.n; i++)
		if (!literal_equals(py, &l->items.at[i], peek_item(py, object, (int64_t)i)))
			return false;
	return true;
}

bool literal_equals(const struct python *py, const struct literal *l, addr_t object)
{
	switch (l->kind) {
	case LITERAL_NONE:
		return object && object == py->known[K_none];
	case LITERAL_STR:
		return string_equals(py, object, l->text, l->n);
	case LITERAL_BYTES:
		return bytes_equal(py, l, object);
	case LITERAL_TUPLE:
		return tuple_equals(py, l, object);
	default:
		return number_equals(py, l, object);
	}
}
