/* SPDX-License-Identifier: Apache-2.0 */
/* array.array and struct.Struct. */
#include "types/typetab.h"

#define CODES_MAX (1u << 20)

/* The descriptor of an item type is constant data of the module. */
static uint64_t item_size(const struct typectx *c, const struct object *o)
{
	addr_t at = obj_u64(c, o, F_array_ob_descr);
	uint64_t word;
	uint32_t n;

	if (!at || !has(c, F_array_descr_itemsize) ||
	    !typetab_word(c->types, at + offset_of(c, F_array_descr_itemsize), &word))
		return 0;
	n = c->L->f[F_array_descr_itemsize].size == 4 ? (uint32_t)word
						      : (uint32_t)min_of(word, 255ull);
	return n <= 16 ? n : 0;
}

static uint64_t array_size(const struct typectx *c, const struct object *o)
{
	uint64_t each = item_size(c, o);

	return each ? size_var(o->type->basicsize, obj_u64(c, o, F_array_allocated), each)
		    : SIZE_BAD;
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
		if (!at_u64(c, p, F_formatcode_fmtdef))
			return n;
	}
	return SIZE_BAD;
}

static uint64_t struct_size(const struct typectx *c, const struct object *o)
{
	uint64_t n = codes(c, o);

	return n == SIZE_BAD ? n : size_var(o->type->basicsize, n + 1, c->L->size[S_formatcode]);
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
