/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/labels.h"
#include "heap/values.h"
#include "heap/walk.h"

#define NAME_MAX_CHARS 4096
#define DIGITS_MAX     64 /* of 30 bits: longer ints are not written as literals */
#define LITERAL_DEPTH  3  /* tuples in tuples as keys */

bool value_name(const struct heap *h, addr_t addr, struct buf *out)
{
	return addr && python_string(h->py, addr, NAME_MAX_CHARS, out);
}

bool value_is_str(const struct heap *h, addr_t addr)
{
	struct object o;

	return object_load(h->tt, addr, &o) && (o.type->addr == h->py->known[K_unicode] ||
						o.type->addr == h->py->known[K_string27]);
}

/* Text between quotes as repr() does it: the quote that the text does not have. */
static void add_quoted(const char *s, size_t n, struct buf *out)
{
	char quote = memchr(s, '\'', n) && !memchr(s, '"', n) ? '"' : '\'';

	buf_char(out, quote);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == (unsigned char)quote || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_str(out, "\\n");
		else if (c == '\t')
			buf_str(out, "\\t");
		else if (c == '\r')
			buf_str(out, "\\r");
		else if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_char(out, (char)c);
	}
	buf_char(out, quote);
}

static bool literal_str(const struct heap *h, const struct object *o, size_t max, struct buf *out)
{
	struct buf text = {0};
	bool ok = python_string(h->py, o->addr, max + 1, &text);
	uint64_t n = 0;

	if (ok && object_length(h->c, o, &n)) {
		if (layout_has(h->c->L, F_unicode27_str) &&
		    o->type->addr == h->py->known[K_unicode])
			buf_char(out, 'u');
		add_quoted(buf_text(&text), text.n, out);
		if (n > max)
			buf_str(out, "...");
	}
	buf_release(&text);
	return ok && n <= max;
}

/* Digits of an int, least significant first, and its sign. @return how many, 0 for zero, -1 if it
 * cannot be. */
static int64_t int_digits(const struct heap *h, const struct object *o, const uint8_t **digits,
			  bool *negative)
{
	const struct layout *L = h->c->L;
	uint32_t first = (uint32_t)L->f[F_long_ob_digit].offset;
	uint64_t n;

	if (layout_has(L, F_long_lv_tag)) {
		uint64_t tag = field_u64(L, o->at, F_long_lv_tag);

		n = tag >> L->c[C_LONG_NON_SIZE_BITS];
		*negative = (tag & L->c[C_LONG_SIGN_MASK]) == 2;
		if ((tag & L->c[C_LONG_SIGN_MASK]) == 1)
			n = 0;
	} else {
		int64_t size = (int64_t)load64(o->at + L->f[F_varobject_ob_size].offset);

		*negative = size < 0;
		n = size < 0 ? -(uint64_t)size : (uint64_t)size;
	}
	if (n > DIGITS_MAX)
		return -1;
	*digits = image_at(h->im, o->addr + first, n * 4);
	return *digits ? (int64_t)n : -1;
}

static bool literal_int(const struct heap *h, const struct object *o, struct buf *out)
{
	const uint8_t *digits;
	bool negative;
	int64_t n = int_digits(h, o, &digits, &negative);
	uint32_t limbs[DIGITS_MAX + 1] = {0};
	char text[DIGITS_MAX * 10 + 2];
	size_t at = sizeof(text) - 1;
	unsigned count = 0;

	if (n < 0)
		return false;
	for (int64_t i = 0; i < n; i++) /* 30-bit digits to 32-bit limbs */
		for (unsigned b = 0; b < 30; b++)
			if (load32(digits + i * 4) >> b & 1)
				limbs[(i * 30 + b) / 32] |= 1u << ((i * 30 + b) % 32);
	count = (unsigned)(n * 30 + 31) / 32;
	text[at] = 0;
	do {
		uint64_t rest = 0;

		for (unsigned i = count; i-- > 0;) {
			rest = rest << 32 | limbs[i];
			limbs[i] = (uint32_t)(rest / 10);
			rest %= 10;
		}
		text[--at] = (char)('0' + rest);
		while (count && !limbs[count - 1])
			count--;
	} while (count);
	buf_printf(out, "%s%s", negative ? "-" : "", text + at);
	return true;
}

