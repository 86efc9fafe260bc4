/* SPDX-License-Identifier: Apache-2.0 */
/* set, frozenset: an open table of {key, hash}, small ones inside the object. */
#include "types/typetab.h"

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
	return size_var(o->type->basicsize, inside(c, o) ? 0 : slots(c, o), c->L->size[S_setentry]);
}

static const uint8_t *table(const struct typectx *c, const struct object *o)
{
	uint64_t n = slots(c, o);

	if (!n || n & (n - 1) || n > OWNED_MAX / 16 || !has(c, F_setentry_key))
		return NULL;
	return image_at(c->im, obj_u64(c, o, F_set_table), n * c->L->size[S_setentry]);
}

/*
 * Deleted entries hold a dummy: an object of the interpreter's own. In 2.7 it is a str that
 * setobject.c keeps in a static variable; dictobject.c has one of that name, too, which no set
 * holds. Debug builds have a function _PySet_Dummy, whose code is no such variable.
 */
#define DUMMIES 8

/* Once a type: ti->extra becomes the address of an array of DUMMIES addresses. Subclasses take
 * their base's. */
static void set_init(const struct typectx *c, struct typeinfo *ti)
{
	struct static_symbol where[DUMMIES];
	addr_t *at = ti->extra ? NULL : typetab_keep(c->types, DUMMIES * sizeof(*at));
	size_t n = 0;

	if (!at)
		return;
	ti->extra = (uintptr_t)at;
	at[0] = c->py->known[K_set_dummy];
	if (!at[0])
		n = python_statics(c->py, K_set_dummy_ptr, where, DUMMIES);
	for (size_t i = 0, found = 0; i < n; i++) {
		const uint8_t *p = image_at(c->im, where[i].addr, 8);

		if (p && load64(p))
			at[found++] = load64(p);
	}
}

static bool is_dummy(const struct object *o, addr_t key)
{
	const addr_t *at = (const addr_t *)(uintptr_t)o->type->extra;

	for (int i = 0; at && i < DUMMIES && at[i]; i++)
		if (at[i] == key)
			return true;
	return false;
}

static void set_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	const uint8_t *at = table(c, o);
	uint32_t stride = c->L->size[S_setentry], key = offset_of(c, F_setentry_key);

	for (uint64_t i = 0, n = slots(c, o); at && i < n; i++) {
		addr_t k = load64(at + i * stride + key);

		if (k && !is_dummy(o, k))
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
    .type_init = set_init,
    .size = set_size,
    .plausible = set_plausible,
    .refs = set_refs,
    .buffers = set_buffers,
    .exact_extent = true,
};
