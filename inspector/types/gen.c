/* SPDX-License-Identifier: Apache-2.0 */
/* Generators, coroutines, asynchronous generators. Up to 3.10 they point to a frame object;
 * from 3.11 it is in them. */
#include "types/iframe.h"

/* The three structs begin alike; which fields there are tells the version. */
static const struct gen_fields {
	enum field_id code, iframe, state, exc_state;
} kinds[] = {
    {F_gen_gi_code, F_gen_gi_iframe, F_gen_gi_frame_state, F_gen_gi_exc_state},
    {F_coro_cr_code, F_coro_cr_iframe, F_coro_cr_frame_state, F_coro_cr_exc_state},
    {F_asyncgen_ag_code, F_asyncgen_ag_iframe, F_asyncgen_ag_frame_state, F_asyncgen_ag_exc_state},
};

static const struct gen_fields *fields_of(const struct object *o)
{
	return &kinds[o->type->family == FAMILY_gen ? 0 : o->type->family == FAMILY_coro ? 1 : 2];
}

static uint64_t gen_size(const struct typectx *c, const struct object *o)
{
	const struct gen_fields *k = fields_of(o);
	const uint8_t *iframe;
	uint64_t n;

	if (!has(c, k->iframe))
		return o->type->basicsize;
	iframe = struct_at(c, o->addr + offset_of(c, k->iframe), S_iframe);
	n = iframe ? iframe_bytes(c, iframe) : 0;
	return n ? offset_of(c, k->iframe) + n : SIZE_BAD;
}

/* 3.7 to 3.10 keep a triple, 3.11+ the value only. */
static void exc_state_refs(const struct typectx *c, const struct object *o,
			   const struct gen_fields *k, struct visitor *v)
{
	static const enum field_id parts[] = {F_exc_stackitem_exc_type, F_exc_stackitem_exc_value,
					      F_exc_stackitem_exc_traceback};

	for (size_t i = 0; has(c, k->exc_state) && i < ARRAY_SIZE(parts); i++)
		if (has(c, parts[i]))
			visit(v,
			      load64(o->at + offset_of(c, k->exc_state) + offset_of(c, parts[i])),
			      EDGE_FIELD, (uintptr_t) "exc_state");
}

static void gen_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	const struct gen_fields *k = fields_of(o);
	const uint8_t *at;
	addr_t iframe;

	exc_state_refs(c, o, k, v);
	if (!has(c, k->iframe))
		return;
	iframe = o->addr + offset_of(c, k->iframe);
	if (has(c, k->state) && at_int(c, o->at, k->state) < (int64_t)c->L->c[C_FRAME_CLEARED]) {
		iframe_refs(c, iframe, v);
		return;
	}
	/* A frame that is cleared keeps its code (3.12+; 3.11 has gi_code). */
	at = struct_at(c, iframe, S_iframe);
	if (at && !has(c, k->code))
		visit(v, iframe_code(c, at), EDGE_FIELD, (uintptr_t) "gi_code");
}

const struct pytype pytype_gen = {
    .name = "generator",
    .size = gen_size,
    .extent = gen_size,
    .refs = gen_refs,
};
