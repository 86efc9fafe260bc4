/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "elf/dwarfinfo.h"
#include "layout/rows.h"

const char *units_files(const char *units)
{
	const char *colon = strchr(units, ':');

	return colon ? colon + 1 : units;
}

const char *units_modules(const char *units, size_t *len)
{
	const char *colon = strchr(units, ':');

	*len = colon ? (size_t)(colon - units) : 0;
	return colon ? units : NULL;
}

/* Is name one of the comma-separated modules? */
static bool units_of_module(const char *units, const char *name)
{
	size_t len, n = strlen(name);
	const char *at = units_modules(units, &len), *end = at + len;

	while (at && at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		size_t item = (size_t)((comma ? comma : end) - at);

		if (item == n && !memcmp(at, name, n))
			return true;
		at = comma ? comma + 1 : NULL;
	}
	return false;
}

bool layout_knows_extension(const char *name)
{
	for (size_t s = 0; s < S_COUNT; s++)
		if (units_of_module(struct_rows[s].units, name))
			return true;
	return false;
}

bool layout_extension_name(const char *path, char *out, size_t size)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t n = strcspn(base, "."), suffix = strlen("module");

	if (!strstr(base, ".so") || !n)
		return false;
	/* 2.x also knows foomodule.so */
	if (n > suffix && !memcmp(base + n - suffix, "module", suffix))
		n -= suffix;
	if (n >= size)
		return false;
	memcpy(out, base, n);
	out[n] = 0;
	return true;
}

/*
 * Bit-fields: their storage unit may be larger than what they need and reach behind the struct, so
 * it is cut to the bytes that hold them.
 */
static void field_narrow(struct field *k)
{
	unsigned bits;

	k->offset += k->bit_pos / 8;
	k->bit_pos %= 8;
	bits = k->bit_pos + k->bit_size;
	k->size = bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
}

static void resolve_field(struct layout *L, struct dwarf_info *w, struct dwarf_type t,
			  enum field_id f)
{
	struct dwarf_member m;
	struct field k = {.source = FROM_DWARF};

	if (!dwarf_find_member(w, t, field_rows[f].paths, &m))
		return;
	if (m.offset < 0 || m.offset > INT32_MAX || m.size > UINT32_MAX) {
		L->n_rejected++;
		return;
	}
	k.offset = (int32_t)m.offset;
	k.size = (uint32_t)m.size;
	k.stride = m.stride <= UINT32_MAX ? (uint32_t)m.stride : 0;
	k.bit_pos = m.bit_pos;
	k.bit_size = m.bit_size;
	if (k.bit_size)
		field_narrow(&k);
	layout_take(L, f, k);
}

/* Structs in memory of a size that nobody has are damage, not structs. */
#define STRUCT_SIZE_MAX (16u << 20)

static bool resolve_struct(struct layout *L, struct dwarf_info *w, enum struct_id s,
			   bool only_units)
{
	const struct struct_row *row = &struct_rows[s];
	struct dwarf_type t;
	uint64_t size;

	if (!dwarf_find_type(w, row->names, units_files(row->units), only_units, &t))
		return false;
	size = dwarf_type_size(w, t);
	if (!size || size > STRUCT_SIZE_MAX)
		return false;
	L->size[s] = (uint32_t)size;
	L->size_source[s] = FROM_DWARF;
	for (size_t f = 0; f < F_COUNT; f++)
		if (field_rows[f].s == s)
			resolve_field(L, w, t, (enum field_id)f);
	return true;
}

/*
 * Needed structs that are not where they have always been may have moved to another source file:
 * then every unit is searched.
 */
static const enum struct_id needed_structs[] = {
    S_object, S_varobject, S_type, S_heaptype, S_interp, S_tstate, S_tuple, S_list, S_dict, S_long,
};

/* Without these fields nothing can be said about any heap. */
static const enum field_id needed_fields[] = {
    F_object_ob_type,	F_varobject_ob_size, F_type_tp_name,	 F_type_tp_basicsize,
    F_type_tp_itemsize, F_type_tp_flags,     F_type_tp_base,	 F_type_tp_dict,
    F_type_tp_mro,	F_heaptype_ht_name,  F_interp_next,	 F_interp_tstate_head,
    F_tstate_next,	F_tstate_interp,     F_tuple_ob_item,	 F_list_ob_item,
    F_long_ob_digit,	F_float_ob_fval,     F_object_ob_refcnt, F_gcgeneration_head,
    F_gchead_gc_next,
};
/* One of each group: the versions' alternatives. */
static const enum field_id needed_one_of[][2] = {
    {F_dict_ma_keys, F_dict27_ma_table},
    {F_ascii_length, F_unicode27_length},
    {F_long_ob_size, F_long_lv_tag},
};

enum err layout_check(const struct layout *L, struct diag *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(needed_fields); i++)
		if (!layout_has(L, needed_fields[i]))
			return diag_set(d, ERR_NO_LAYOUT,
					"the debug information does not say where '%s' lies",
					field_name(needed_fields[i]));
	for (size_t i = 0; i < ARRAY_SIZE(needed_one_of); i++)
		if (!layout_has(L, needed_one_of[i][0]) && !layout_has(L, needed_one_of[i][1]))
			return diag_set(d, ERR_NO_LAYOUT,
					"the debug information does not say where '%s' lies",
					field_name(needed_one_of[i][0]));
	return OK;
}

static void resolve_flags(struct layout *L)
{
	L->trace_refs = layout_has(L, F_object_ob_next);
	/* A header without ob_refcnt, with ob_tid instead */
	L->free_threaded = layout_has(L, F_object_ob_tid);
}

enum err layout_resolve(struct layout *L, struct elf_file *f, struct diag *d)
{
	struct dwarf_info *w;
	enum err e = dwarf_info_get(f, &w, d);

	if (e)
		return e;
	for (size_t s = 0; s < S_COUNT; s++)
		resolve_struct(L, w, (enum struct_id)s, true);
	for (size_t i = 0; i < ARRAY_SIZE(needed_structs); i++)
		if (!L->size[needed_structs[i]])
			resolve_struct(L, w, needed_structs[i], false);
	resolve_flags(L);
	return layout_check(L, d);
}

size_t layout_resolve_extension(struct layout *L, struct elf_file *f, const char *name)
{
	struct dwarf_info *w;
	struct diag ignored = {0};
	size_t found = 0;

	if (dwarf_info_get(f, &w, &ignored))
		return 0;
	for (size_t s = 0; s < S_COUNT; s++)
		if (!L->size[s] && units_of_module(struct_rows[s].units, name))
			found += resolve_struct(L, w, (enum struct_id)s, true);
	return found;
}
