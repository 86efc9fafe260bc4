/* SPDX-License-Identifier: Apache-2.0 */
#include "types/dicttable.h"

#define LOG2_MAX 40

/* 3.6 to 3.10: dk_size slots, an index of 1, 2, 4 or 8 bytes for each. */
static bool table_old(const struct typectx *c, const uint8_t *at, struct dict_table *t,
		      uint64_t *index)
{
	const struct layout *L = c->L;

	t->slots = at_u64(c, at, F_dictkeys_dk_size);
	if (t->slots > 1ull << LOG2_MAX || t->slots & (t->slots - 1) || !t->slots)
		return false;
	*index = t->slots * (t->slots <= 0xff	      ? 1
			     : t->slots <= 0xffff     ? 2
			     : t->slots <= 0xffffffff ? 4
						      : 8);
	t->stride = L->size[S_dictentry];
	t->key = (uint32_t)L->f[F_dictentry_me_key].offset;
	t->value = (uint32_t)L->f[F_dictentry_me_value].offset;
	return true;
}

/* 3.11+: sizes as logarithms; tables of strings have entries without a hash. */
static bool table_new(const struct typectx *c, const uint8_t *at, struct dict_table *t,
		      uint64_t *index)
{
	const struct layout *L = c->L;
	uint64_t log2_size = at_uint(c, at, F_dictkeys_dk_log2_size);
	uint64_t log2_index = at_uint(c, at, F_dictkeys_dk_log2_index_bytes);
	uint64_t kind = at_uint(c, at, F_dictkeys_dk_kind);
	bool general = kind == L->c[C_DICT_KEYS_GENERAL];

	if (log2_size > LOG2_MAX || log2_index > LOG2_MAX + 3 || log2_index < log2_size || kind > 3)
		return false;
	t->slots = 1ull << log2_size;
	*index = 1ull << log2_index;
	t->stride = L->size[general ? S_dictentry : S_dictunicodeentry];
	t->key = (uint32_t)L->f[general ? F_dictentry_me_key : F_dictunicodeentry_me_key].offset;
	t->value =
	    (uint32_t)L->f[general ? F_dictentry_me_value : F_dictunicodeentry_me_value].offset;
	return true;
}

bool dict_table_load(const struct typectx *c, addr_t keys, struct dict_table *t)
{
	uint32_t head = offset_of(c, F_dictkeys_dk_indices);
	const uint8_t *at = keys && !(keys & 7) ? image_at(c->im, keys, head) : NULL;
	uint64_t index;

	if (!at || !(has(c, F_dictkeys_dk_log2_size) ? table_new : table_old)(c, at, t, &index) ||
	    t->stride < 16 || t->key > t->stride - 8 || t->value > t->stride - 8)
		return false;
	t->addr = keys;
	t->usable = t->slots * 2 / 3;
	t->size = head + index + t->usable * t->stride;
	t->used = at_u64(c, at, F_dictkeys_dk_nentries);
	t->free = at_u64(c, at, F_dictkeys_dk_usable);
	t->refcount = at_u64(c, at, F_dictkeys_dk_refcnt);
	if (t->used > t->usable + 1 || t->free > t->usable)
		return false;
	t->entries = image_at(c->im, keys + head + index, t->used * t->stride);
	return t->entries != NULL;
}

void dict_values_block(const struct typectx *c, const struct dict_table *t, addr_t values,
		       addr_t *start, uint64_t *len)
{
	uint64_t n = has(c, F_dictkeys_dk_log2_size) ? t->used + t->free : t->usable;
	const uint8_t *before;

	*start = values;
	*len = n * 8;
	if (has(c,
		F_dictvalues_capacity)) { /* 3.13+: a header, the values, the order of insertion */
		before = dict_values_head(c, values);
		n = before ? at_uint(c, before, F_dictvalues_capacity) : n;
		*len = offset_of(c, F_dictvalues_values) + n * 8 + round_up(n, 8);
	} else if (has(c,
		       F_dictvalues_values)) { /* 3.11, 3.12: the prefix' size is the byte before */
		before = image_at(c->im, values - 1, 1);
		*start = before ? values - *before : values;
		*len += values - *start;
	}
}
