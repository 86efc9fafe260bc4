/* SPDX-License-Identifier: Apache-2.0 */
/* functools.lru_cache, operator.methodcaller, the nodes of context variables' maps. */
#include "types/family.h"

#define ARGS_MAX 256

/* The ring of cached results. The cache's dict owns the links, these own key and result. */
static void ring_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	addr_t root = o->addr + offset_of(c, F_lru_cache_root);
	addr_t at =
	    load64(o->at + offset_of(c, F_lru_cache_root) + offset_of(c, F_lru_list_elem_next));
	struct chain ch = {0};

	while (at != root && chain_goes_on(&ch, at)) {
		const uint8_t *link = struct_at(c, at, S_lru_list_elem);

		if (!link)
			return;
		visit(v, at, EDGE_WEAK, 0);
		visit(v, at_u64(c, link, F_lru_list_elem_key), EDGE_WEAK, 0);
		visit(v, at_u64(c, link, F_lru_list_elem_result), EDGE_WEAK, 0);
		visit(v, at_u64(c, link, F_object_ob_type), EDGE_WEAK, 0);
		at = at_u64(c, link, F_lru_list_elem_next);
	}
}

static void lru_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	if (has(c, F_lru_list_elem_next) && has(c, F_lru_cache_root) &&
	    obj_u64(c, o, F_lru_cache_maxsize))
		ring_refs(c, o, v);
}

/* 3.13+: made at the first call; before, kwnames is not set. */
static void methodcaller_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	if (has(c, F_methodcaller_vectorcall_kwnames) &&
	    obj_u64(c, o, F_methodcaller_vectorcall_args))
		visit(v, obj_u64(c, o, F_methodcaller_vectorcall_kwnames), EDGE_FIELD,
		      (uintptr_t) "kwnames");
}

/* A copy of the arguments for vectorcall, borrowed from the tuple. */
static void methodcaller_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	if (has(c, F_methodcaller_vectorcall_args))
		own(b, obj_u64(c, o, F_methodcaller_vectorcall_args),
		    (min_of(other_count(c, obj_u64(c, o,
						   has(c, F_methodcaller_xargs)
						       ? F_methodcaller_xargs
						       : F_methodcaller_args)),
			    (uint64_t)ARGS_MAX) +
		     1) *
			8);
}

static void bitmap_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	visit_array(c, o->addr + offset_of(c, F_hamt_bitmap_b_array), obj_items(c, o), EDGE_INDEX,
		    0, v);
}

static void collision_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	visit_array(c, o->addr + offset_of(c, F_hamt_collision_c_array), obj_items(c, o),
		    EDGE_INDEX, 0, v);
}

static void array_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	visit_array(c, o->addr + offset_of(c, F_hamt_array_a_array),
		    c->L->f[F_hamt_array_a_array].size / 8, EDGE_INDEX, 0, v);
}

const struct pytype pytype_lru_cache = {
    .name = "lru_cache",
    .size = fixed_size,
    .refs = lru_refs,
    .exact_extent = true,
};
const struct pytype pytype_methodcaller = {
    .name = "methodcaller",
    .size = fixed_size,
    .refs = methodcaller_refs,
    .buffers = methodcaller_buffers,
    .exact_extent = true,
};
const struct pytype pytype_hamt_bitmap = {
    .name = "hamt_bitmap", .refs = bitmap_refs, .exact_extent = true};
const struct pytype pytype_hamt_collision = {
    .name = "hamt_collision", .refs = collision_refs, .exact_extent = true};
const struct pytype pytype_hamt_array = {
    .name = "hamt_array",
    .size = fixed_size,
    .refs = array_refs,
    .exact_extent = true,
};
