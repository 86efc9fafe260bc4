/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The units, and an index of a unit's top-level names that is made when the unit is first
 * searched. Names stay libdw's; a unit that nobody asks for costs no more than its name.
 */
#include "elf/dwarfpriv.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool add_units(struct dwarf_info *w, Dwarf *dwarf)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;

	while (!dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &die, NULL)) {
		struct dwarf_unit u = {.die = die};

		if (dwarf_tag(&die) == DW_TAG_invalid)
			continue;
		u.file = base_name(die_name(&die));
		if (!map_put(&w->by_die, die_handle(w, &die), w->units.n) ||
		    !vec_push(&w->units, u))
			return false;
		info_pages_looked(&w->pages);
	}
	return true;
}

enum err dwarf_units_read(struct dwarf_info *w)
{
	info_pages_find(&w->pages, w->dwarf);
	return add_units(w, w->dwarf) && (!w->alt || add_units(w, w->alt)) ? OK : ERR_NOMEM;
}

void dwarf_unit_release(struct dwarf_unit *u)
{
	vec_release(&u->entries);
	vec_release(&u->enums);
	vec_release(&u->imports);
	vec_release(&u->functions);
	free(u->bucket);
}

/* What one pass over a DIE's attributes finds. */
struct top_level {
	const char *name;
	bool declaration;
};

static int read_top_level(Dwarf_Attribute *attr, void *arg)
{
	struct top_level *t = arg;

	switch (dwarf_whatattr(attr)) {
	case DW_AT_name:
		t->name = dwarf_formstring(attr);
		break;
	case DW_AT_declaration:
		t->declaration = true;
		break;
	}
	return DWARF_CB_OK;
}

static bool entry_kind_of(int tag, enum entry_kind *out)
{
	switch (tag) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
		*out = ENTRY_STRUCT;
		return true;
	case DW_TAG_union_type:
		*out = ENTRY_UNION;
		return true;
	case DW_TAG_enumeration_type:
		*out = ENTRY_ENUM;
		return true;
	case DW_TAG_typedef:
		*out = ENTRY_TYPEDEF;
		return true;
	case DW_TAG_variable:
		*out = ENTRY_VARIABLE;
		return true;
	default:
		return false;
	}
}

static bool index_import(struct dwarf_info *w, struct dwarf_unit *u, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Die unit;

	if (!dwarf_attr(die, DW_AT_import, &attr) || !dwarf_formref_die(&attr, &unit))
		return true;
	return vec_push(&u->imports, die_handle(w, &unit));
}

static bool index_die(struct dwarf_info *w, struct dwarf_unit *u, Dwarf_Die *die)
{
	struct top_level t = {0};
	struct unit_entry e = {0};
	int tag = dwarf_tag(die);

	if (tag == DW_TAG_imported_unit)
		return index_import(w, u, die);
	if (!entry_kind_of(tag, &e.kind))
		return true;
	if (e.kind == ENTRY_ENUM && !vec_push(&u->enums, die_handle(w, die)))
		return false;
	dwarf_getattrs(die, read_top_level, &t, 0);
	/* a declared variable has its type too; a declared struct has nothing */
	if (!t.name || (t.declaration && e.kind != ENTRY_VARIABLE))
		return true;
	e.name = t.name;
	e.die = die_handle(w, die);
	e.hash = name_hash(t.name, strlen(t.name));
	return vec_push(&u->entries, e);
}

static bool unit_hash(struct dwarf_unit *u)
{
	uint32_t cap = 16;

	if (u->entries.n > UINT32_MAX / 4)
		return false;
	while (cap < u->entries.n)
		cap *= 2;
	u->bucket = calloc(cap, sizeof(*u->bucket));
	if (!u->bucket)
		return false;
	u->mask = cap - 1;
	/* backwards, so that a chain is in the order of the file */
	for (size_t i = u->entries.n; i-- > 0;) {
		struct unit_entry *e = &u->entries.at[i];
		uint32_t *b = &u->bucket[e->hash & u->mask];

		e->next = *b;
		*b = (uint32_t)i + 1;
	}
	return true;
}

static bool unit_index(struct dwarf_info *w, struct dwarf_unit *u)
{
	Dwarf_Die die;

	if (u->indexed)
		return u->bucket;
	u->indexed = true;
	info_pages_looked(&w->pages);
	die_foreach(&die, &u->die)
		if (!index_die(w, u, &die))
			return false;
	return unit_hash(u);
}

const struct unit_entry *unit_find(const struct dwarf_unit *u, const char *name, size_t n,
				   uint32_t hash, const struct unit_entry *after)
{
	uint32_t i = after ? after->next : u->bucket[hash & u->mask];

	for (; i; i = u->entries.at[i - 1].next) {
		const struct unit_entry *e = &u->entries.at[i - 1];

		if (e->hash == hash && !strncmp(e->name, name, n) && !e->name[n])
			return e;
	}
	return NULL;
}

bool next_alternative(const char **list, const char **at, size_t *n)
{
	if (!*list || !**list)
		return false;
	*at = *list;
	*n = strcspn(*list, "|");
	*list += *n + ((*list)[*n] == '|');
	return true;
}

/* Does the unit's file stand in "a.c|b.c"? */
static bool unit_in(const struct dwarf_unit *u, const char *units)
{
	const char *at;
	size_t n;

	while (next_alternative(&units, &at, &n))
		if (!strncmp(u->file, at, n) && !u->file[n])
			return true;
	return false;
}

static bool unit_each(struct dwarf_info *w, struct dwarf_unit *u,
		      bool (*fn)(struct dwarf_info *w, struct dwarf_unit *u, void *arg), void *arg)
{
	struct {
		VEC(uint64_t);
	} left = {0};
	bool done = false;

	/* each unit once a search, so that imports in a circle end; most units import nothing */
	for (;;) {
		if (u->seen != w->search && unit_index(w, u)) {
			u->seen = w->search;
			done = fn(w, u, arg);
			vec_foreach(import, &u->imports)
				if (!done && !vec_push(&left, *import))
					break;
		}
		if (done || !left.n)
			break;
		uint64_t i = map_get(&w->by_die, left.at[--left.n]);
		if (i != MAP_NONE)
			u = &w->units.at[i];
	}
	vec_release(&left);
	return done;
}

bool units_search(struct dwarf_info *w, const char *units, bool only_units,
		  bool (*fn)(struct dwarf_info *w, struct dwarf_unit *u, void *arg), void *arg)
{
	w->search++;
	if (units)
		vec_foreach(u, &w->units)
			if (unit_in(u, units) && unit_each(w, u, fn, arg))
				return true;
	if (only_units)
		return false;
	vec_foreach(u, &w->units)
		if (unit_each(w, u, fn, arg))
			return true;
	return false;
}
