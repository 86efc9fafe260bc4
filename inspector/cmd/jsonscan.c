/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include "cmd/jsonscan.h"

#define CHUNK	   (1u << 17)
#define KEY_MAX	   64
#define NUMBER_MAX 40

enum err scan_open(struct scan *s, const char *path, struct diag *d)
{
	*s = (struct scan){.line = 1, .d = d, .path = path, .buf = malloc(CHUNK)};
	if (!s->buf)
		return diag_set(d, ERR_NOMEM, "out of memory");
	return source_open(path, &s->from, d);
}

void scan_close(struct scan *s)
{
	source_close(s->from);
	free(s->buf);
	*s = (struct scan){0};
}

static bool refill(struct scan *s)
{
	if (s->error)
		return false;
	s->at = s->n = 0;
	s->error = source_read(s->from, s->buf, CHUNK, &s->n, s->d);
	return !s->error && s->n;
}

/* The next byte, -1 at the end. */
static inline int look(struct scan *s)
{
	return s->at < s->n || refill(s) ? s->buf[s->at] : -1;
}

bool scan_bad(struct scan *s, const char *what)
{
	bool ends = look(s) < 0;

	if (!s->error && ends)
		s->error = diag_set(s->d, ERR_BAD_FILE, "'%s' is cut off: it ends in line %llu", s->path,
				    (unsigned long long)s->line);
	else if (!s->error)
		s->error = diag_set(s->d, ERR_BAD_FILE, "'%s' is damaged in line %llu: %s", s->path,
				    (unsigned long long)s->line, what);
	return false;
}

int scan_peek(struct scan *s)
{
	int c;

	while ((c = look(s)) == ' ' || c == '\n' || c == '\r' || c == '\t') {
		s->line += c == '\n';
		s->at++;
	}
	return c;
}

bool scan_take(struct scan *s, char c)
{
	if (scan_peek(s) != c)
		return false;
	s->at++;
	return true;
}

bool scan_expect(struct scan *s, char c)
{
	char what[] = "'?' is expected";

	if (scan_take(s, c))
		return true;
	what[1] = c;
	return scan_bad(s, what);
}

static bool hex4(struct scan *s, uint32_t *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++) {
		int c = look(s);

		if (c < 0 || !isxdigit(c))
			return scan_bad(s, "\\u wants four hexadecimal digits");
		*out = *out << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
		s->at++;
	}
	return true;
}

static bool escape(struct scan *s, struct buf *out, uint32_t *high)
{
	static const char from[] = "bfnrt\"\\/", to[] = "\b\f\n\r\t\"\\/";
	int c = look(s);
	const char *at = c > 0 ? strchr(from, c) : NULL;
	uint32_t point, before = *high;

	*high = 0;
	if (at) {
		s->at++;
		buf_char(out, to[at - from]);
		return true;
	}
	if (c != 'u')
		return scan_bad(s, "an unknown escape");
	s->at++;
	if (!hex4(s, &point))
		return false;
	if (point >= 0xd800 && point < 0xdc00) {
		*high = point; /* written with the other half, or not at all */
		return true;
	}
	if (before && point >= 0xdc00 && point < 0xe000)
		point = 0x10000 + ((before - 0xd800) << 10) + (point - 0xdc00);
	buf_codepoint(out, point);
	return true;
}

bool scan_string(struct scan *s, struct buf *out, size_t max)
{
	struct buf none = {0};
	struct buf *to = out ? out : &none;
	uint32_t high = 0;
	bool ok;

	if (!(ok = scan_expect(s, '"')))
		return false;
	while (ok) {
		int c = look(s);

		if (c < 0 || c == '\n') {
			ok = scan_bad(s, "a string has no end");
			break;
		}
		s->at++;
		if (c == '"')
			break;
		if (!out || to->n >= max)
			buf_clear(&none), to = &none;
		if (c == '\\')
			ok = escape(s, to, &high);
		else
			buf_char(to, (char)c);
	}
	if (out && !buf_ok(out) && !s->error)
		s->error = diag_set(s->d, ERR_NOMEM, "out of memory");
	buf_release(&none);
	return !s->error;
}

static bool number(struct scan *s, char out[NUMBER_MAX + 1])
{
	size_t n = 0;
	int c = scan_peek(s);

	for (; c > 0 && strchr("+-.0123456789eE", c) && n < NUMBER_MAX; c = look(s)) {
		out[n++] = (char)c;
		s->at++;
	}
	out[n] = 0;
	return n ? true : scan_bad(s, "a number is expected");
}

bool scan_u64(struct scan *s, uint64_t *out)
{
	char text[NUMBER_MAX + 1], *end;

	if (!number(s, text))
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && isdigit((unsigned char)*text) && !*end ? true : scan_bad(s, "an unsigned number is expected");
}

bool scan_real(struct scan *s, double *out)
{
	char text[NUMBER_MAX + 1], *end;

	if (!number(s, text))
		return false;
	*out = strtod(text, &end);
	return !*end ? true : scan_bad(s, "a number is expected");
}

/* Brackets are counted, not matched: what is in them is of no interest. */
bool scan_skip(struct scan *s)
{
	uint64_t depth = 0;

	do {
		int c = scan_peek(s);

		if (c < 0)
			return scan_bad(s, "it ends there");
		if (c == '"') {
			if (!scan_string(s, NULL, 0))
				return false;
			continue;
		}
		if (!depth && (c == ',' || c == '}' || c == ']' || c == ':'))
			return scan_bad(s, "a value is expected");
		s->at++;
		if (c == '[' || c == '{')
			depth++;
		else if (c == ']' || c == '}')
			depth--;
		else if (!depth) /* true, false, null, a number */
			while ((c = look(s)) > 0 && (isalnum(c) || strchr("+-.", c)))
				s->at++;
	} while (depth);
	return true;
}

bool scan_member(struct scan *s, bool *first, struct buf *key)
{
	if (scan_take(s, '}'))
		return false;
	if (!*first && !scan_expect(s, ','))
		return false;
	*first = false;
	buf_clear(key);
	return scan_string(s, key, KEY_MAX) && scan_expect(s, ':');
}
