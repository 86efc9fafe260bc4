/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include "cmd/plain.h"
#include "heap/labels.h"
#include "out/out.h"
#include "types/peek.h"
#include "types/repr.h"

#define DEPTH_MAX 32 /* containers in each other; deeper ones are objects */
#define CHUNK	  4096

struct plain_text {
	const struct heap *h;
	const struct python *py;
	struct buf *out;
	size_t end; /* where it is too much */
	addr_t above[DEPTH_MAX]; /* containers that we are inside of */
	unsigned depth;
	enum plain how;
};

static void put_value(struct plain_text *n, addr_t addr);

static bool goes_on(struct plain_text *n)
{
	if (n->how == PLAIN_WHOLE && n->out->n > n->end)
		n->how = PLAIN_TOO_LARGE;
	return n->how == PLAIN_WHOLE && buf_ok(n->out);
}

static void unreadable(struct plain_text *n)
{
	if (n->how == PLAIN_WHOLE)
		n->how = PLAIN_UNREADABLE;
}

/* ---- numbers ---- */

static void put_double(struct plain_text *n, double v)
{
	if (!isfinite(v))
		buf_str(n->out, "{\"float\": \"");
	repr_double(v, n->out);
	if (!isfinite(v))
		buf_str(n->out, "\"}");
}

static bool double_at(const struct python *py, addr_t obj, enum field_id f, double *out)
{
	uint64_t bits;

	if (!peek_field(py, obj, f, &bits))
		return false;
	memcpy(out, &bits, sizeof(*out));
	return true;
}

static void put_float(struct plain_text *n, addr_t obj)
{
	double v;

	if (double_at(n->py, obj, F_float_ob_fval, &v))
		put_double(n, v);
	else
		unreadable(n);
}

static void put_complex(struct plain_text *n, addr_t obj)
{
	double re, im;

	if (!double_at(n->py, obj, F_complex_real, &re) || !double_at(n->py, obj, F_complex_imag, &im)) {
		unreadable(n);
		return;
	}
	buf_str(n->out, "{\"complex\": [");
	put_double(n, re);
	buf_str(n->out, ", ");
	put_double(n, im);
	buf_str(n->out, "]}");
}

/* Digits of 15 or 30 bits, the lowest first, as hexadecimal ones, the highest first. */
static void put_hex(struct plain_text *n, addr_t digits, uint64_t count)
{
	static const char hex[] = "0123456789abcdef";
	unsigned shift = (unsigned)n->py->L.c[C_LONG_SHIFT], have = 0;
	struct buf low = {0};
	uint64_t bits = 0;

	for (uint64_t i = 0; i < count && buf_ok(&low); i++) {
		uint32_t digit;

		if (!target_read_u32(n->py->t, digits + 4 * i, &digit)) {
			unreadable(n);
			break;
		}
		bits |= (uint64_t)digit << have;
		for (have += shift; have >= 4; have -= 4, bits >>= 4)
			buf_char(&low, hex[bits & 15]);
	}
	buf_char(&low, hex[bits & 15]);
	while (low.n)
		buf_char(n->out, low.at[--low.n]);
	n->out->failed |= low.failed;
	buf_release(&low);
}

static void put_int(struct plain_text *n, addr_t obj)
{
	const struct python *py = n->py;
	int64_t v, size;
	uint64_t tag;
	bool negative;

	if (peek_int64(py, obj, &v)) {
		buf_printf(n->out, "%lld", (long long)v);
		return;
	}
	if (peek_field(py, obj, F_long_lv_tag, &tag)) {
		negative = (tag & py->L.c[C_LONG_SIGN_MASK]) == 2;
		tag >>= py->L.c[C_LONG_NON_SIZE_BITS];
	} else {
		size = peek_int(py, obj, F_varobject_ob_size, 0);
		negative = size < 0;
		tag = size < 0 ? -(uint64_t)size : (uint64_t)size;
	}
	if (tag > PLAIN_MAX / 8) {
		n->how = PLAIN_TOO_LARGE;
		return;
	}
	buf_printf(n->out, "{\"int\": \"%s0x", negative ? "-" : "");
	put_hex(n, obj + py->L.f[F_long_ob_digit].offset, tag);
	buf_str(n->out, "\"}");
}

/* ---- text ---- */

static uint32_t character(const uint8_t *p, unsigned width)
{
	return width == 1 ? load8(p) : width == 2 ? load16(p) : load32(p);
}

static void put_character(struct buf *out, uint32_t c)
{
	if (c == '"' || c == '\\')
		buf_printf(out, "\\%c", (char)c);
	else if (c >= ' ' && c < 0x7f)
		buf_char(out, (char)c);
	else if (c <= 0xffff)
		buf_printf(out, "\\u%04x", c);
	else
		buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));
}

