/* SPDX-License-Identifier: Apache-2.0 */
/* dict since 3.6: an object, a table of keys, and for split tables an array of values. */
#include "types/dicttable.h"

/* Address of values[0] of a split table. */
static addr_t values_start(const struct typectx *c, addr_t values)
{
	return has(c, F_dictvalues_values) ? values + offset_of(c, F_dictvalues_values) : values;
}

/* Values that lie in the instance whose dict this is (3.13+) are not the dict's own: the instance
 * visits them. */
static bool values_embedded(const struct typectx *c, addr_t values)
{
	const uint8_t *at = has(c, F_dictvalues_embedded) ? dict_values_head(c, values) : NULL;

	return at && at_uint(c, at, F_dictvalues_embedded);
}

uint64_t dict_table_bytes(const struct typectx *c, const struct object *o)
{
	struct dict_table t;
	uint64_t n = 0;

	if (!dict_table_load(c, obj_u64(c, o, F_dict_ma_keys), &t))
		return SIZE_BAD;
	if (obj_u64(c, o, F_dict_ma_values))
		n = (has(c, F_dictkeys_dk_log2_size) ? t.used + t.free : t.usable) * 8;
	return t.refcount == 1 ? n + t.size : n;
}

static uint64_t dict_size(const struct typectx *c, const struct object *o)
{
	uint64_t n = dict_table_bytes(c, o);

	return n == SIZE_BAD ? n : n + o->type->basicsize;
}

static void split_refs(const struct typectx *c, const struct dict_table *t, addr_t values,
		       struct visitor *v)
{
	const uint8_t *at = image_at(c->im, values_start(c, values), t->used * 8);
	bool embedded = values_embedded(c, values);

	for (uint64_t i = 0; at && i < t->used; i++) {
		addr_t value = load64(at + i * 8), key = dict_table_key(t, i);

		if (!value)
			continue;
		visit(v, key, EDGE_KEY, 0);
		visit(v, value, embedded ? EDGE_WEAK : EDGE_VALUE, key);
	}
}

void dict_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	addr_t values = obj_u64(c, o, F_dict_ma_values);
	struct dict_table t;

	if (!dict_table_load(c, obj_u64(c, o, F_dict_ma_keys), &t))
		return;
	if (values) {
		split_refs(c, &t, values, v);
		return;
	}
	for (uint64_t i = 0; i < t.used; i++) {
		addr_t value = dict_table_value(&t, i), key = dict_table_key(&t, i);

		if (!value)
			continue;
		visit(v, key, EDGE_KEY, 0);
		visit(v, value, EDGE_VALUE, key);
	}
}

void dict_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	addr_t values = obj_u64(c, o, F_dict_ma_values), start;
	struct dict_table t;
	uint64_t len;

	if (!dict_table_load(c, obj_u64(c, o, F_dict_ma_keys), &t))
		return;
	own(b, t.addr, t.size);
	if (!values || values_embedded(c, values))
		return;
	dict_values_block(c, &t, values, &start, &len);
	own(b, start, len);
}

bool dict_plausible(const struct typectx *c, const struct object *o)
{
	struct dict_table t;

	return dict_table_load(c, obj_u64(c, o, F_dict_ma_keys), &t) &&
	       obj_u64(c, o, F_dict_ma_used) <= t.usable + 1;
}

const struct pytype pytype_dict = {
    .name = "dict",
    .size = dict_size,
    .plausible = dict_plausible,
    .refs = dict_refs,
    .buffers = dict_buffers,
    .exact_extent = true,
};
/* 2.7's defaultdict stands on the other kind of dict. */
static void defdict_init(const struct typectx *c, struct typeinfo *ti)
{
	if (!has(c, F_dict_ma_keys))
		ti->py = &pytype_dict27;
}

const struct pytype pytype_defdict = {
    .name = "defaultdict",
    .type_init = defdict_init,
    .size = dict_size,
    .plausible = dict_plausible,
    .refs = dict_refs,
    .buffers = dict_buffers,
    .exact_extent = true,
};
