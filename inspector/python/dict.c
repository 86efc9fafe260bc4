/* SPDX-License-Identifier: Apache-2.0 */
#include "python/priv.h"

/* A dict's entries as they lie: key and value `stride` apart; split tables have their values
 * elsewhere. */
struct entries {
	addr_t at;
	uint64_t n;
	uint32_t stride, key, value;
	addr_t values; /* of a split table, else 0 */
};

#define DICT_MAX (1ull << 26) /* for looking up one name */

static bool entries27(const struct python *py, addr_t dict, struct entries *e)
{
	const struct layout *L = &py->L;
	uint64_t mask;

	if (!py_field(py, dict, F_dict27_ma_mask, &mask) ||
	    !py_field(py, dict, F_dict27_ma_table, &e->at))
		return false;
	e->n = mask + 1;
	e->stride = L->size[S_dictentry27];
	e->key = (uint32_t)L->f[F_dictentry27_me_key].offset;
	e->value = (uint32_t)L->f[F_dictentry27_me_value].offset;
	return layout_has(L, F_dictentry27_me_key) && layout_has(L, F_dictentry27_me_value);
}

/* Bytes of the hash index that lies before the entries. */
static bool index_bytes(const struct python *py, addr_t keys, uint64_t *out)
{
	uint64_t n;

	if (layout_has(&py->L, F_dictkeys_dk_log2_index_bytes)) {
		if (!py_field(py, keys, F_dictkeys_dk_log2_index_bytes, &n) || n > 40)
			return false;
		*out = 1ull << n;
		return true;
	}
	if (!py_field(py, keys, F_dictkeys_dk_size, &n) || n > DICT_MAX)
		return false;
	*out = n <= 0xff ? n : n <= 0xffff ? 2 * n : 4 * n;
	return true;
}

static bool entries_form(const struct python *py, addr_t keys, struct entries *e)
{
	const struct layout *L = &py->L;
	uint64_t kind = 0;
	bool unicode;

	if (layout_has(L, F_dictkeys_dk_kind) && !py_field(py, keys, F_dictkeys_dk_kind, &kind))
		return false;
	unicode = layout_has(L, F_dictkeys_dk_kind) && kind != L->c[C_DICT_KEYS_GENERAL];
	e->stride = L->size[unicode ? S_dictunicodeentry : S_dictentry];
	e->key = (uint32_t)L->f[unicode ? F_dictunicodeentry_me_key : F_dictentry_me_key].offset;
	e->value =
	    (uint32_t)L->f[unicode ? F_dictunicodeentry_me_value : F_dictentry_me_value].offset;
	return e->stride >= 16 && e->key < e->stride && e->value < e->stride;
}

static bool entries3(const struct python *py, addr_t dict, struct entries *e)
{
	const struct layout *L = &py->L;
	addr_t keys, values;
	uint64_t index;

	if (!py_field(py, dict, F_dict_ma_keys, &keys) ||
	    !py_field(py, dict, F_dict_ma_values, &values) ||
	    !py_field(py, keys, F_dictkeys_dk_nentries, &e->n) || !index_bytes(py, keys, &index) ||
	    !entries_form(py, keys, e) || !layout_has(L, F_dictkeys_dk_indices))
		return false;
	e->at = keys + (uint32_t)L->f[F_dictkeys_dk_indices].offset + index;
	if (values)
		e->values = values + (layout_has(L, F_dictvalues_values)
					  ? (uint32_t)L->f[F_dictvalues_values].offset
					  : 0);
	return true;
}

static bool find_entries(const struct python *py, addr_t dict, struct entries *e)
{
	return layout_has(&py->L, F_dict_ma_keys) ? entries3(py, dict, e) : entries27(py, dict, e);
}

bool py_dict_count(const struct python *py, addr_t dict, uint64_t *counted, uint64_t *said)
{
	struct entries e = {0};
	uint64_t n = 0, value;

	if (!find_entries(py, dict, &e) || !py_field(py, dict, F_dict_ma_used, said))
		return false;
	for (uint64_t i = 0; i < min_of(e.n, DICT_MAX); i++) {
		addr_t slot = e.values ? e.values + i * 8 : e.at + i * e.stride + e.value;

		if (!target_read_u64(py->t, slot, &value))
			return false;
		n += value != 0;
	}
	*counted = n;
	return true;
}

enum py_found py_dict_find(const struct python *py, addr_t dict, const char *key, addr_t *out)
{
	struct entries e = {0};
	uint64_t flags, k, value;
	enum py_found missing = PY_ABSENT;

	if (!dict)
		return PY_ABSENT;
	if (!py_flags_of(py, dict, &flags))
		return PY_UNREAD;
	if (!(flags & py->L.c[C_TPFLAGS_DICT_SUBCLASS]))
		return PY_ABSENT;
	if (!find_entries(py, dict, &e))
		return PY_UNREAD;
	for (uint64_t i = 0; i < min_of(e.n, DICT_MAX); i++) {
		addr_t entry = e.at + i * e.stride;
		addr_t slot = e.values ? e.values + i * 8 : entry + e.value;

		if (!target_read_u64(py->t, entry + e.key, &k))
			return PY_UNREAD;
		if (k && !py_flags_of(py, k, &flags))
			missing = PY_UNREAD; /* it may have been this one */
		if (!k || !py_string_is(py, k, key))
			continue;
		if (!target_read_u64(py->t, slot, &value))
			return PY_UNREAD;
		*out = value;
		return value ? PY_FOUND : PY_ABSENT;
	}
	return missing;
}

addr_t python_dict_get(const struct python *py, addr_t dict, const char *key)
{
	addr_t value;

	return py_dict_find(py, dict, key, &value) == PY_FOUND ? value : 0;
}