static bool is_pair(uint32_t a, uint32_t b)
{
	return a >= 0xd800 && a < 0xdc00 && b >= 0xdc00 && b < 0xe000;
}

/* Where there are two halves of a character that are not meant to be one, as numbers. */
static void put_characters(struct plain_text *n, const uint8_t *text, uint64_t count, unsigned width)
{
	bool apart = false;

	for (uint64_t i = 0; i + 1 < count && width == 4; i++)
		apart |= is_pair(character(text + i * 4, 4), character(text + i * 4 + 4, 4));
	buf_str(n->out, apart ? "{\"codepoints\": [" : "\"");
	for (uint64_t i = 0; i < count && goes_on(n); i++) {
		uint32_t c = character(text + i * width, width);

		if (apart)
			buf_printf(n->out, "%s%u", i ? ", " : "", c);
		else
			put_character(n->out, c);
	}
	buf_str(n->out, apart ? "]}" : "\"");
}

static void put_str(struct plain_text *n, addr_t obj)
{
	struct python_characters ch;
	uint8_t *text;

	if (!python_characters(n->py, obj, &ch)) {
		unreadable(n);
		return;
	}
	if (ch.n > PLAIN_MAX) {
		n->how = PLAIN_TOO_LARGE;
		return;
	}
	text = malloc(ch.n * ch.width + 1);
	n->out->failed |= !text;
	if (text && target_read(n->py->t, ch.at, text, ch.n * ch.width))
		put_characters(n, text, ch.n, ch.width);
	else
		unreadable(n);
	free(text);
}

static void put_bytes_at(struct plain_text *n, const char *kind, addr_t at, int64_t size)
{
	uint8_t some[CHUNK];

	if (size < 0 || (size && !at)) {
		unreadable(n);
		return;
	}
	buf_printf(n->out, "{\"%s\": \"", kind);
	for (int64_t i = 0; i < size && goes_on(n); i += CHUNK) {
		size_t now = (size_t)min_of(size - i, CHUNK);

		if (!target_read(n->py->t, at + i, some, now))
			unreadable(n);
		for (size_t k = 0; k < now && n->how == PLAIN_WHOLE; k++)
			buf_printf(n->out, "%02x", some[k]);
	}
	buf_str(n->out, "\"}");
}

static void put_bytes(struct plain_text *n, addr_t obj)
{
	put_bytes_at(n, "bytes", obj + n->py->L.f[F_bytes_ob_sval].offset, peek_size(n->py, obj));
}

static void put_string27(struct plain_text *n, addr_t obj)
{
	put_bytes_at(n, "bytes", obj + n->py->L.f[F_string27_ob_sval].offset, peek_size(n->py, obj));
}

static void put_bytearray(struct plain_text *n, addr_t obj)
{
	bool start = layout_has(&n->py->L, F_bytearray_ob_start);

	put_bytes_at(n, "bytearray", peek_ptr(n->py, obj, start ? F_bytearray_ob_start : F_bytearray_ob_bytes),
		     peek_size(n->py, obj));
}

/* ---- containers ---- */

static void put_items(struct plain_text *n, addr_t obj)
{
	int64_t count = peek_size(n->py, obj);

	if (count < 0)
		unreadable(n);
	buf_char(n->out, '[');
	for (int64_t i = 0; i < count && goes_on(n); i++) {
		buf_str(n->out, i ? ", " : "");
		put_value(n, peek_item(n->py, obj, i));
	}
	buf_char(n->out, ']');
}

static void put_list(struct plain_text *n, addr_t obj)
{
	put_items(n, obj);
}

static void put_tuple(struct plain_text *n, addr_t obj)
{
	buf_str(n->out, "{\"tuple\": ");
	put_items(n, obj);
	buf_char(n->out, '}');
}

static void put_dict(struct plain_text *n, addr_t obj)
{
	int64_t count = 0, used = peek_dict_size(n->py, obj);
	struct peek_items it;
	addr_t key, value;

	if (!peek_items_of_dict(n->py, obj, &it)) {
		unreadable(n);
		return;
	}
	buf_str(n->out, "{\"dict\": [");
	for (; goes_on(n) && peek_items_next(&it, &key, &value); count++) {
		buf_str(n->out, count ? ", [" : "[");
		put_value(n, key);
		buf_str(n->out, ", ");
		put_value(n, value);
		buf_char(n->out, ']');
	}
	if (count != used)
		unreadable(n);
	buf_str(n->out, "]}");
}

struct members {
	struct plain_text *n;
	int64_t count;
};

static bool put_member(void *arg, const struct edge *e)
{
	struct members *m = arg;

	if (e->kind != EDGE_KEY)
		return true;
	buf_str(m->n->out, m->count++ ? ", " : "");
	put_value(m->n, e->to);
	return goes_on(m->n);
}

