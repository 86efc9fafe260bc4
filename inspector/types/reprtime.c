/* SPDX-License-Identifier: Apache-2.0 */
/* datetime and zoneinfo: packed bytes, the highest first. */
#include "types/repr.h"

#define PACKED_MAX 10

/* Bytes of the packed form. Says "unknown" itself if they are not there. */
static bool packed(struct repr *r, addr_t obj, enum field_id data, uint8_t *out, size_t n)
{
	const struct field *f = &r->py->L.f[data];

	if (f->offset >= 0 && target_read(r->py->t, obj + (addr_t)f->offset, out, n))
		return true;
	repr_unknown(r, obj);
	return false;
}

static unsigned year_of(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void open_class(struct repr *r, addr_t obj)
{
	repr_tp_name(r, peek_type(r->py, obj));
	buf_char(r->out, '(');
}

void repr_date(struct repr *r, addr_t obj)
{
	uint8_t p[4];

	if (!packed(r, obj, F_date_data, p, sizeof(p)))
		return;
	open_class(r, obj);
	buf_printf(r->out, "%u, %u, %u)", year_of(p), p[2], p[3]);
}

/* "3, 4": seconds and their parts where they are not 0. */
static void put_clock(struct repr *r, const uint8_t *p)
{
	unsigned parts = (unsigned)p[3] << 16 | (unsigned)p[4] << 8 | p[5];

	buf_printf(r->out, "%u, %u", p[0], p[1]);
	if (p[2] || parts)
		buf_printf(r->out, ", %u", p[2]);
	if (parts)
		buf_printf(r->out, ", %u", parts);
}

static void put_zone(struct repr *r, addr_t obj, enum field_id has, enum field_id zone,
		     enum field_id fold)
{
	if (peek_int(r->py, obj, has, 0)) {
		buf_str(r->out, ", tzinfo=");
		repr_inner(r, peek_ptr(r->py, obj, zone));
	}
	if (peek_int(r->py, obj, fold, 0))
		buf_str(r->out, ", fold=1");
	buf_char(r->out, ')');
}

void repr_datetime(struct repr *r, addr_t obj)
{
	uint8_t p[PACKED_MAX];

	if (!packed(r, obj, F_datetime_data, p, sizeof(p)))
		return;
	open_class(r, obj);
	buf_printf(r->out, "%u, %u, %u, ", year_of(p), p[2], p[3]);
	put_clock(r, p + 4);
	put_zone(r, obj, F_datetime_hastzinfo, F_datetime_tzinfo, F_datetime_fold);
}

void repr_time(struct repr *r, addr_t obj)
{
	uint8_t p[6];

	if (!packed(r, obj, F_time_data, p, sizeof(p)))
		return;
	open_class(r, obj);
	put_clock(r, p);
	put_zone(r, obj, F_time_hastzinfo, F_time_tzinfo, F_time_fold);
}

void repr_timedelta(struct repr *r, addr_t obj)
{
	static const char *const names[] = {"days", "seconds", "microseconds"};
	bool named = layout_has_const(&r->py->L, C_REPR_DELTA_NAMES);
	int64_t parts[] = {peek_int(r->py, obj, F_timedelta_days, 0),
			   peek_int(r->py, obj, F_timedelta_seconds, 0),
			   peek_int(r->py, obj, F_timedelta_microseconds, 0)};
	int last = parts[2] ? 2 : parts[1] ? 1 : 0, shown = 0;

	open_class(r, obj);
	for (int i = 0; i <= last; i++) {
		if (named && !parts[i])
			continue;
		buf_str(r->out, shown++ ? ", " : "");
		if (named)
			buf_printf(r->out, "%s=", names[i]);
		buf_printf(r->out, "%lld", (long long)parts[i]);
	}
	buf_str(r->out, shown ? ")" : "0)");
}

static bool is_zero(const struct python *py, addr_t delta)
{
	return !peek_int(py, delta, F_timedelta_days, 1) &&
	       !peek_int(py, delta, F_timedelta_seconds, 1) &&
	       !peek_int(py, delta, F_timedelta_microseconds, 1);
}

void repr_timezone(struct repr *r, addr_t obj)
{
	addr_t offset = peek_ptr(r->py, obj, F_timezone_offset);
	addr_t name = peek_ptr(r->py, obj, F_timezone_name);

	if (!offset) {
		repr_unknown(r, obj);
		return;
	}
	repr_tp_name(r, peek_type(r->py, obj));
	if (!name && is_zero(r->py, offset)) {
		buf_str(r->out, ".utc");
		return;
	}
	buf_char(r->out, '(');
	repr_inner(r, offset);
	if (name) {
		buf_str(r->out, ", ");
		repr_inner(r, name);
	}
	buf_char(r->out, ')');
}

void repr_zoneinfo(struct repr *r, addr_t obj)
{
	addr_t key = peek_ptr(r->py, obj, F_zoneinfo_key);

	if (!key || key == r->py->known[K_none]) {
		repr_default(r, obj);
		return;
	}
	open_class(r, obj);
	buf_str(r->out, "key=");
	repr_inner(r, key);
	buf_char(r->out, ')');
}
