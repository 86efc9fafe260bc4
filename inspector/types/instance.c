/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attributes of an instance: __slots__, a __dict__ pointer (tp_dictoffset), and since 3.11
 * values without a dict: 3.11: the words before the object say: values, dict; 3.12: one word,
 * values or dict, told apart by bit 0; 3.13: the values lie behind the object (inline), the word
 * before is the dict.
 */
#include "types/dicttable.h"

static void slot_refs(const struct object *o, struct visitor *v)
{
	const struct typeinfo *ti = o->type;

	for (uint16_t i = 0; i < ti->n_slots; i++)
		visit(v, load64(o->at + ti->slots[i].offset), EDGE_SLOT, ti->slots[i].name);
}

/* A word before the object, where managed dicts are kept. */
static uint64_t word_before(const struct typectx *c, const struct object *o, enum const_id which)
{
	const uint8_t *at;

	if (!layout_has_const(c->L, which))
		return 0;
	at = image_at(c->im, o->addr + c->L->c[which] * 8, 8);
	return at ? load64(at) : 0;
}

/* Where the values without a dict are, and the dict if there is one. */
static void managed_words(const struct typectx *c, const struct object *o, addr_t *values,
			  addr_t *dict)
{
	uint64_t word = word_before(c, o, C_PRE_DICT_WORD);

	*values = word_before(c, o, C_PRE_VALUES_WORD);
	*dict = word;
	if (layout_has_const(c->L, C_PRE_DICT_VALUES_TAG) &&
	    word & c->L->c[C_PRE_DICT_VALUES_TAG]) {
		*values = word + 1;
		*dict = 0;
	}
}

/* n values, named by the keys that all instances of the type share. */
static void values_refs(const struct typectx *c, const struct object *o, const uint8_t *at,
			uint64_t n, struct visitor *v)
{
	struct dict_table t;
	bool named = dict_table_load(c, o->type->cached_keys, &t);

	for (uint64_t i = 0; i < n; i++)
		visit(v, load64(at + i * 8), EDGE_ATTR,
		      named && i < t.used ? dict_table_key(&t, i) : 0);
}

/* 3.11, 3.12: as many values as the shared keys have entries. */
static void block_refs(const struct typectx *c, const struct object *o, addr_t values,
		       struct visitor *v)
{
	struct dict_table t;
	const uint8_t *at;

	if (!dict_table_load(c, o->type->cached_keys, &t))
		return;
	at = image_at(c->im, values + offset_of(c, F_dictvalues_values), t.used * 8);
	if (at)
		values_refs(c, o, at, t.used, v);
}

/* The PyDictValues behind an object, if the type has them: header in the image, and all that it
 * announces. */
static const uint8_t *inline_values(const struct typectx *c, const struct object *o, uint64_t *n)
{
	uint64_t at = round_up(var_size(c, o), 8), head = offset_of(c, F_dictvalues_values);
	const uint8_t *p = image_at(c->im, o->addr + o->type->basicsize, head);

	if (o->type->itemsize)
		p = image_at(c->im, o->addr + at, head);
	else
		at = o->type->basicsize;
	if (!p)
		return NULL;
	*n = at_uint(c, p, F_dictvalues_capacity);
	return image_at(c->im, o->addr + at, head + *n * 8);
}

uint64_t instance_inline_size(const struct typectx *c, const struct object *o)
{
	const uint8_t *p;
	uint64_t n;

	if (!o->type->inline_values || !has(c, F_dictvalues_capacity))
		return 0;
	p = inline_values(c, o, &n);
	return p ? offset_of(c, F_dictvalues_values) + n * 8 + round_up(n, 8) : SIZE_BAD;
}

static void inline_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	uint64_t n;
	const uint8_t *p = inline_values(c, o, &n);

	if (p && at_uint(c, p, F_dictvalues_valid))
		values_refs(c, o, p + offset_of(c, F_dictvalues_values), n, v);
}

static void managed_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	addr_t values, dict;

	managed_words(c, o, &values, &dict);
	visit(v, dict, EDGE_FIELD, (uintptr_t) "__dict__");
	if (o->type->inline_values)
		inline_refs(c, o, v);
	else if (values)
		block_refs(c, o, values, v);
}

/* Before 3.12 a negative offset counts from the end of an object that has items. */
static void dict_pointer(const struct typectx *c, const struct object *o, struct visitor *v)
{
	int64_t at = o->type->dictoffset;
	const uint8_t *p;
	uint64_t size;

	if (at > 0 && at + 8 <= o->type->basicsize && (at + 8 <= o->type->least || whole(c, o))) {
		visit(v, load64(o->at + at), EDGE_FIELD, (uintptr_t) "__dict__");
	} else if (at < 0) {
		size = var_size(c, o);
		if (size == SIZE_BAD || round_up(size, 8) < (uint64_t)-at)
			return;
		p = image_at(c->im, o->addr + round_up(size, 8) + at, 8);
		visit(v, p ? load64(p) : 0, EDGE_FIELD, (uintptr_t) "__dict__");
	}
}

void instance_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	if (o->type->n_slots && whole(c, o))
		slot_refs(o, v);
	if (o->type->managed_dict)
		managed_refs(c, o, v);
	else
		dict_pointer(c, o, v);
}

void instance_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	addr_t values, dict, start;
	struct dict_table t;
	uint64_t len;

	managed_words(c, o, &values, &dict);
	if (!values || !dict_table_load(c, o->type->cached_keys, &t))
		return;
	dict_values_block(c, &t, values, &start, &len);
	own(b, start, len);
}
