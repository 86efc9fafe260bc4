/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "types/peek.h"
#include "types/repr.h"

#define CHUNK 1024

/* Characters at `at`, `width` bytes each. */
struct chars {
	const struct python *py;
	addr_t at;
	uint64_t n;
	unsigned width;
	bool bytes; /* above ASCII as \xNN */
	bool ascii; /* above ASCII as \u...: 2.7's unicode */
	bool both;  /* ' is escaped in any quotes: bytearray */
};

static uint32_t character(const uint8_t *p, unsigned width)
{
	return width == 1 ? load8(p) : width == 2 ? load16(p) : load32(p);
}

/* Is there a ' and no "? Then " is what it is put between. */
static char quote_of(const struct chars *c, uint64_t shown, const uint8_t *text)
{
	bool single = false, both = false;

	for (uint64_t i = 0; i < shown; i++) {
		uint32_t x = character(text + i * c->width, c->width);

		single |= x == '\'';
		both |= x == '"';
	}
	return single && !both ? '"' : '\'';
}

/*
 * What repr() writes as it is: not controls and formats, spaces but the one, private use, what is no character. Those
 * that no version of Unicode has given a meaning yet, in the planes that have some, are written as they are.
 */
static bool is_printable(uint32_t x)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
	    {0x80, 0xa0},	{0xad, 0xad},	    {0x600, 0x605},	{0x6dd, 0x6dd},
	    {0x70f, 0x70f},	{0x8e2, 0x8e2},	    {0x1680, 0x1680},	{0x180e, 0x180e},
	    {0x2000, 0x200f},	{0x2028, 0x202f},   {0x205f, 0x206f},	{0x3000, 0x3000},
	    {0xd800, 0xf8ff},	{0xfdd0, 0xfdef},   {0xfeff, 0xfeff},	{0xfff0, 0xfffb},
	    {0xfffe, 0xffff},	{0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff},
	    {0x40000, 0xe00ff}, {0xe01f0, UINT32_MAX},
	};

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		if (x >= hidden[i].first && x <= hidden[i].last)
			return false;
	return !codepoint_steers(x);
}

static void put_character(const struct chars *c, uint32_t x, char quote, struct buf *out)
{
	if (x == (uint32_t)(unsigned char)quote || x == '\\' || (x == '\'' && c->both))
		buf_printf(out, "\\%c", (char)x);
	else if (x == '\n' || x == '\r' || x == '\t')
		buf_str(out, x == '\n' ? "\\n" : x == '\r' ? "\\r" : "\\t");
	else if (x >= ' ' && x < 0x7f)
		buf_char(out, (char)x);
	else if (x < 0x80 || c->bytes || (x < 0x100 && (c->ascii || !is_printable(x))))
		buf_printf(out, "\\x%02x", x);
	else if (!c->ascii && is_printable(x))
		buf_codepoint(out, x);
	else
		buf_printf(out, x > 0xffff ? "\\U%08x" : "\\u%04x", x);
}

static void put_quoted(struct repr *r, const struct chars *c, addr_t obj)
{
	uint64_t shown = min_of(c->n, r->lim->chars);
	uint8_t *text = malloc(shown * c->width + 1);
	char quote;

	if (!text || !target_read(c->py->t, c->at, text, shown * c->width)) {
		free(text);
		repr_unknown(r, obj);
		return;
	}
	quote = quote_of(c, shown, text);
	buf_char(r->out, quote);
	for (uint64_t i = 0; i < shown; i++)
		put_character(c, character(text + i * c->width, c->width), quote, r->out);
	buf_char(r->out, quote);
	if (shown < c->n)
		buf_printf(r->out, "... %llu more", (unsigned long long)(c->n - shown));
	free(text);
}

void repr_quoted(struct repr *r, addr_t at, uint64_t n, unsigned width, bool unicode, addr_t obj)
{
	bool old = r->py->known[K_string27] != 0;
	struct chars c = {r->py, at, n, width, !unicode, unicode && old, false};

	buf_str(r->out, unicode && old ? "u" : "");
	put_quoted(r, &c, obj);
}

void repr_str(struct repr *r, addr_t obj)
{
	struct python_characters at;

	if (python_characters(r->py, obj, &at))
		repr_quoted(r, at.at, at.n, at.width, true, obj);
	else
		repr_unknown(r, obj);
}

void repr_bytes(struct repr *r, addr_t obj)
{
	bool old = r->py->known[K_string27] != 0;
	enum field_id f = old ? F_string27_ob_sval : F_bytes_ob_sval;
	int64_t n = peek_size(r->py, obj);
	struct chars c = {r->py, obj + r->py->L.f[f].offset, n, 1, true, false, false};

	if (n < 0) {
		repr_unknown(r, obj);
		return;
	}
	buf_str(r->out, old ? "" : "b");
	put_quoted(r, &c, obj);
}

void repr_bytearray(struct repr *r, addr_t obj)
{
	const struct python *py = r->py;
	addr_t at = peek_ptr(py, obj,
			     layout_has(&py->L, F_bytearray_ob_start) ? F_bytearray_ob_start
								      : F_bytearray_ob_bytes);
	int64_t n = peek_size(py, obj);
	struct chars c = {py, at, n, 1, true, false, true};

	if (n < 0 || (n && !at)) {
		repr_unknown(r, obj);
		return;
	}
	buf_str(r->out, "bytearray(b");
	put_quoted(r, &c, obj);
	buf_char(r->out, ')');
}
