/* SPDX-License-Identifier: Apache-2.0 */
/* Types by name, their sizes and names, variables, enumerators. */
#include "elf/dwarfpriv.h"

/* A name that is looked for, perhaps with its tag: "struct _ts". */
struct wanted {
	const char *name;
	size_t n;
	uint32_t hash;
	unsigned int kinds; /* bits of enum entry_kind */
	struct dwarf_type found;
	uint64_t declared; /* a typedef of something that is only declared */
};

static const struct {
	const char *word;
	enum entry_kind kind;
} tag_words[] = {
	{"struct ", ENTRY_STRUCT},
	{"union ", ENTRY_UNION},
	{"enum ", ENTRY_ENUM},
};

static struct wanted wanted_type(const char *name, size_t n)
{
	struct wanted want = {.kinds = 1 << ENTRY_STRUCT | 1 << ENTRY_UNION | 1 << ENTRY_ENUM |
				       1 << ENTRY_TYPEDEF};

	for (size_t i = 0; i < ARRAY_SIZE(tag_words); i++) {
		size_t skip = strlen(tag_words[i].word);

		if (n <= skip || strncmp(name, tag_words[i].word, skip))
			continue;
		want.kinds = 1u << tag_words[i].kind;
		name += skip;
		n -= skip;
		break;
	}
	want.name = name;
	want.n = n;
	want.hash = name_hash(name, n);
	return want;
}

static bool type_in_unit(struct dwarf_info *w, struct dwarf_unit *u, void *arg)
{
	struct wanted *want = arg;
	const struct unit_entry *e = NULL;
	Dwarf_Die die, peeled;

	while ((e = unit_find(u, want->name, want->n, want->hash, e))) {
		if (!(want->kinds & 1u << e->kind))
			continue;
		if (e->kind == ENTRY_TYPEDEF) {
			if (!die_of(w, e->die, &die) || !die_peel(&die, true, &peeled))
				continue;
			if (die_is_declaration(&peeled)) {
				want->declared = e->die;
				continue;
			}
		}
		want->found.die = e->die;
		return true;
	}
	return false;
}

static bool find_alternatives(struct dwarf_info *w, const char *names, const char *units, bool only,
			      struct dwarf_type *out)
{
	Dwarf_Die die, peeled, whole;
	const char *at;
	size_t n;

	while (next_alternative(&names, &at, &n)) {
		struct wanted want = wanted_type(at, n);

		if (units_search(w, units, only, type_in_unit, &want)) {
			*out = want.found;
			return true;
		}
		/* "typedef struct x X" here and struct x complete elsewhere */
		if (!only && want.declared && die_of(w, want.declared, &die) &&
		    die_peel(&die, true, &peeled) && die_complete(w, &peeled, &whole)) {
			out->die = die_handle(w, &whole);
			return true;
		}
	}
	return false;
}

bool dwarf_find_type(struct dwarf_info *w, const char *names, const char *units, bool only_units,
		     struct dwarf_type *out)
{
	/* all names where they should be, before any name anywhere else */
	if (units && find_alternatives(w, names, units, true, out))
		return true;
	return !only_units && find_alternatives(w, names, NULL, false, out);
}

bool die_complete(struct dwarf_info *w, Dwarf_Die *die, Dwarf_Die *out)
{
	const char *name;
	struct wanted want;

	if (!die_is_declaration(die)) {
		*out = *die;
		return true;
	}
	name = die_name(die);
	if (!*name)
		return false;
	want = wanted_type(name, strlen(name));
	want.kinds = dwarf_tag(die) == DW_TAG_union_type	 ? 1 << ENTRY_UNION
		     : dwarf_tag(die) == DW_TAG_enumeration_type ? 1 << ENTRY_ENUM
								 : 1 << ENTRY_STRUCT;
	return units_search(w, NULL, false, type_in_unit, &want) && die_of(w, want.found.die, out);
}

unsigned int array_dimensions(Dwarf_Die *array, unsigned int dim, uint64_t *count)
{
	unsigned int n = 0;
	Dwarf_Die range;
	int64_t v;

	die_foreach(&range, array) {
		if (dwarf_tag(&range) != DW_TAG_subrange_type)
			continue;
		if (n++ != dim)
			continue;
		*count = UINT64_MAX;
		if (die_constant(&range, DW_AT_count, &v) && v >= 0)
			*count = (uint64_t)v;
		else if (die_constant(&range, DW_AT_upper_bound, &v) && v >= -1 && v < INT64_MAX)
			*count = (uint64_t)(v + 1);
		if (n > CHAIN_MAX)
			break;
	}
	return n;
}

