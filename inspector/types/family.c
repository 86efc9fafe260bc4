/* SPDX-License-Identifier: Apache-2.0 */
#include "types/family.h"

const struct family_row family_rows[FAMILY_COUNT] = {
#define TYPE(id, key, py, names) {#id, F_##key, &pytype_##py, names},
#define REF(id, field, label)
#define OWN(id, field, label)
#include "types/types.def"
#undef TYPE
#undef REF
#undef OWN
};

static const struct ref_row {
	uint16_t family;
	bool beyond_traverse;
	enum field_id field;
	const char *label;
} ref_rows[] = {
#define TYPE(id, key, py, names)
#define REF(id, field, label) {FAMILY_##id, false, F_##field, label},
#define OWN(id, field, label) {FAMILY_##id, true, F_##field, label},
#include "types/types.def"
#undef TYPE
#undef REF
#undef OWN
};

/* Width of each field as the rows say: 0 for arrays at the end, which do not count as part of the
 * fixed struct. */
static const uint8_t field_width[F_COUNT] = {
#define STRUCT(id, names, units)
#define FIELD(s, field, width, paths, debug_offsets) [F_##s##_##field] = width,
#include "layout/fields.def"
#undef STRUCT
#undef FIELD
};

bool family_fits(const struct layout *L, enum family_id id, uint32_t basicsize)
{
	enum struct_id s = field_struct(family_rows[id].key);

	if (!layout_has(L, family_rows[id].key))
		return false;
	for (int f = 0; f < F_COUNT; f++)
		if (field_width[f] && field_struct(f) == s && layout_has(L, f) &&
		    (uint32_t)L->f[f].offset + field_width[f] > basicsize)
			return false;
	return true;
}

bool is_one_of(const char *names, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = names; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
		if (!strncmp(p, name, n) && (p[n] == '|' || !p[n]))
			return true;
	return false;
}

enum family_id family_find(const struct layout *L, const char *name, uint32_t basicsize)
{
	for (int i = 0; i < FAMILY_COUNT; i++)
		if (is_one_of(family_rows[i].names, name) && family_fits(L, i, basicsize))
			return i;
	return FAMILY_COUNT;
}

/* A base's row may have told it already. */
static bool has_offset(const struct type_ref *refs, size_t n, uint32_t offset)
{
	for (size_t i = 0; i < n; i++)
		if (refs[i].offset == offset)
			return true;
	return false;
}

size_t family_refs(const struct layout *L, enum family_id id, uint32_t basicsize,
		   struct type_ref *refs, size_t n, size_t max)
{
	for (size_t i = 0; i < ARRAY_SIZE(ref_rows) && n < max; i++) {
		const struct ref_row *r = &ref_rows[i];
		const struct field *f = &L->f[r->field];

		if (r->family == id && f->offset >= 0 && f->size == 8 &&
		    (uint32_t)f->offset + 8 <= basicsize &&
		    !has_offset(refs, n, (uint32_t)f->offset))
			refs[n++] = (struct type_ref){(uint32_t)f->offset, r->label, true};
	}
	return n;
}

bool family_beyond_traverse(enum family_id id, const char *label)
{
	for (size_t i = 0; i < ARRAY_SIZE(ref_rows); i++)
		if (ref_rows[i].family == id && ref_rows[i].beyond_traverse &&
		    !strcmp(ref_rows[i].label, label))
			return true;
	return false;
}