static bool literal_bytes(const struct heap *h, const struct object *o, size_t max, struct buf *out)
{
	const struct layout *L = h->c->L;
	uint64_t n = load64(o->at + L->f[F_varobject_ob_size].offset), shown = min_of(n, max);
	const uint8_t *at =
	    image_at(h->im, o->addr + (uint32_t)L->f[F_bytes_ob_sval].offset, shown);

	if (!at)
		return false;
	buf_str(out, "b'");
	for (uint64_t i = 0; i < shown; i++)
		if (at[i] < 0x20 || at[i] > 0x7e || at[i] == '\'' || at[i] == '\\')
			buf_printf(out, "\\x%02x", at[i]);
		else
			buf_char(out, (char)at[i]);
	buf_str(out, n > max ? "'..." : "'");
	return n <= max;
}

/* How much is written; "exact" is what a literal must be. */
struct limits {
	size_t length;
	unsigned depth, elements;
};
static bool literal_at(const struct heap *h, addr_t addr, struct limits lim, struct buf *out);

static void add_fallback(const struct heap *h, addr_t addr, struct buf *out)
{
	struct object o;

	buf_printf(out, "<%s at 0x%llx>", object_load(h->tt, addr, &o) ? o.type->name : "object",
		   (unsigned long long)addr);
}

/* An element: what cannot be written is named, and then the whole is no literal. */
static bool add_element(const struct heap *h, addr_t addr, struct limits lim, struct buf *out)
{
	struct buf text = {0};
	bool exact = literal_at(h, addr, lim, &text);

	if (text.n)
		buf_str(out, buf_text(&text));
	else
		add_fallback(h, addr, out);
	buf_release(&text);
	return exact;
}

static bool literal_items(const struct heap *h, addr_t items, uint64_t n, const char *brackets,
			  struct limits lim, struct buf *out)
{
	uint64_t shown = min_of(n, lim.elements);
	const uint8_t *at = image_at(h->im, items, shown * 8);
	bool exact = lim.depth && shown == n;

	if (!at && n)
		return false;
	buf_char(out, brackets[0]);
	if (!lim.depth && n)
		buf_str(out, "...");
	lim.depth -= lim.depth > 0;
	for (uint64_t i = 0; i < shown && (exact || lim.depth || i) && buf_ok(out); i++) {
		exact &= add_element(h, load64(at + i * 8), lim, out);
		buf_str(out, i + 1 < n ? ", " : n == 1 && brackets[0] == '(' ? "," : "");
		if (out->n > lim.length * 4 && i + 1 < n) {
			shown = i + 1;
			exact = false;
		}
	}
	buf_str(out, shown < n ? "..." : "");
	buf_char(out, brackets[1]);
	return exact;
}

struct dict_text {
	const struct heap *h;
	struct limits lim;
	struct buf *out;
	uint64_t n;
	bool exact;
};

static bool add_entry(void *arg, const struct edge *e)
{
	struct dict_text *d = arg;

	if (e->kind != EDGE_VALUE)
		return true;
	buf_str(d->out, d->n++ ? ", " : "");
	if (d->n > d->lim.elements) {
		buf_str(d->out, "...");
		return d->exact = false;
	}
	d->exact &= add_element(d->h, e->aux, d->lim, d->out);
	buf_str(d->out, ": ");
	d->exact &= add_element(d->h, e->to, d->lim, d->out);
	return buf_ok(d->out);
}

static bool literal_dict(const struct heap *h, const struct object *o, struct limits lim,
			 struct buf *out)
{
	struct dict_text d = {.h = h, .lim = lim, .out = out, .exact = lim.depth > 0};
	uint64_t n;

	buf_char(out, '{');
	if (d.lim.depth)
		d.lim.depth--;
	if (lim.depth)
		edges_each(h, o, add_entry, &d);
	else if (object_length(h->c, o, &n) && n)
		buf_str(out, "...");
	buf_char(out, '}');
	return d.exact;
}

static bool singleton(const struct heap *h, addr_t addr, struct buf *out)
{
	static const struct {
		enum known_id id;
		const char *text;
	} known[] = {
	    {K_none, "None"}, {K_true, "True"}, {K_false, "False"}, {K_ellipsis, "Ellipsis"}};

	for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
		if (addr && addr == h->py->known[known[i].id]) {
			buf_str(out, known[i].text);
			return true;
		}
	return false;
}

