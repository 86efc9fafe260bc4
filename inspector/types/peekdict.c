/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dicts and instance attributes by point reads, in insertion order. The forms, by the fields that a
 * version has: an open table (2.7), keys with dk_size (3.6 to 3.10), keys with dk_log2_size (3.11
 * and later); the values in the entries, or beside them (split), or inside the instance.
 */
#include "types/peek.h"

#define ENTRIES_MAX (1ull << 40)
#define LOG2_MAX    40
#define PREFIX_BYTES                                                                               \
	3 /* before 3.13: the order bytes run backwards from values[-3]; values[-2] is their count \
	   */

static bool peek_byte(const struct python *py, addr_t at, uint8_t *out)
{
	return target_read(py->t, at, out, 1);
}

static bool open_table(const struct python *py, addr_t dict, struct peek_items *it)
{
	uint64_t mask;

	if (!peek_field(py, dict, F_dict27_ma_mask, &mask) || mask >= ENTRIES_MAX)
		return false;
	it->entries = peek_ptr(py, dict, F_dict27_ma_table);
	it->n = mask + 1;
	it->stride = py->L.size[S_dictentry27];
	it->key_at = py->L.f[F_dictentry27_me_key].offset;
	it->value_at = py->L.f[F_dictentry27_me_value].offset;
	return it->entries && it->stride;
}

/* Where the entries of a keys table begin. 0: it makes no sense. */
static addr_t entries_at(const struct python *py, addr_t keys)
{
	addr_t at = keys + py->L.f[F_dictkeys_dk_indices].offset;
	uint64_t log2, size;

	if (peek_field(py, keys, F_dictkeys_dk_log2_index_bytes, &log2))
		return log2 <= LOG2_MAX ? at + (1ull << log2) : 0;
	if (!peek_field(py, keys, F_dictkeys_dk_size, &size) || size > ENTRIES_MAX)
		return 0;
	return at + size * (size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8);
}

static bool keys_table(const struct python *py, addr_t keys, struct peek_items *it)
{
	uint64_t kind = 0;
	bool unicode;

	if (!keys || !peek_field(py, keys, F_dictkeys_dk_nentries, &it->n) || it->n > ENTRIES_MAX)
		return false;
	it->entries = entries_at(py, keys);
	unicode =
	    peek_field(py, keys, F_dictkeys_dk_kind, &kind) && kind != py->L.c[C_DICT_KEYS_GENERAL];
	it->stride = py->L.size[unicode ? S_dictunicodeentry : S_dictentry];
	it->key_at = py->L.f[unicode ? F_dictunicodeentry_me_key : F_dictentry_me_key].offset;
	it->value_at = py->L.f[unicode ? F_dictunicodeentry_me_value : F_dictentry_me_value].offset;
	return it->entries && it->stride;
}

/* `values` is a PyDictValues (3.11 and later) or a plain array of values. */
static bool beside(const struct python *py, addr_t values, struct peek_items *it)
{
	uint8_t size = 0, capacity;
	addr_t first = values;

	if (!layout_has(&py->L, F_dictvalues_values)) {
		it->values = values;
		return true;
	}
	first += py->L.f[F_dictvalues_values].offset;
	if (layout_has(&py->L, F_dictvalues_capacity)) {
		if (!peek_byte(py, values + py->L.f[F_dictvalues_capacity].offset, &capacity) ||
		    !peek_byte(py, values + py->L.f[F_dictvalues_size].offset, &size) ||
		    size > capacity)
			return false;
		it->order = first + 8 * capacity;
		it->order_step = 1;
	} else {
		if (!peek_byte(py, values - 2, &size))
			return false;
		it->order = values - PREFIX_BYTES;
		it->order_step = -1;
	}
	if (size > it->n)
		return false;
	it->n = size;
	it->values = first;
	return true;
}

bool peek_items_of_dict(const struct python *py, addr_t dict, struct peek_items *out)
{
	struct peek_items it = {.py = py};
	addr_t values;

	if (!peek_subtype(py, peek_type(py, dict), py->known[K_dict]))
		return false;
	if (layout_has(&py->L, F_dict27_ma_mask)) {
		if (!open_table(py, dict, &it))
			return false;
	} else {
		if (!keys_table(py, peek_ptr(py, dict, F_dict_ma_keys), &it))
			return false;
		values = peek_ptr(py, dict, F_dict_ma_values);
		if (values && !beside(py, values, &it))
			return false;
	}
	*out = it;
	return true;
}

