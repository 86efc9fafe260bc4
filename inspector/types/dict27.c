/* SPDX-License-Identifier: Apache-2.0 */
/* dict in 2.7: one open table of entries, small ones inside the object. */
#include "types/dicttable.h"

struct table27 {
	addr_t addr;
	uint64_t slots;
	const uint8_t *at; /* NULL: damaged */
	bool inside;
};

static struct table27 table(const struct typectx *c, const struct object *o)
{
	struct table27 t = {.addr = obj_u64(c, o, F_dict27_ma_table),
			    .slots = obj_u64(c, o, F_dict27_ma_mask) + 1};

	t.inside = t.addr == o->addr + offset_of(c, F_dict27_ma_smalltable);
	if (has(c, F_dict27_ma_mask) && t.slots && !(t.slots & (t.slots - 1)) &&
	    t.slots < OWNED_MAX / 64)
		t.at = image_at(c->im, t.addr, t.slots * c->L->size[S_dictentry27]);
	return t;
}

uint64_t dict27_table_bytes(const struct typectx *c, const struct object *o)
{
	struct table27 t = table(c, o);

	return !t.at ? SIZE_BAD : t.inside ? 0 : t.slots * c->L->size[S_dictentry27];
}

static uint64_t dict27_size(const struct typectx *c, const struct object *o)
{
	uint64_t n = dict27_table_bytes(c, o);

	return n == SIZE_BAD ? n : n + o->type->basicsize;
}

/* An entry whose value is gone still owns its key: a dummy string that all share. */
void dict27_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	struct table27 t = table(c, o);
	uint32_t stride = c->L->size[S_dictentry27], key_at = offset_of(c, F_dictentry27_me_key),
		 value_at = offset_of(c, F_dictentry27_me_value);

	if (stride < 16 || key_at > stride - 8 || value_at > stride - 8)
		return;
	for (uint64_t i = 0; t.at && i < t.slots; i++) {
		addr_t key = load64(t.at + i * stride + key_at),
		       value = load64(t.at + i * stride + value_at);

		if (!value)
			continue;
		visit(v, key, EDGE_KEY, 0);
		visit(v, value, EDGE_VALUE, key);
	}
}

void dict27_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	struct table27 t = table(c, o);

	if (t.at && !t.inside)
		own(b, t.addr, t.slots * c->L->size[S_dictentry27]);
}

bool dict27_plausible(const struct typectx *c, const struct object *o)
{
	struct table27 t = table(c, o);

	return t.at && obj_u64(c, o, F_dict27_ma_used) <= obj_u64(c, o, F_dict27_ma_fill) &&
	       obj_u64(c, o, F_dict27_ma_fill) <= t.slots;
}

const struct pytype pytype_dict27 = {
    .name = "dict",
    .size = dict27_size,
    .plausible = dict27_plausible,
    .refs = dict27_refs,
    .buffers = dict27_buffers,
    .exact_extent = true,
};