static bool array_size(Dwarf_Die *array, uint64_t *total)
{
	uint64_t count = 0;
	unsigned int n = array_dimensions(array, 0, &count);

	for (unsigned int i = 0; i < n; i++) {
		array_dimensions(array, i, &count);
		if (count == UINT64_MAX) /* open: "char tail[]" */
			count = 0;
		if (__builtin_mul_overflow(*total, count, total))
			return false;
	}
	return n > 0;
}

uint64_t die_size(Dwarf_Die *type)
{
	uint64_t total = 1, each;
	Dwarf_Die at = *type, next;
	int64_t bytes;

	for (int i = 0; i < CHAIN_MAX; i++) {
		if (!die_peel(&at, true, &next))
			return 0;
		at = next;
		if (dwarf_tag(&at) == DW_TAG_array_type) {
			if (!array_size(&at, &total) || !die_type(&at, &next))
				return 0;
			at = next;
			continue;
		}
		if (!die_constant(&at, DW_AT_byte_size, &bytes))
			bytes = dwarf_tag(&at) == DW_TAG_pointer_type ? 8 : 0;
		return bytes < 0 || __builtin_mul_overflow(total, (uint64_t)bytes, &each) ? 0
											  : each;
	}
	return 0;
}

uint64_t dwarf_type_size(struct dwarf_info *w, struct dwarf_type t)
{
	Dwarf_Die die, peeled, whole;

	if (!die_of(w, t.die, &die) || !die_peel(&die, true, &peeled) ||
	    !die_complete(w, &peeled, &whole))
		return 0;
	return die_size(&whole);
}

const char *dwarf_type_name(struct dwarf_info *w, struct dwarf_type t)
{
	Dwarf_Die die, peeled;

	if (!die_of(w, t.die, &die) || !die_peel(&die, false, &peeled))
		return "";
	return die_name(&peeled);
}

bool dwarf_type_pointee(struct dwarf_info *w, struct dwarf_type t, struct dwarf_type *out)
{
	Dwarf_Die die, pointer, to, peeled;

	if (!die_of(w, t.die, &die) || !die_peel(&die, true, &pointer) ||
	    dwarf_tag(&pointer) != DW_TAG_pointer_type || !die_type(&pointer, &to) ||
	    !die_peel(&to, false, &peeled))
		return false;
	out->die = die_handle(w, &peeled);
	return true;
}

static bool is_complete_type(Dwarf_Die *type)
{
	uint64_t count = 0;
	Dwarf_Die at;

	if (!die_peel(type, true, &at))
		return false;
	if (dwarf_tag(&at) == DW_TAG_array_type)
		return array_dimensions(&at, 0, &count) && count != UINT64_MAX;
	return !die_is_declaration(&at);
}

static bool variable_in_unit(struct dwarf_info *w, struct dwarf_unit *u, void *arg)
{
	struct wanted *want = arg;
	const struct unit_entry *e = NULL;
	Dwarf_Die die, type;

	while ((e = unit_find(u, want->name, want->n, want->hash, e))) {
		if (e->kind != ENTRY_VARIABLE || !die_of(w, e->die, &die) || !die_type(&die, &type))
			continue;
		/* "extern struct x y[]" is better than nothing, once all units have been asked */
		if (!want->declared)
			want->declared = die_handle(w, &type);
		if (!is_complete_type(&type))
			continue;
		want->found.die = die_handle(w, &type);
		return true;
	}
	return false;
}

bool dwarf_find_variable(struct dwarf_info *w, const char *name, const char *units,
			 struct dwarf_type *out)
{
	struct wanted want = {
		.name = name, .n = strlen(name), .hash = name_hash(name, strlen(name))};

	if (!units_search(w, units, false, variable_in_unit, &want))
		want.found.die = want.declared;
	if (!want.found.die)
		return false;
	*out = want.found;
	return true;
}

struct wanted_enumerator {
	const char *name;
	int64_t value;
};

static bool enumerator_in_unit(struct dwarf_info *w, struct dwarf_unit *u, void *arg)
{
	struct wanted_enumerator *want = arg;
	Dwarf_Die die, child;

	vec_foreach(e, &u->enums) {
		if (!die_of(w, *e, &die))
			continue;
		die_foreach(&child, &die)
			if (dwarf_tag(&child) == DW_TAG_enumerator &&
			    !strcmp(die_name(&child), want->name) &&
			    die_constant(&child, DW_AT_const_value, &want->value))
				return true;
	}
	return false;
}

bool dwarf_find_enumerator(struct dwarf_info *w, const char *name, const char *units, int64_t *out)
{
	struct wanted_enumerator want = {.name = name};

	if (!units_search(w, units, false, enumerator_in_unit, &want))
		return false;
	*out = want.value;
	return true;
}
