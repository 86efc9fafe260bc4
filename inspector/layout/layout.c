/* SPDX-License-Identifier: Apache-2.0 */
#include "layout/rows.h"

const struct struct_row struct_rows[S_COUNT] = {
#define STRUCT(id, names, units) {#id, names, units},
#define FIELD(s, field, width, paths, debug_offsets)
#include "layout/fields.def"
#undef STRUCT
#undef FIELD
};

const struct field_row field_rows[F_COUNT] = {
#define STRUCT(id, names, units)
#define FIELD(s, field, width, paths, debug_offsets)                                               \
	{S_##s, width, #s "." #field, paths, debug_offsets},
#include "layout/fields.def"
#undef STRUCT
#undef FIELD
};

static const char *const const_names[C_COUNT] = {
#define CONST(id, value, since, before) #id,
#define CONST_AGAIN(id, value, since, before)
#include "layout/consts.def"
#undef CONST_AGAIN
#undef CONST
};

const char *field_name(enum field_id f)
{
	return field_rows[f].id;
}

enum struct_id field_struct(enum field_id f)
{
	return field_rows[f].s;
}

const char *struct_name(enum struct_id s)
{
	return struct_rows[s].id;
}

const char *const_name(enum const_id c)
{
	return const_names[c];
}

const char *field_source_name(enum field_source s)
{
	static const char *const names[] = {
	    [FROM_NOWHERE] = "absent",
	    [FROM_DWARF] = "DWARF",
	    [FROM_DEBUG_OFFSETS] = "debug offsets",
	    [FROM_TABLE] = "table",
	    [FROM_CODE] = "code",
	};

	return s < ARRAY_SIZE(names) ? names[s] : "?";
}

void layout_init(struct layout *L)
{
	memset(L, 0, sizeof(*L));
	for (size_t f = 0; f < F_COUNT; f++)
		L->f[f].offset = -1;
	for (size_t c = 0; c < C_COUNT; c++)
		L->c[c] = CONST_ABSENT;
}

bool layout_take(struct layout *L, enum field_id f, struct field field)
{
	const struct field_row *row = &field_rows[f];
	uint64_t end = (uint64_t)field.offset + field.size;

	/* Arrays at the end of a struct may have no size of their own, and then the struct ends
	 * where they begin. */
	if (field.offset < 0 || end > L->size[row->s] ||
	    (row->width && field.size != row->width && !field.bit_size) ||
	    (field.bit_size && field.bit_pos + field.bit_size > 8 * field.size)) {
		L->n_rejected++;
		return false;
	}
	L->f[f] = field;
	return true;
}
