/* SPDX-License-Identifier: Apache-2.0 */
/* bytes (3.x), bytearray, the table of a charmap codec. */
#include "types/family.h"

/* bytes(n) takes zeroed memory: pages that nobody has touched since are in no copy, and all zeros. */
static bool never_touched(const struct typectx *c, addr_t addr)
{
	const struct mapping *m = c->py->cut ? NULL : target_mapping(c->py->t, addr);

	return m && m->module < 0 && m->prot & MAP_WRITE;
}

static bool bytes_plausible(const struct typectx *c, const struct object *o)
{
	const uint8_t *at;
	addr_t end;

	if (obj_size(c, o) < 0 || obj_count(c, o) > OWNED_MAX)
		return false;
	end = o->addr + offset_of(c, F_bytes_ob_sval) + obj_count(c, o);
	at = image_at(c->im, end, 1);
	return at ? !*at : never_touched(c, end);
}

static uint64_t bytearray_size(const struct typectx *c, const struct object *o)
{
	return size_var(o->type->basicsize, obj_u64(c, o, F_bytearray_ob_alloc), 1);
}

/* ob_size counts the bytes in use, which lie elsewhere. */
static uint64_t bytearray_extent(const struct typectx *c, const struct object *o)
{
	return plain_extent(c, o);
}

static bool bytearray_plausible(const struct typectx *c, const struct object *o)
{
	return obj_count(c, o) <= obj_u64(c, o, F_bytearray_ob_alloc) ||
	       !obj_u64(c, o, F_bytearray_ob_alloc);
}

static void bytearray_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	own(b, obj_u64(c, o, F_bytearray_ob_bytes), obj_u64(c, o, F_bytearray_ob_alloc));
}

static uint64_t encoding_map_size(const struct typectx *c, const struct object *o)
{
	return o->type->basicsize;
}

/* Two tables of 16 * count2 and 128 * count3 bytes follow the struct. */
static uint64_t encoding_map_extent(const struct typectx *c, const struct object *o)
{
	return o->type->basicsize + 16 * at_uint(c, o->at, F_encoding_map_count2) +
	       128 * at_uint(c, o->at, F_encoding_map_count3);
}

const struct pytype pytype_bytes = {
    .name = "bytes",
    .size = var_size,
    .plausible = bytes_plausible,
    .exact_extent = true,
};
const struct pytype pytype_bytearray = {
    .name = "bytearray",
    .size = bytearray_size,
    .extent = bytearray_extent,
    .plausible = bytearray_plausible,
    .buffers = bytearray_buffers,
    .exact_extent = true,
};
const struct pytype pytype_encoding_map = {
    .name = "EncodingMap",
    .size = encoding_map_size,
    .extent = encoding_map_extent,
};
