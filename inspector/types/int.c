/* SPDX-License-Identifier: Apache-2.0 */
/* int (2.7: long; its int is fixed). The number of digits is |ob_size| up to 3.11, a part of lv_tag
 * after. */
#include "types/family.h"

static uint64_t digits(const struct typectx *c, const struct object *o)
{
	if (has(c, F_long_lv_tag))
		return obj_u64(c, o, F_long_lv_tag) >> c->L->c[C_LONG_NON_SIZE_BITS];
	return obj_count(c, o);
}

/* A digit has 4 bytes (2 in builds with 15-bit digits). */
static uint32_t digit_size(const struct typectx *c)
{
	const struct field *f = &c->L->f[F_long_ob_digit];

	return f->stride ? f->stride : f->size ? f->size : 4;
}

static uint64_t long_size(const struct typectx *c, const struct object *o)
{
	uint64_t n = digits(c, o);

	if (layout_has_const(c->L, C_LONG_SIZE_MIN_DIGITS))
		n = max_of(n, c->L->c[C_LONG_SIZE_MIN_DIGITS]);
	return size_var(has(c, F_int27_ob_ival) ? o->type->basicsize
						: offset_of(c, F_long_ob_digit),
			n, digit_size(c));
}

/* Subclasses have their own fields, and keep at least as many bytes as their basicsize. */
static uint64_t long_extent(const struct typectx *c, const struct object *o)
{
	uint64_t n = size_var(offset_of(c, F_long_ob_digit), digits(c, o), digit_size(c));

	return max_of(n, o->type->basicsize);
}

static bool long_plausible(const struct typectx *c, const struct object *o)
{
	uint64_t n = long_extent(c, o);

	return n < OWNED_MAX && image_at(c->im, o->addr, n);
}

const struct pytype pytype_long = {
    .name = "int",
    .size = long_size,
    .extent = long_extent,
    .plausible = long_plausible,
};
