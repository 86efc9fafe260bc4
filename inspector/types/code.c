/* SPDX-License-Identifier: Apache-2.0 */
/* Code objects: constants and names are fields (types.def); caches and extras of each version here.
 */
#include "types/family.h"

#define EXTRAS_MAX 256

/* _PyCodeObjectExtra: a count, then so many pointers. */
static uint64_t extra_bytes(const struct typectx *c, const struct object *o)
{
	const uint8_t *at;
	uint64_t n;

	if (!has(c, F_code_co_extra) || !has(c, F_codeextra_ce_size))
		return 0;
	at = struct_at(c, obj_u64(c, o, F_code_co_extra), S_codeextra);
	if (!at)
		return 0;
	n = at_u64(c, at, F_codeextra_ce_size);
	return n && n <= EXTRAS_MAX ? c->L->size[S_codeextra] + (n - 1) * 8
				    : c->L->size[S_codeextra];
}

/* Up to 3.10: which cell is which argument, one number for each cell variable. */
static uint64_t cell2arg_bytes(const struct typectx *c, const struct object *o, enum const_id each)
{
	if (!has(c, F_code_co_cell2arg) || !obj_u64(c, o, F_code_co_cell2arg))
		return 0;
	return other_count(c, obj_u64(c, o, F_code_co_cellvars)) * c->L->c[each];
}

/* 3.8 to 3.10: one byte for each instruction, and the caches that these number. */
static uint64_t opcache_map_bytes(const struct typectx *c, const struct object *o)
{
	if (!has(c, F_code_co_opcache) || !obj_u64(c, o, F_code_co_opcache))
		return 0;
	return other_count(c, obj_u64(c, o, F_code_co_code)) / 2;
}

static uint64_t opcache_bytes(const struct typectx *c, const struct object *o)
{
	if (!has(c, F_code_co_opcache) || !obj_u64(c, o, F_code_co_opcache))
		return 0;
	return at_uint(c, o->at, F_code_co_opcache_size) * c->L->size[S_opcache];
}

static uint64_t code_extent(const struct typectx *c, const struct object *o)
{
	return var_size(c, o);
}

static uint64_t code_size(const struct typectx *c, const struct object *o)
{
	uint64_t n = code_extent(c, o);

	if (n == SIZE_BAD)
		return n;
	if (o->type->itemsize) /* 3.11+ */
		n = round_up(n, 8);
	return n + extra_bytes(c, o) + cell2arg_bytes(c, o, C_CELL2ARG_SIZE) +
	       opcache_map_bytes(c, o) + opcache_bytes(c, o);
}

/* What code.co_code, co_varnames etc. gave out and keep (3.11+): in the object, or behind a pointer
 * (3.12+). */
static void cached_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	static const enum field_id kept[] = {F_cocached_co_code, F_cocached_co_varnames,
					     F_cocached_co_cellvars, F_cocached_co_freevars};
	const uint8_t *at;

	if (!has(c, F_code_co_cached) && has(c, F_code_code_cached))
		visit(v, obj_u64(c, o, F_code_code_cached), EDGE_FIELD, (uintptr_t) "co_code");
	if (!has(c, F_code_co_cached))
		return;
	at = struct_at(c, obj_u64(c, o, F_code_co_cached), S_cocached);
	for (size_t i = 0; at && i < ARRAY_SIZE(kept); i++)
		if (has(c, kept[i]))
			visit(v, at_u64(c, at, kept[i]), EDGE_FIELD, (uintptr_t) "co_code");
}

static void code_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	if (extra_bytes(c, o))
		own(b, obj_u64(c, o, F_code_co_extra), extra_bytes(c, o));
	if (has(c, F_code_co_cell2arg))
		own(b, obj_u64(c, o, F_code_co_cell2arg), cell2arg_bytes(c, o, C_CELL2ARG_WIDTH));
	if (opcache_map_bytes(c, o))
		own(b, obj_u64(c, o, F_code_co_opcache_map), opcache_map_bytes(c, o));
	if (opcache_bytes(c, o))
		own(b, obj_u64(c, o, F_code_co_opcache), opcache_bytes(c, o));
	if (has(c, F_code_co_cached))
		own(b, obj_u64(c, o, F_code_co_cached), c->L->size[S_cocached]);
	if (has(c, F_code_co_linearray))
		own(b, obj_u64(c, o, F_code_co_linearray), 1);
	if (has(c, F_code_co_monitoring))
		own(b, obj_u64(c, o, F_code_co_monitoring), c->L->size[S_co_monitoring]);
	if (has(c, F_code_co_executors))
		own(b, obj_u64(c, o, F_code_co_executors), c->L->size[S_executors]);
}

const struct pytype pytype_code = {
    .name = "code",
    .size = code_size,
    .extent = code_extent,
    .refs = cached_refs,
    .buffers = code_buffers,
    .exact_extent = true,
};
