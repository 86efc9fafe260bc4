/* SPDX-License-Identifier: Apache-2.0 */
/* Iterators of itertools that own arrays of indices or values; the others are rows in types.def. */
#include "types/family.h"

static uint64_t bytes_of(uint64_t n)
{
	return n < OWNED_MAX / 8 ? n * 8 : 0;
}

/* ---- product: one index for each pool ---- */

static uint64_t product_indices(const struct typectx *c, const struct object *o)
{
	return bytes_of(other_count(c, obj_u64(c, o, F_product_pools)));
}

static uint64_t product_size(const struct typectx *c, const struct object *o)
{
	return o->type->basicsize + (has(c, F_int27_ob_ival) ? 0 : product_indices(c, o));
}

static void product_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	own(b, obj_u64(c, o, F_product_indices), product_indices(c, o));
}

/* ---- combinations: r indices ---- */

static uint64_t combinations_size(const struct typectx *c, const struct object *o)
{
	return o->type->basicsize +
	       (has(c, F_int27_ob_ival) ? 0 : bytes_of(obj_u64(c, o, F_combinations_r)));
}

static void combinations_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	own(b, obj_u64(c, o, F_combinations_indices), bytes_of(obj_u64(c, o, F_combinations_r)));
}

static uint64_t cwr_size(const struct typectx *c, const struct object *o)
{
	return o->type->basicsize +
	       (has(c, F_int27_ob_ival) ? 0 : bytes_of(obj_u64(c, o, F_cwr_r)));
}

static void cwr_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	own(b, obj_u64(c, o, F_cwr_indices), bytes_of(obj_u64(c, o, F_cwr_r)));
}

/* ---- permutations: an index for each element of the pool, and r cycles ---- */

static uint64_t permutations_indices(const struct typectx *c, const struct object *o)
{
	return bytes_of(other_count(c, obj_u64(c, o, F_permutations_pool)));
}

static uint64_t permutations_size(const struct typectx *c, const struct object *o)
{
	if (has(c, F_int27_ob_ival))
		return o->type->basicsize;
	return o->type->basicsize + permutations_indices(c, o) +
	       bytes_of(obj_u64(c, o, F_permutations_r));
}

static void permutations_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	own(b, obj_u64(c, o, F_permutations_indices), permutations_indices(c, o));
	own(b, obj_u64(c, o, F_permutations_cycles), bytes_of(obj_u64(c, o, F_permutations_r)));
}

/* ---- tee: a chain of objects with up to 57 values each ---- */

static void teedata_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	uint64_t n = at_uint(c, o->at, F_teedata_numread),
		 room = c->L->f[F_teedata_values].size / 8;

	visit_array(c, o->addr + offset_of(c, F_teedata_values), min_of(n, room), EDGE_INDEX, 0, v);
}

const struct pytype pytype_product = {
    .name = "product",
    .size = product_size,
    .extent = plain_extent,
    .buffers = product_buffers,
    .exact_extent = true,
};
const struct pytype pytype_combinations = {
    .name = "combinations",
    .size = combinations_size,
    .extent = plain_extent,
    .buffers = combinations_buffers,
    .exact_extent = true,
};
const struct pytype pytype_cwr = {
    .name = "combinations_with_replacement",
    .size = cwr_size,
    .extent = plain_extent,
    .buffers = cwr_buffers,
    .exact_extent = true,
};
const struct pytype pytype_permutations = {
    .name = "permutations",
    .size = permutations_size,
    .extent = plain_extent,
    .buffers = permutations_buffers,
    .exact_extent = true,
};
const struct pytype pytype_teedata = {
    .name = "teedata",
    .size = fixed_size,
    .refs = teedata_refs,
    .exact_extent = true,
};
