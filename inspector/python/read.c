/* SPDX-License-Identifier: Apache-2.0 */
#include "python/priv.h"

bool py_is_own(const struct python *py, addr_t addr)
{
	uint8_t byte;

	return target_read(py->t, addr, &byte, 1) && !target_initial(py->t, addr);
}

bool py_field(const struct python *py, addr_t base, enum field_id f, uint64_t *out)
{
	const struct field *k = &py->L.f[f];
	uint64_t v = 0;
	size_t size = min_of(k->size ? k->size : 8, 8);

	if (k->offset < 0 || !base || !target_read(py->t, base + (uint32_t)k->offset, &v, size))
		return false;
	*out = k->bit_size ? v >> k->bit_pos & ((1ull << k->bit_size) - 1) : v;
	return true;
}

bool py_field_int(const struct python *py, addr_t base, enum field_id f, int64_t *out)
{
	uint64_t v;

	if (!py_field(py, base, f, &v))
		return false;
	*out = py->L.f[f].size == 4 ? (int32_t)v : py->L.f[f].size == 1 ? (int8_t)v : (int64_t)v;
	return true;
}

bool py_int(const struct python *py, addr_t addr, int64_t *out)
{
	uint32_t v;

	if (!addr || !target_read_u32(py->t, addr, &v))
		return false;
	*out = (int32_t)v;
	return true;
}

bool py_type_of(const struct python *py, addr_t object, addr_t *out)
{
	return py_field(py, object, F_object_ob_type, out);
}

bool py_type_name(const struct python *py, addr_t type, char *out, size_t size)
{
	addr_t name;

	if (!py_field(py, type, F_type_tp_name, &name) || !name ||
	    !target_read_string(py->t, name, out, size))
		return false;
	for (const char *p = out; *p; p++)
		if (*p < ' ' || *p > '~')
			return false;
	return *out;
}

bool py_is_type(const struct python *py, addr_t type)
{
	addr_t meta;
	uint64_t flags;

	return type && !(type & 7) && py_type_of(py, type, &meta) && !(meta & 7) &&
	       py_field(py, meta, F_type_tp_flags, &flags) &&
	       flags & py->L.c[C_TPFLAGS_TYPE_SUBCLASS];
}

bool py_flags_of(const struct python *py, addr_t object, uint64_t *out)
{
	addr_t type;

	return py_type_of(py, object, &type) && py_is_type(py, type) &&
	       py_field(py, type, F_type_tp_flags, out);
}

/* Digits of 30 bits (15 where a digit has two bytes), least significant first. */
static bool digits_value(const struct python *py, addr_t object, uint64_t n, bool negative,
			 int64_t *out)
{
	const struct field *k = &py->L.f[F_long_ob_digit];
	unsigned width = k->stride ? k->stride : 4, shift = width == 2 ? 15 : 30;
	uint64_t value = 0;

	if (n > 62 / shift + 1)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t digit = 0;

		if (!target_read(py->t, object + (uint32_t)k->offset + i * width, &digit, width) ||
		    digit >> (62 - i * shift) >> 1)
			return false;
		value |= digit << (i * shift);
	}
	*out = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

bool py_small_int(const struct python *py, addr_t object, int64_t *out)
{
	const uint64_t *c = py->L.c;
	uint64_t flags, tag;
	int64_t size;

	if (!py_flags_of(py, object, &flags))
		return false;
	if (layout_has_const(&py->L, C_TPFLAGS_INT_SUBCLASS) && flags & c[C_TPFLAGS_INT_SUBCLASS])
		return py_field_int(py, object, F_int27_ob_ival, out);
	if (!(flags & c[C_TPFLAGS_LONG_SUBCLASS]))
		return false;
	if (layout_has(&py->L, F_long_lv_tag))
		return py_field(py, object, F_long_lv_tag, &tag) &&
		       digits_value(py, object, tag >> c[C_LONG_NON_SIZE_BITS],
				    (tag & c[C_LONG_SIGN_MASK]) == 2, out);
	return py_field_int(py, object, F_varobject_ob_size, &size) && size > INT32_MIN &&
	       digits_value(py, object, (uint64_t)(size < 0 ? -size : size), size < 0, out);
}