/* Where an instance's dict pointer lies, for classes that keep it at tp_dictoffset; 0 if nowhere.
 */
static addr_t dict_slot(const struct python *py, addr_t obj, const struct peek_class *c)
{
	int64_t n;

	if (c->dictoffset > 0)
		return obj + c->dictoffset;
	if (!c->dictoffset)
		return 0;
	n = peek_int(py, obj, F_varobject_ob_size, 0);
	if (n == INT64_MIN)
		return 0;
	n = n < 0 ? -n : n;
	if (n > (1ll << 40))
		return 0;
	return obj + round_up(c->basicsize + n * c->itemsize, 8) + c->dictoffset;
}

static bool inline_values(const struct python *py, addr_t obj, const struct peek_class *c,
			  struct peek_items *it)
{
	addr_t values = obj + c->basicsize;
	uint64_t valid;

	return (c->flags & py->L.c[C_TPFLAGS_INLINE_VALUES]) &&
	       peek_field(py, values, F_dictvalues_valid, &valid) && valid &&
	       keys_table(py, c->cached_keys, it) && beside(py, values, it);
}

/* A managed dict lies before the object: the values, a tagged pointer to them, or a dict. */
static bool managed(const struct python *py, addr_t obj, const struct peek_class *c,
		    struct peek_items *it)
{
	const struct layout *L = &py->L;
	uint64_t word, values = 0;

	if (layout_has_const(L, C_TPFLAGS_INLINE_VALUES) && inline_values(py, obj, c, it))
		return true;
	if (!target_read_u64(py->t, obj + 8 * (int64_t)L->c[C_PRE_DICT_WORD], &word))
		return false;
	if (layout_has_const(L, C_PRE_VALUES_WORD) &&
	    !target_read_u64(py->t, obj + 8 * (int64_t)L->c[C_PRE_VALUES_WORD], &values))
		return false;
	if (layout_has_const(L, C_PRE_DICT_VALUES_TAG) && word & L->c[C_PRE_DICT_VALUES_TAG])
		values = word + 1;
	if (values)
		return keys_table(py, c->cached_keys, it) && beside(py, values, it);
	return word && peek_items_of_dict(py, word, it);
}

/* 2.7's instances of classes without a base. */
static bool classic_instance(const struct python *py, addr_t obj, addr_t type,
			     struct peek_items *it)
{
	return py->known[K_instance27] && type == py->known[K_instance27] &&
	       peek_items_of_dict(py, peek_ptr(py, obj, F_instance27_in_dict), it);
}

bool peek_items_of_instance(const struct python *py, addr_t obj, struct peek_items *out)
{
	struct peek_items it = {.py = py};
	addr_t type = peek_type(py, obj), slot;
	struct peek_class c;
	uint64_t dict;

	if (classic_instance(py, obj, type, out))
		return true;
	if (!type || !peek_class(py, type, &c))
		return false;
	if (layout_has_const(&py->L, C_TPFLAGS_MANAGED_DICT) &&
	    c.flags & py->L.c[C_TPFLAGS_MANAGED_DICT]) {
		if (!managed(py, obj, &c, &it))
			return false;
		*out = it;
		return true;
	}
	slot = dict_slot(py, obj, &c);
	return slot && target_read_u64(py->t, slot, &dict) && dict &&
	       peek_items_of_dict(py, dict, out);
}

static bool read_pair(struct peek_items *it, uint64_t i, addr_t *key, addr_t *value)
{
	const struct python *py = it->py;
	addr_t entry;
	uint8_t at;

	if (it->order) {
		if (!peek_byte(py, it->order + it->order_step * (int64_t)i, &at))
			return false;
		i = at;
	}
	entry = it->entries + i * it->stride;
	return target_read_u64(py->t, entry + it->key_at, key) &&
	       target_read_u64(py->t, it->values ? it->values + 8 * i : entry + it->value_at,
			       value);
}

bool peek_items_next(struct peek_items *it, addr_t *key, addr_t *value)
{
	addr_t k, v;

	while (it->next < it->n) {
		if (!read_pair(it, it->next++, &k, &v)) {
			it->next = it->n;
			return false;
		}
		if (k && v) {
			*key = k;
			*value = v;
			return true;
		}
	}
	return false;
}

int64_t peek_dict_size(const struct python *py, addr_t dict)
{
	return peek_int(
	    py, dict, layout_has(&py->L, F_dict27_ma_used) ? F_dict27_ma_used : F_dict_ma_used, -1);
}
