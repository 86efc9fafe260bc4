/* SPDX-License-Identifier: Apache-2.0 */
#include "types/peek.h"

#define BASES_MAX 200 /* longer chains of tp_base are a lie */

static const struct layout *layout_of(const struct python *py)
{
	return &py->L;
}

bool peek_field(const struct python *py, addr_t at, enum field_id f, uint64_t *out)
{
	const struct field *k = &py->L.f[f];
	uint8_t raw[8] = {0};
	uint64_t v;

	if (!at || k->offset < 0 || k->size > 8 || !k->size)
		return false;
	if (!target_read(py->t, at + k->offset, raw, k->size))
		return false;
	v = load64(raw);
	*out = k->bit_size ? v >> k->bit_pos & ((1ull << k->bit_size) - 1) : v;
	return true;
}

addr_t peek_ptr(const struct python *py, addr_t at, enum field_id f)
{
	uint64_t v;

	return peek_field(py, at, f, &v) ? v : 0;
}

int64_t peek_int(const struct python *py, addr_t at, enum field_id f, int64_t otherwise)
{
	uint64_t v;

	if (!peek_field(py, at, f, &v))
		return otherwise;
	switch (py->L.f[f].size) {
	case 1:
		return (int8_t)v;
	case 2:
		return (int16_t)v;
	case 4:
		return (int32_t)v;
	}
	return (int64_t)v;
}

addr_t peek_type(const struct python *py, addr_t obj)
{
	return obj & 7 ? 0 : peek_ptr(py, obj, F_object_ob_type);
}

bool peek_is(const struct python *py, addr_t obj, enum known_id type)
{
	return py->known[type] && peek_type(py, obj) == py->known[type];
}

int64_t peek_size(const struct python *py, addr_t obj)
{
	int64_t n = peek_int(py, obj, F_varobject_ob_size, -1);

	return n < 0 || n > INT64_MAX / 32 ? -1 : n;
}

addr_t peek_item(const struct python *py, addr_t sequence, int64_t index)
{
	addr_t items = 0, item;

	if (index < 0 || index >= peek_size(py, sequence))
		return 0;
	if (peek_subtype(py, peek_type(py, sequence), py->known[K_tuple]))
		items = sequence + layout_of(py)->f[F_tuple_ob_item].offset;
	else if (peek_subtype(py, peek_type(py, sequence), py->known[K_list]))
		items = peek_ptr(py, sequence, F_list_ob_item);
	if (!items || !target_read_u64(py->t, items + 8 * index, &item))
		return 0;
	return item;
}

/* Digits of 15 or 30 bits, the lowest first. */
static bool digits_to_int64(const struct python *py, addr_t obj, uint64_t n, bool negative,
			    int64_t *out)
{
	addr_t digits = obj + layout_of(py)->f[F_long_ob_digit].offset;
	unsigned __int128 v = 0;

	if (n > 3)
		return false;
	for (uint64_t i = n; i-- > 0;) {
		uint32_t digit;

		if (!target_read_u32(py->t, digits + 4 * i, &digit))
			return false;
		v = v << layout_of(py)->c[C_LONG_SHIFT] | digit;
	}
	if (v > (unsigned __int128)INT64_MAX)
		return false;
	*out = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

bool peek_int64(const struct python *py, addr_t obj, int64_t *out)
{
	const struct layout *L = layout_of(py);
	addr_t type = peek_type(py, obj);
	uint64_t tag, v;
	int64_t n;

	if (py->known[K_int27] && peek_subtype(py, type, py->known[K_int27])) {
		if (!peek_field(py, obj, F_int27_ob_ival, &v))
			return false;
		*out = (int64_t)v;
		return true;
	}
	if (!peek_subtype(py, type, py->known[K_long]))
		return false;
	if (peek_field(py, obj, F_long_lv_tag, &tag))
		return digits_to_int64(py, obj, tag >> L->c[C_LONG_NON_SIZE_BITS],
				       (tag & L->c[C_LONG_SIGN_MASK]) == 2, out);
	n = peek_int(py, obj, F_varobject_ob_size, INT64_MAX);
	return n > -4 && n < 4 && digits_to_int64(py, obj, n < 0 ? -n : n, n < 0, out);
}

bool peek_class(const struct python *py, addr_t type, struct peek_class *out)
{
	struct peek_class c = {.base = peek_ptr(py, type, F_type_tp_base)};

	if (!peek_field(py, type, F_type_tp_flags, &c.flags))
		return false;
	c.basicsize = peek_int(py, type, F_type_tp_basicsize, -1);
	c.itemsize = peek_int(py, type, F_type_tp_itemsize, -1);
	c.dictoffset = peek_int(py, type, F_type_tp_dictoffset, 0);
	if (c.basicsize <= 0 || c.basicsize > 1 << 20 || c.itemsize < 0 || c.itemsize > 1 << 20)
		return false;
	if (c.flags & layout_of(py)->c[C_TPFLAGS_HEAPTYPE])
		c.cached_keys = peek_ptr(py, type, F_heaptype_ht_cached_keys);
	*out = c;
	return true;
}

bool peek_subtype(const struct python *py, addr_t type, addr_t of)
{
	if (!of)
		return false;
	for (int i = 0; type && i < BASES_MAX; i++) {
		if (type == of)
			return true;
		type = peek_ptr(py, type, F_type_tp_base);
	}
	return false;
}

bool peek_string_is(const struct python *py, addr_t str, const char *text)
{
	struct buf b = {0};
	bool same = python_string(py, str, strlen(text) + 1, &b) && !strcmp(buf_text(&b), text);

	buf_release(&b);
	return same;
}

addr_t peek_dict_value(const struct python *py, addr_t dict, const char *key)
{
	struct peek_items it;
	addr_t k, v;

	if (!peek_items_of_dict(py, dict, &it))
		return 0;
	while (peek_items_next(&it, &k, &v))
		if (peek_string_is(py, k, key))
			return v;
	return 0;
}