static void put_members(struct plain_text *n, addr_t obj, const char *kind)
{
	struct members m = {.n = n};
	struct object o;

	buf_printf(n->out, "{\"%s\": [", kind);
	if (heap_object(n->h, obj, &o))
		edges_each(n->h, &o, put_member, &m);
	if (m.count != peek_int(n->py, obj, F_set_used, -1))
		unreadable(n);
	buf_str(n->out, "]}");
}

static void put_set(struct plain_text *n, addr_t obj)
{
	put_members(n, obj, "set");
}

static void put_frozenset(struct plain_text *n, addr_t obj)
{
	put_members(n, obj, "frozenset");
}

/* ---- all of them ---- */

static const struct {
	enum known_id type;
	void (*put)(struct plain_text *n, addr_t obj);
	bool holds; /* others */
} values[] = {
    {K_unicode, put_str, false},	 {K_long, put_int, false},
    {K_int27, put_int, false},		 {K_float, put_float, false},
    {K_bytes, put_bytes, false},	 {K_string27, put_string27, false},
    {K_complex, put_complex, false},	 {K_bytearray, put_bytearray, false},
    {K_tuple, put_tuple, true},		 {K_list, put_list, true},
    {K_dict, put_dict, true},		 {K_set, put_set, true},
    {K_frozenset, put_frozenset, true},
};

static bool put_constant(struct plain_text *n, addr_t addr)
{
	const addr_t *known = n->py->known;
	const char *text = addr == known[K_none]    ? "null"
			   : addr == known[K_true]  ? "true"
			   : addr == known[K_false] ? "false"
						    : NULL;

	if (text)
		buf_str(n->out, text);
	return text;
}

static bool is_above(const struct plain_text *n, addr_t addr)
{
	for (unsigned i = 0; i < n->depth; i++)
		if (n->above[i] == addr)
			return true;
	return n->depth == DEPTH_MAX;
}

/* Puts a value of its own; false if it has none. */
static bool put_own(struct plain_text *n, addr_t addr)
{
	addr_t type = peek_type(n->py, addr);

	if (put_constant(n, addr))
		return true;
	for (size_t i = 0; type && i < ARRAY_SIZE(values); i++) {
		if (n->py->known[values[i].type] != type)
			continue;
		if (values[i].holds && is_above(n, addr))
			return false;
		if (values[i].holds)
			n->above[n->depth++] = addr;
		values[i].put(n, addr);
		n->depth -= values[i].holds;
		return true;
	}
	return false;
}

static void put_value(struct plain_text *n, addr_t addr)
{
	struct buf name = {0};

	if (put_own(n, addr))
		return;
	if (!peek_type(n->py, addr)) {
		unreadable(n);
		return;
	}
	type_repr_name(n->py, peek_type(n->py, addr), &name);
	buf_printf(n->out, "{\"object\": %llu, \"type\": ", (unsigned long long)addr);
	out_json_string(n->out, buf_text(&name));
	buf_char(n->out, '}');
	buf_release(&name);
}

enum plain plain_any(const struct heap *h, addr_t addr, size_t max, struct buf *out)
{
	struct buf text = {0};
	struct plain_text n = {.h = h, .py = heap_python(h), .out = &text, .end = max};

	put_value(&n, addr);
	goes_on(&n);
	out->failed |= text.failed;
	if (n.how == PLAIN_WHOLE)
		buf_add(out, buf_text(&text), text.n);
	buf_release(&text);
	return n.how;
}

static bool has_value(const struct python *py, addr_t addr)
{
	addr_t type = peek_type(py, addr);
	bool found = addr == py->known[K_none] || addr == py->known[K_true] || addr == py->known[K_false];

	for (size_t i = 0; type && !found && i < ARRAY_SIZE(values); i++)
		found = py->known[values[i].type] == type;
	return found;
}

enum plain plain_value(const struct heap *h, addr_t addr, size_t max, struct buf *out)
{
	return has_value(heap_python(h), addr) ? plain_any(h, addr, max, out) : PLAIN_NONE;
}

void plain_facts(struct out *o, enum plain n, const struct buf *value)
{
	static const char *const reasons[] = {
	    [PLAIN_NONE] = "it is of no builtin type that is a value",
	    [PLAIN_TOO_LARGE] = "it is larger than 1 MiB as JSON",
	    [PLAIN_UNREADABLE] = "a part of it cannot be read",
	};

	if (n == PLAIN_WHOLE)
		out_fact(o, "value", NULL, COL_JSON, (union out_value){.s = buf_text(value)});
	else
		out_fact_str(o, "value_missing", NULL, reasons[n]);
}
