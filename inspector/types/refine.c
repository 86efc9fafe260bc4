/* SPDX-License-Identifier: Apache-2.0 */
/* A closer look at C types that no row knows: members, debug information. */
#include "types/refine.h"

#define MEMBERS_MAX 1024
#define RELATIVE    8 /* flags: the offset is not one from the start; such a type was made otherwise */

static bool own_word(const struct refining *r, uint64_t offset)
{
	return !(offset & 7) && offset >= r->from && offset + 8 <= r->end &&
	       (int64_t)offset != r->ti->dictoffset && (int64_t)offset != r->ti->weaklistoffset;
}

void refining_add(struct refining *r, uint64_t offset, const char *name, bool python)
{
	struct type_ref ref = {(uint32_t)offset, NULL, python};

	if (!own_word(r, offset) || r->members.n >= REFINED_MAX)
		return;
	vec_foreach (m, &r->members)
		if (m->offset == offset)
			return;
	ref.label = typetab_keep_string(r->tt, name);
	if (!ref.label || !vec_push(&r->members, ref))
		r->failed = true;
}

void refining_add_array(struct refining *r, uint64_t offset, const char *name)
{
	struct type_array array = {(uint32_t)offset, NULL};

	if (!own_word(r, offset) || r->arrays.n >= REFINED_MAX)
		return;
	array.label = typetab_keep_string(r->tt, name);
	if (!array.label || !vec_push(&r->arrays, array))
		r->failed = true;
}

static void add_members(struct refining *r, const struct raw_type *raw)
{
	const struct layout *L = &r->tt->py->L;
	addr_t at = raw_type_u64(r->tt, raw, F_type_tp_members);
	uint8_t m[64];
	uint64_t type;
	char name[100];

	for (int i = 0; at && L->size[S_memberdef] && L->size[S_memberdef] <= sizeof(m) && i < MEMBERS_MAX;
	     i++, at += L->size[S_memberdef]) {
		if (!target_read(r->tt->t, at, m, L->size[S_memberdef]) ||
		    !field_u64(L, m, F_memberdef_name))
			return;
		type = field_uint(L, m, F_memberdef_type);
		if ((type != L->c[C_T_OBJECT] && type != L->c[C_T_OBJECT_EX]) ||
		    field_uint(L, m, F_memberdef_flags) & RELATIVE ||
		    !target_read_string(r->tt->t, field_u64(L, m, F_memberdef_name), name, sizeof(name)))
			continue;
		refining_add(r, field_u64(L, m, F_memberdef_offset), name, true);
	}
}

/* Do the members that Python can see fill the struct? */
static bool members_are_all(const struct refining *r)
{
	uint32_t words = 0;

	for (uint32_t at = r->from; at + 8 <= r->end; at += 8)
		words += own_word(r, at);
	return words == r->members.n;
}

/* The base's first, then the type's own. */
static bool keep_found(struct refining *r, struct typeinfo *ti)
{
	const struct typeinfo *base = ti->base;
	size_t members = base->n_members + r->members.n, arrays = base->n_arrays + r->arrays.n;
	struct type_array *a = arrays ? typetab_keep(r->tt, arrays * sizeof(*a)) : NULL;
	struct type_ref *m = members ? typetab_keep(r->tt, members * sizeof(*m)) : NULL;

	if ((members && !m) || (arrays && !a) || members > UINT16_MAX || arrays > UINT16_MAX)
		return members > UINT16_MAX || arrays > UINT16_MAX;
	if (base->n_members)
		memcpy(m, base->members, base->n_members * sizeof(*m));
	if (r->members.n)
		memcpy(m + base->n_members, r->members.at, r->members.n * sizeof(*m));
	if (base->n_arrays)
		memcpy(a, base->arrays, base->n_arrays * sizeof(*a));
	if (r->arrays.n)
		memcpy(a + base->n_arrays, r->arrays.at, r->arrays.n * sizeof(*a));
	ti->members = m;
	ti->n_members = (uint16_t)members;
	ti->arrays = a;
	ti->n_arrays = (uint16_t)arrays;
	return true;
}

/* What is still to be scanned: the base's part as the base has it, the type's own unless that is known. */
static void set_scan(struct typeinfo *ti, uint32_t from)
{
	const struct typeinfo *base = ti->base;

	ti->scan_from = base->scan_end ? base->scan_from : from;
	if (ti->refs_by == REFS_BY_SCAN)
		return;
	ti->scan_from = base->scan_from;
	ti->scan_end = base->scan_end;
}

static bool refine_type(struct typetab *tt, struct typeinfo *ti)
{
	struct refining r = {.tt = tt,
			     .ti = ti,
			     .from = (uint32_t)round_up(ti->base->basicsize, 8),
			     .end = ti->basicsize & ~7u};
	struct raw_type raw;
	bool ok = true;

	if (raw_type_read(tt, ti->addr, &raw)) {
		add_members(&r, &raw);
		if (members_are_all(&r))
			ti->refs_by = REFS_BY_MEMBERS;
		else if (refine_by_dwarf(&r, &raw))
			ti->refs_by = REFS_BY_DWARF;
		ok = !r.failed && keep_found(&r, ti);
		ti->items_label = r.items_label ? r.items_label : ti->base->items_label;
		set_scan(ti, r.from);
	}
	vec_release(&r.members);
	vec_release(&r.arrays);
	return ok;
}

static int by_address(const void *pa, const void *pb)
{
	const struct arena_area *a = pa, *b = pb;

	return a->start < b->start ? -1 : a->start > b->start;
}

static bool sort_arenas(struct typetab *tt)
{
	vec_foreach (a, &tt->py->arenas)
		if (!vec_push(&tt->arenas, *a))
			return false;
	if (tt->arenas.n)
		qsort(tt->arenas.at, tt->arenas.n, sizeof(*tt->arenas.at), by_address);
	return true;
}

bool typetab_refine(struct typetab *tt)
{
	if (tt->refined)
		return true;
	if (!sort_arenas(tt))
		return false;
	for (uint32_t i = 0; i < tt->n; i++) { /* bases come before what is derived from them */
		struct typeinfo *ti = typetab_own(tt, i);
		const struct typeinfo *base = ti->base;

		if (ti->refs_by == REFS_BY_SCAN) {
			if (!refine_type(tt, ti))
				return false;
		} else if (base && base->refs_by != REFS_BY_ROW && ti->py == base->py) {
			ti->members = base->members;
			ti->items_label = base->items_label;
			ti->n_members = base->n_members;
			ti->arrays = base->arrays;
			ti->n_arrays = base->n_arrays;
			ti->scan_from = base->scan_from;
			ti->scan_end = base->scan_end;
		}
	}
	tt->refined = true;
	return true;
}

const char *refs_by_name(enum refs_by by)
{
	static const char *const names[] = {"known", "members", "DWARF", "scan"};

	return names[by];
}