/* The recursion ends after lim.depth containers in each other. */
static bool literal_at(const struct heap *h, addr_t addr, struct limits lim, struct buf *out)
{
	const addr_t *known = h->py->known;
	const struct layout *L = h->c->L;
	struct object o;
	addr_t type;

	if (singleton(h, addr, out))
		return true;
	if (!object_load(h->tt, addr, &o))
		return false;
	type = o.type->addr;
	if (type == known[K_unicode] || type == known[K_string27])
		return literal_str(h, &o, lim.length, out);
	if (type == known[K_int27] && layout_has(L, F_int27_ob_ival)) {
		buf_printf(out, "%lld", (long long)field_u64(L, o.at, F_int27_ob_ival));
		return true;
	}
	if (type == known[K_long])
		return literal_int(h, &o, out);
	if (type == known[K_bytes] && layout_has(L, F_bytes_ob_sval))
		return literal_bytes(h, &o, lim.length, out);
	if (type == known[K_tuple])
		return literal_items(h, addr + (uint32_t)L->f[F_tuple_ob_item].offset,
				     load64(o.at + L->f[F_varobject_ob_size].offset), "()", lim,
				     out);
	if (type == known[K_list])
		return literal_items(h, field_u64(L, o.at, F_list_ob_item),
				     load64(o.at + L->f[F_varobject_ob_size].offset), "[]", lim,
				     out);
	if (type == known[K_dict])
		return literal_dict(h, &o, lim, out);
	return false;
}

bool value_literal(const struct heap *h, addr_t addr, struct buf *out)
{
	struct buf text = {0};
	bool ok = literal_at(h, addr, (struct limits){NAME_MAX_CHARS, LITERAL_DEPTH, 64}, &text);

	if (ok)
		buf_str(out, buf_text(&text));
	buf_release(&text);
	return ok;
}

void value_text(const struct heap *h, addr_t addr, size_t length, unsigned depth, unsigned elements,
		struct buf *out)
{
	add_element(h, addr, (struct limits){length, depth, elements}, out);
}

void value_brief(const struct heap *h, addr_t addr, struct buf *out)
{
	value_text(h, addr, VALUE_BRIEF, 1, 4, out);
}

static uint64_t length_of_str(const struct typectx *c, const struct object *o)
{
	const struct layout *L = c->L;

	if (layout_has(L, F_unicode27_length))
		return field_u64(L, o->at, F_unicode27_length);
	if (layout_has(L, F_ascii_ready) && !field_uint(L, o->at, F_ascii_ready))
		return field_u64(L, o->at, F_compact_wstr_length);
	return field_u64(L, o->at, F_ascii_length);
}

/* Of the types that no flag marks. */
static bool length_by_base(const struct typectx *c, const struct object *o, uint64_t *n)
{
	const struct layout *L = c->L;
	const addr_t *known = c->py->known;

	for (const struct typeinfo *ti = o->type; ti; ti = ti->base) {
		if (ti->addr == known[K_set] || ti->addr == known[K_frozenset])
			*n = field_u64(L, o->at, F_set_used);
		else if (ti->addr == known[K_bytearray] || !strcmp(ti->name, "array.array"))
			*n = field_u64(L, o->at, F_varobject_ob_size);
		else if (!strcmp(ti->name, "collections.deque"))
			*n = field_u64(L, o->at,
				       layout_has(L, F_deque_len) ? F_deque_len
								  : F_varobject_ob_size);
		else
			continue;
		return *n < 1ull << 46;
	}
	return false;
}

bool object_length(const struct typectx *c, const struct object *o, uint64_t *n)
{
	const struct layout *L = c->L;
	const struct typeinfo *ti = o->type;
	uint64_t f = ti->flags;

	if (f & L->c[C_TPFLAGS_UNICODE_SUBCLASS])
		*n = length_of_str(c, o);
	else if (f & (L->c[C_TPFLAGS_LIST_SUBCLASS] | L->c[C_TPFLAGS_TUPLE_SUBCLASS] |
		      L->c[C_TPFLAGS_BYTES_SUBCLASS]))
		*n = field_u64(L, o->at, F_varobject_ob_size);
	else if (f & L->c[C_TPFLAGS_DICT_SUBCLASS])
		*n = field_u64(L, o->at,
			       layout_has(L, F_dict27_ma_mask) ? F_dict27_ma_used : F_dict_ma_used);
	else
		return length_by_base(c, o, n);
	return *n < 1ull << 46;
}
