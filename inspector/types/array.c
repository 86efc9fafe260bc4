/* SPDX-License-Identifier: Apache-2.0 */
/* array.array and struct.Struct. */
#include "types/family.h"

#define CODES_MAX (1u << 20)

static uint64_t item_size(const struct typectx *c, const struct object *o)
{
	const uint8_t *at = struct_at(c, obj_u64(c, o, F_array_ob_descr), S_array_descr);
	uint64_t n = at ? field_uint(c->L, at, F_array_descr_itemsize) : 0;

	return n <= 16 ? n : 0;
}

/* 2.7's array has no __sizeof__: the buffer is not counted, nor is it by `object` (no itemsize). */
static uint64_t array_size(const struct typectx *c, const struct object *o)
{
	uint64_t each = item_size(c, o);

	if (has(c, F_int27_ob_ival))
		return o->type->basicsize;
	return each ? size_var(o->type->basicsize, obj_u64(c, o, F_array_allocated), each) : SIZE_BAD;
}

static void array_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	uint64_t n = obj_u64(c, o, F_array_allocated);

	if (n < OWNED_MAX / 16)
		own(b, obj_u64(c, o, F_array_ob_item), n * item_size(c, o));
}

/* The compiled format ends at a code without a definition. */
static uint64_t codes(const struct typectx *c, const struct object *o)
{
	uint32_t each = c->L->size[S_formatcode];
	addr_t at = obj_u64(c, o, F_structobj_s_codes);

	for (uint64_t n = 0; each && n < CODES_MAX; n++, at += each) {
		const uint8_t *p = image_at(c->im, at, each);

		if (!p)
			return SIZE_BAD;
		if (!field_u64(c->L, p, F_formatcode_fmtdef))
			return n;
	}
	return SIZE_BAD;
}

static uint64_t struct_size(const struct typectx *c, const struct object *o)
{
	uint64_t n = codes(c, o);

	return n == SIZE_BAD ? n : size_var(base_size(c, o, S_structobj), n + 1, c->L->size[S_formatcode]);
}

static void struct_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	uint64_t n = codes(c, o);

	if (n != SIZE_BAD)
		own(b, obj_u64(c, o, F_structobj_s_codes), (n + 1) * c->L->size[S_formatcode]);
}

const struct pytype pytype_array = {
	.name = "array",
	.size = array_size,
	.extent = plain_extent,
	.buffers = array_buffers,
	.exact_extent = true,
};
const struct pytype pytype_structobj = {
	.name = "Struct",
	.size = struct_size,
	.extent = plain_extent,
	.buffers = struct_buffers,
	.exact_extent = true,
};
