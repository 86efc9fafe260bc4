/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "base/buf.h"
#include "base/utf8.h"

void buf_release(struct buf *b)
{
	free(b->at);
	*b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->failed = false;
	if (b->at)
		b->at[0] = 0;
}

static bool buf_room(struct buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 64;
	char *p;

	if (b->failed)
		return false;
	if (more < b->cap - b->n && b->cap)
		return true;
	while (cap - b->n <= more)
		cap *= 2;
	p = realloc(b->at, cap);
	if (!p) {
		b->failed = true;
		return false;
	}
	b->at = p;
	b->cap = cap;
	return true;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	if (!buf_room(b, n))
		return;
	memcpy(b->at + b->n, bytes, n);
	b->n += n;
	b->at[b->n] = 0;
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || !buf_room(b, (size_t)n))
		return;
	vsnprintf(b->at + b->n, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_codepoint(struct buf *b, uint32_t c)
{
	char u[4];
	size_t n = 0;

	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
		buf_printf(b, "\\u%04x", c);
		return;
	}
	if (c < 0x80) {
		u[n++] = (char)c;
	} else if (c < 0x800) {
		u[n++] = (char)(0xc0 | c >> 6);
		u[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		u[n++] = (char)(0xe0 | c >> 12);
		u[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		u[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		u[n++] = (char)(0xf0 | c >> 18);
		u[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		u[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		u[n++] = (char)(0x80 | (c & 0x3f));
	}
	buf_add(b, u, n);
}

void buf_escaped(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t c = 0;
		size_t len = utf8_decode(s + i, n - i, &c);

		if (!len)
			buf_printf(b, "\\x%02x", (unsigned char)s[i]);
		else if (c == '\n' || c == '\t' || c == '\r')
			buf_printf(b, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
		else if (codepoint_steers(c))
			buf_printf(b, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
		else
			buf_add(b, s + i, len);
		i += len ? len : 1;
	}
}
