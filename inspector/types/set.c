/* SPDX-License-Identifier: Apache-2.0 */
/* set, frozenset: an open table of {key, hash}, small ones inside the object. */
#include "types/family.h"

static uint64_t slots(const struct typectx *c, const struct object *o)
{
	return obj_u64(c, o, F_set_mask) + 1;
}

static bool inside(const struct typectx *c, const struct object *o)
{
	return obj_u64(c, o, F_set_table) == o->addr + offset_of(c, F_set_smalltable);
}

static uint64_t set_size(const struct typectx *c, const struct object *o)
{
	return size_var(base_size(c, o, S_set), inside(c, o) ? 0 : slots(c, o), c->L->size[S_setentry]);
}

static const uint8_t *table(const struct typectx *c, const struct object *o)
{
	uint64_t n = slots(c, o);

	if (!n || n & (n - 1) || n > OWNED_MAX / 16)
		return NULL;
	return image_at(c->im, obj_u64(c, o, F_set_table), n * c->L->size[S_setentry]);
}

/* Deleted entries hold the dummy: an object of the interpreter's own (2.7: a str), with no reference counted in 3.x. */
static addr_t dummy(const struct typectx *c)
{
	return c->py->known[K_set_dummy];
}

static void set_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	const uint8_t *at = table(c, o);
	uint32_t stride = c->L->size[S_setentry], key = offset_of(c, F_setentry_key);
	addr_t gone = dummy(c);

	for (uint64_t i = 0, n = slots(c, o); at && i < n; i++) {
		addr_t k = load64(at + i * stride + key);

		if (k && k != gone)
			visit(v, k, EDGE_KEY, 0);
	}
}

static void set_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	if (!inside(c, o) && slots(c, o) < OWNED_MAX / 16)
		own(b, obj_u64(c, o, F_set_table), slots(c, o) * c->L->size[S_setentry]);
}

static bool set_plausible(const struct typectx *c, const struct object *o)
{
	return obj_u64(c, o, F_set_used) <= slots(c, o) && table(c, o);
}

const struct pytype pytype_set = {
	.name = "set",
	.size = set_size,
	.plausible = set_plausible,
	.refs = set_refs,
	.buffers = set_buffers,
	.exact_extent = true,
};
