/* SPDX-License-Identifier: Apache-2.0 */
#include "layout/rows.h"

static const struct debug_word {
	const char *path;
	int16_t at[3]; /* 3.13, 3.14, 3.15 */
} debug_words[] = {
#define DEBUG_OFFSET(path, v13, v14, v15) {path, {v13, v14, v15}},
#include "layout/debugoffsets.def"
#undef DEBUG_OFFSET
};

#define DEBUG_FIRST_MINOR 13
#define DEBUG_OFFSET_MAX  (4u << 20) /* no struct is larger */

uint32_t debug_offsets_version(const uint8_t *table, size_t len, bool *free_threaded)
{
	uint64_t version, flag;

	if (len < 24 || memcmp(table, "xdebugpy", 8))
		return 0;
	version = load64(table + 8);
	flag = load64(table + 16);
	if (!layout_version_sane(version) || flag > 1)
		return 0;
	*free_threaded = flag;
	return (uint32_t)version;
}

static int debug_column(uint32_t version)
{
	int minor = (int)(version >> 16 & 255) - DEBUG_FIRST_MINOR;

	return version >> 24 == 3 && minor >= 0 && minor < (int)ARRAY_SIZE(debug_words[0].at)
		   ? minor
		   : -1;
}

/* The word behind a path, -1 if the version has none or it cannot be an offset. */
static int32_t debug_value(const uint8_t *table, size_t len, int column, const char *path, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(debug_words); i++) {
		const struct debug_word *w = &debug_words[i];
		uint64_t v;

		if (strncmp(w->path, path, n) || w->path[n] || w->at[column] < 0 ||
		    (size_t)w->at[column] + 8 > len)
			continue;
		v = load64(table + w->at[column]);
		return v < DEBUG_OFFSET_MAX ? (int32_t)v : -1;
	}
	return -1;
}

/* "list_object.ob_item" -> the value of "list_object.size" */
static int32_t debug_struct_size(const uint8_t *table, size_t len, int column, const char *path)
{
	char name[64];
	size_t n = strcspn(path, ".");

	if (n + sizeof(".size") > sizeof(name))
		return -1;
	memcpy(name, path, n);
	memcpy(name + n, ".size", sizeof(".size"));
	return debug_value(table, len, column, name, n + 5);
}

static void cross_check_field(struct layout *L, enum field_id f, int32_t offset, int32_t size)
{
	const struct field_row *row = &field_rows[f];
	struct field k = {.offset = offset, .size = row->width, .source = FROM_DEBUG_OFFSETS};

	if (layout_has(L, f)) {
		if (L->f[f].offset == offset)
			return;
		if (L->n_conflicts < ARRAY_SIZE(L->conflicts))
			L->conflicts[L->n_conflicts] =
			    (struct layout_conflict){f, L->f[f].offset, offset};
		L->n_conflicts++;
		return;
	}
	/* Only for structs that DWARF does not know at all: elsewhere an absent field is an answer.
	 */
	if (L->size_source[row->s] == FROM_DWARF || size <= 0)
		return;
	L->size[row->s] = (uint32_t)size;
	L->size_source[row->s] = FROM_DEBUG_OFFSETS;
	layout_take(L, f, k);
}

uint32_t layout_cross_check(struct layout *L, const uint8_t *table, size_t len)
{
	bool free_threaded;
	int column = debug_column(debug_offsets_version(table, len, &free_threaded));
	uint32_t covered = 0;

	for (size_t f = 0; column >= 0 && f < F_COUNT; f++) {
		const char *path = field_rows[f].debug_offsets;
		int32_t offset = path ? debug_value(table, len, column, path, strlen(path)) : -1;

		if (offset < 0)
			continue;
		covered++;
		cross_check_field(L, (enum field_id)f, offset,
				  debug_struct_size(table, len, column, path));
	}
	return covered;
}
