/* SPDX-License-Identifier: Apache-2.0 */
/* 2.7: str (bytes behind a header) and unicode (a struct, and a buffer of UCS2 or UCS4 units). */
#include "types/family.h"

static uint64_t string27_size(const struct typectx *c, const struct object *o)
{
	return size_var(offset_of(c, F_string27_ob_sval) + 1, obj_count(c, o), 1);
}

static uint64_t string27_extent(const struct typectx *c, const struct object *o)
{
	return size_var(o->type->basicsize, obj_count(c, o), 1);
}

static bool string27_plausible(const struct typectx *c, const struct object *o)
{
	const uint8_t *end;

	if (obj_size(c, o) < 0 || obj_count(c, o) > OWNED_MAX)
		return false;
	end = image_at(c->im, o->addr + offset_of(c, F_string27_ob_sval) + obj_count(c, o), 1);
	return end && !*end;
}

/* Builds with 2-byte units name their functions so. */
static uint64_t unit(const struct typectx *c)
{
	return c->py->known[K_ucs2] ? 2 : 4;
}

static uint64_t unicode27_size(const struct typectx *c, const struct object *o)
{
	return size_var(c->L->size[S_unicode27], obj_u64(c, o, F_unicode27_length) + 1, unit(c));
}

static bool unicode27_plausible(const struct typectx *c, const struct object *o)
{
	uint64_t n = obj_u64(c, o, F_unicode27_length);

	return n < OWNED_MAX / 4 &&
	       image_at(c->im, obj_u64(c, o, F_unicode27_str), (n + 1) * unit(c));
}

static void unicode27_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	uint64_t n = obj_u64(c, o, F_unicode27_length);

	if (n < OWNED_MAX / 4)
		own(b, obj_u64(c, o, F_unicode27_str), (n + 1) * unit(c));
}

const struct pytype pytype_string27 = {
    .name = "str",
    .size = string27_size,
    .extent = string27_extent,
    .plausible = string27_plausible,
};
const struct pytype pytype_unicode27 = {
    .name = "unicode",
    .size = unicode27_size,
    .extent = plain_extent,
    .plausible = unicode27_plausible,
    .buffers = unicode27_buffers,
    .exact_extent = true,
};
