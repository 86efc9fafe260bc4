/* SPDX-License-Identifier: Apache-2.0 */
/* datetime, zoneinfo, decimal. */
#include "types/family.h"

/* Objects without a time zone are allocated without the field for it, though tp_basicsize counts
 * it. */
static bool has_zone(const struct typectx *c, const struct object *o, enum field_id hastzinfo,
		     enum field_id tzinfo)
{
	return at_uint(c, o->at, hastzinfo) && image_at(c->im, o->addr, offset_of(c, tzinfo) + 8);
}

static uint64_t zone_extent(const struct typectx *c, const struct object *o,
			    enum field_id hastzinfo, enum field_id tzinfo)
{
	return has_zone(c, o, hastzinfo, tzinfo) || o->type->python_class ? plain_extent(c, o)
									  : offset_of(c, tzinfo);
}

/* The smallest instance of the type itself ends where the time zone would be. */
static void zone_init(const struct typectx *c, struct typeinfo *ti, enum field_id tzinfo)
{
	if (!ti->python_class)
		ti->least = offset_of(c, tzinfo);
}

static void datetime_init(const struct typectx *c, struct typeinfo *ti)
{
	zone_init(c, ti, F_datetime_tzinfo);
}

static void time_init(const struct typectx *c, struct typeinfo *ti)
{
	zone_init(c, ti, F_time_tzinfo);
}

static uint64_t datetime_extent(const struct typectx *c, const struct object *o)
{
	return zone_extent(c, o, F_datetime_hastzinfo, F_datetime_tzinfo);
}

static uint64_t time_extent(const struct typectx *c, const struct object *o)
{
	return zone_extent(c, o, F_time_hastzinfo, F_time_tzinfo);
}

static void datetime_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	if (has_zone(c, o, F_datetime_hastzinfo, F_datetime_tzinfo))
		visit(v, obj_u64(c, o, F_datetime_tzinfo), EDGE_FIELD, (uintptr_t) "tzinfo");
}

static void time_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	if (has_zone(c, o, F_time_hastzinfo, F_time_tzinfo))
		visit(v, obj_u64(c, o, F_time_tzinfo), EDGE_FIELD, (uintptr_t) "tzinfo");
}

#define TRANSITIONS_MAX (1u << 20)

static void zoneinfo_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	uint64_t n = obj_u64(c, o, F_zoneinfo_num_transitions);
	addr_t wall;

	if (n > TRANSITIONS_MAX)
		return;
	own(b, obj_u64(c, o, F_zoneinfo_trans_list_utc), n * 8);
	own(b, obj_u64(c, o, F_zoneinfo_trans_ttinfos), n * 8);
	for (int i = 0; i < 2 && has(c, F_zoneinfo_trans_list_wall); i++) {
		wall = load64(o->at + offset_of(c, F_zoneinfo_trans_list_wall) + i * 8);
		own(b, wall, n * 8);
	}
	own(b, obj_u64(c, o, F_zoneinfo_ttinfos), 1);
}

/* ---- decimal: digits inside the object, or in a buffer of 8-byte words ---- */

static uint64_t decimal_words(const struct typectx *c, const struct object *o)
{
	uint64_t n = obj_u64(c, o, F_decimal_dec_alloc);

	if (at_uint(c, o->at, F_decimal_dec_flags) & c->L->c[C_MPD_DATAFLAGS])
		return 0;
	return n < OWNED_MAX / 8 ? n : 0;
}

static uint64_t decimal_size(const struct typectx *c, const struct object *o)
{
	return o->type->basicsize + decimal_words(c, o) * 8;
}

static void decimal_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	own(b, obj_u64(c, o, F_decimal_dec_data), decimal_words(c, o) * 8);
}

const struct pytype pytype_datetime = {
    .type_init = datetime_init,
    .name = "datetime",
    .size = fixed_size,
    .extent = datetime_extent,
    .refs = datetime_refs,
    .exact_extent = true,
};
const struct pytype pytype_time = {
    .type_init = time_init,
    .name = "time",
    .size = fixed_size,
    .extent = time_extent,
    .refs = time_refs,
    .exact_extent = true,
};
const struct pytype pytype_zoneinfo = {
    .name = "ZoneInfo",
    .size = fixed_size,
    .buffers = zoneinfo_buffers,
    .exact_extent = true,
};
const struct pytype pytype_decimal = {
    .name = "Decimal",
    .size = decimal_size,
    .extent = plain_extent,
    .buffers = decimal_buffers,
    .exact_extent = true,
};
