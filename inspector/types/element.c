/* SPDX-License-Identifier: Apache-2.0 */
/* xml.etree.ElementTree.Element and the iterator over a tree of them. */
#include "types/family.h"

#define CHILDREN_MAX (OWNED_MAX / 8)

static const uint8_t *extra(const struct typectx *c, const struct object *o)
{
	return struct_at(c, obj_u64(c, o, F_element_extra), S_element_extra);
}

/* The first few children lie in the extra struct itself. */
static bool children_inside(const struct typectx *c, const struct object *o, const uint8_t *ex)
{
	return at_u64(c, ex, F_element_extra_children) ==
	       obj_u64(c, o, F_element_extra) + offset_of(c, F_element_extra_static_children);
}

static uint64_t element_size(const struct typectx *c, const struct object *o)
{
	const uint8_t *ex;

	if (!obj_u64(c, o, F_element_extra))
		return o->type->basicsize;
	ex = extra(c, o);
	if (!ex)
		return SIZE_BAD;
	return size_var(o->type->basicsize + c->L->size[S_element_extra],
			children_inside(c, o, ex) ? 0 : at_uint(c, ex, F_element_extra_allocated),
			8);
}

/* text and tail are tagged: bit 0 says that it is a list whose strings are still to be joined. */
static void element_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	const uint8_t *ex = extra(c, o);
	uint64_t n;

	visit(v, obj_u64(c, o, F_element_text) & ~1ull, EDGE_FIELD, (uintptr_t) "text");
	visit(v, obj_u64(c, o, F_element_tail) & ~1ull, EDGE_FIELD, (uintptr_t) "tail");
	if (!ex)
		return;
	visit(v, at_u64(c, ex, F_element_extra_attrib), EDGE_FIELD, (uintptr_t) "attrib");
	n = at_uint(c, ex, F_element_extra_length);
	if (n < CHILDREN_MAX)
		visit_array(c, at_u64(c, ex, F_element_extra_children), n, EDGE_INDEX, 0, v);
}

static void element_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	const uint8_t *ex = extra(c, o);
	uint64_t n;

	if (!ex)
		return;
	own(b, obj_u64(c, o, F_element_extra), c->L->size[S_element_extra]);
	n = at_uint(c, ex, F_element_extra_allocated);
	if (!children_inside(c, o, ex) && n < CHILDREN_MAX)
		own(b, at_u64(c, ex, F_element_extra_children), n * 8);
}

/* A stack of {parent, index of the next child}. */
#define STACK_ENTRY 16
#define STACK_MAX   (1u << 20)

static uint64_t stack_used(const struct typectx *c, const struct object *o)
{
	uint64_t n = has(c, F_element_iter_parent_stack_used)
			 ? obj_u64(c, o, F_element_iter_parent_stack_used)
			 : 0;

	return n < STACK_MAX ? n : 0;
}

static void element_iter_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	uint64_t n = stack_used(c, o);
	const uint8_t *at =
	    image_at(c->im, obj_u64(c, o, F_element_iter_parent_stack), n * STACK_ENTRY);

	for (uint64_t i = 0; at && i < n; i++)
		visit(v, load64(at + i * STACK_ENTRY), EDGE_FIELD, (uintptr_t) "parent");
}

static void element_iter_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	uint64_t n = has(c, F_element_iter_parent_stack_size)
			 ? obj_u64(c, o, F_element_iter_parent_stack_size)
			 : 0;

	if (n < STACK_MAX)
		own(b, obj_u64(c, o, F_element_iter_parent_stack), n * STACK_ENTRY);
}

const struct pytype pytype_element = {
    .name = "Element",
    .size = element_size,
    .extent = plain_extent,
    .refs = element_refs,
    .buffers = element_buffers,
    .exact_extent = true,
};
const struct pytype pytype_element_iter = {
    .name = "element_iterator",
    .size = fixed_size,
    .refs = element_iter_refs,
    .buffers = element_iter_buffers,
    .exact_extent = true,
};
