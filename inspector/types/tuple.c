/* SPDX-License-Identifier: Apache-2.0 */
/* tuple, list, and C types on top of tuple that have more fields than they show (os.stat_result).
 */
#include "types/family.h"

static void tuple_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	visit_array(c, o->addr + offset_of(c, F_tuple_ob_item), obj_items(c, o), EDGE_INDEX, 0, v);
}

static bool tuple_plausible(const struct typectx *c, const struct object *o)
{
	int64_t n = obj_size(c, o);

	return n >= 0 && n < (int64_t)(OWNED_MAX / 8) &&
	       image_at(c->im, o->addr + offset_of(c, F_tuple_ob_item), n * 8);
}

static uint64_t structseq_fields(const struct typectx *c, const struct object *o)
{
	return max_of(o->type->extra, obj_items(c, o));
}

static uint64_t structseq_extent(const struct typectx *c, const struct object *o)
{
	return size_var(o->type->basicsize, structseq_fields(c, o), o->type->itemsize);
}

static void structseq_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	visit_array(c, o->addr + offset_of(c, F_tuple_ob_item), structseq_fields(c, o), EDGE_INDEX,
		    0, v);
}

static uint64_t list_size(const struct typectx *c, const struct object *o)
{
	return size_var(o->type->basicsize, obj_u64(c, o, F_list_allocated), 8);
}

static void list_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	visit_array(c, obj_u64(c, o, F_list_ob_item), obj_items(c, o), EDGE_INDEX, 0, v);
}

static void list_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	if (obj_u64(c, o, F_list_allocated) < OWNED_MAX / 8)
		own(b, obj_u64(c, o, F_list_ob_item), obj_u64(c, o, F_list_allocated) * 8);
}

static bool list_plausible(const struct typectx *c, const struct object *o)
{
	int64_t n = obj_size(c, o), room = (int64_t)obj_u64(c, o, F_list_allocated);

	if (n < 0 || n > room || room > (int64_t)(OWNED_MAX / 8))
		return room == -1; /* while list.sort() runs */
	return !room || image_at(c->im, obj_u64(c, o, F_list_ob_item), n * 8);
}

const struct pytype pytype_tuple = {
    .name = "tuple",
    .size = var_size,
    .plausible = tuple_plausible,
    .refs = tuple_refs,
    .exact_extent = true,
};
const struct pytype pytype_structseq = {
    .name = "structseq",
    .size = var_size,
    .extent = structseq_extent,
    .plausible = tuple_plausible,
    .refs = structseq_refs,
    .exact_extent = true,
};
const struct pytype pytype_list = {
    .name = "list",
    .size = list_size,
    .plausible = list_plausible,
    .refs = list_refs,
    .buffers = list_buffers,
    .exact_extent = true,
};
