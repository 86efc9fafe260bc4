/* SPDX-License-Identifier: Apache-2.0 */
/* str since 3.3: characters of 1, 2 or 4 bytes behind the struct (compact) or in a buffer of their
 * own. */
#include "types/family.h"

struct str {
	uint64_t length, kind, data; /* data: offset of the characters, 0 = not compact */
	bool compact, ascii, sane;
};

static struct str str_load(const struct typectx *c, const struct object *o)
{
	const struct layout *L = c->L;
	struct str s = {
	    .length = obj_u64(c, o, F_ascii_length),
	    .kind = at_uint(c, o->at, F_ascii_kind),
	    .compact = at_uint(c, o->at, F_ascii_compact),
	    .ascii = at_uint(c, o->at, F_ascii_ascii),
	};

	s.data = !s.compact ? 0 : L->size[s.ascii ? S_ascii : S_compact];
	s.sane = s.length < OWNED_MAX / 4 &&
		 (s.kind == 1 || s.kind == 2 || s.kind == 4 || (!s.kind && !s.compact)) &&
		 (!s.ascii || s.kind == 1) &&
		 ((s.compact && s.ascii) ||
		  image_at(c->im, o->addr, L->size[s.compact ? S_compact : S_unicode]));
	return s;
}

/* The utf8 form that PyUnicode_AsUTF8() leaves behind, when it is not the characters themselves. */
static addr_t utf8_cache(const struct typectx *c, const struct object *o, const struct str *s,
			 uint64_t *len)
{
	addr_t at;

	if (s->compact && s->ascii)
		return 0;
	at = obj_u64(c, o, F_compact_utf8);
	*len = obj_u64(c, o, F_compact_utf8_length) + 1;
	return !s->compact && at == obj_u64(c, o, F_unicode_data) ? 0 : at;
}

/* The wchar_t form (before 3.12), when it is not the characters themselves. */
static addr_t wstr_cache(const struct typectx *c, const struct object *o, const struct str *s,
			 uint64_t *len)
{
	addr_t at;

	if (!has(c, F_ascii_wstr))
		return 0;
	at = obj_u64(c, o, F_ascii_wstr);
	if (!at || (s->compact && at == o->addr + s->data))
		return 0;
	if (!s->compact && s->kind && at == obj_u64(c, o, F_unicode_data))
		return 0;
	*len =
	    ((s->compact && s->ascii ? s->length : obj_u64(c, o, F_compact_wstr_length)) + 1) * 4;
	return at;
}

static uint64_t str_own_bytes(const struct typectx *c, const struct object *o, const struct str *s)
{
	uint64_t chars = (s->length + 1) * s->kind;

	if (s->compact)
		return s->data + chars;
	return c->L->size[S_unicode] + (obj_u64(c, o, F_unicode_data) ? chars : 0);
}

static uint64_t str_size(const struct typectx *c, const struct object *o)
{
	struct str s = str_load(c, o);
	uint64_t n, len = 0;

	if (!s.sane)
		return SIZE_BAD;
	n = str_own_bytes(c, o, &s);
	if (utf8_cache(c, o, &s, &len))
		n += len;
	if (wstr_cache(c, o, &s, &len))
		n += len;
	return n;
}

static uint64_t str_extent(const struct typectx *c, const struct object *o)
{
	struct str s = str_load(c, o);

	if (!s.sane)
		return SIZE_BAD;
	return s.compact ? s.data + (s.length + 1) * s.kind : plain_extent(c, o);
}

static bool str_plausible(const struct typectx *c, const struct object *o)
{
	struct str s = str_load(c, o);

	return s.sane && (!s.compact || image_at(c->im, o->addr + s.data, (s.length + 1) * s.kind));
}

static void str_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	struct str s = str_load(c, o);
	uint64_t len = 0;
	addr_t at;

	if (!s.sane)
		return;
	if (!s.compact)
		own(b, obj_u64(c, o, F_unicode_data), (s.length + 1) * s.kind);
	at = utf8_cache(c, o, &s, &len);
	if (at)
		own(b, at, len);
	at = wstr_cache(c, o, &s, &len);
	if (at)
		own(b, at, len);
}

/* An ASCII string is the smallest form; instances of subclasses have the whole struct. */
static void str_init(const struct typectx *c, struct typeinfo *ti)
{
	if (!ti->heap)
		ti->least = c->L->size[S_ascii];
}

const struct pytype pytype_unicode = {
    .name = "str",
    .type_init = str_init,
    .size = str_size,
    .extent = str_extent,
    .plausible = str_plausible,
    .buffers = str_buffers,
};
