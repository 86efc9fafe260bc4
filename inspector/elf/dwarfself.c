/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which struct a C function's first parameter really is. DWARF does not say what a local is
 * initialised from, but it says where variables are: a local (or a parameter of a function that
 * was inlined) that lies in the same register as the parameter at the same time is the parameter
 * under another type. Where there are no such places (-O0, or the local was optimised out) the
 * answer is the only struct among the locals that begins like an object, if it is one.
 */
#include "elf/dwarfpriv.h"

#define BLOCK_DEPTH   16
#define NAMESPACE_DEPTH 32
#define VARIABLES_MAX 4096
#define LOCATIONS_MAX 256

/*
 * Types that a parameter has when it says nothing about the object, and what no local may be
 * without proof.
 */
static const char *const generic_types[] = {"_object", "PyObject", "PyVarObject", "_typeobject",
					    "PyTypeObject"};

static bool add_functions(struct dwarf_info *w, struct dwarf_unit *u, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	for (int i = 0; i < LOCATIONS_MAX && (at = dwarf_ranges(die, at, &base, &start, &end)) > 0;
	     i++) {
		struct unit_function f = {start, end, die_handle(w, die)};

		if (start && start < end && !vec_push(&u->functions, f))
			return false;
	}
	return true;
}

/* Functions stand in the unit, or in a namespace (clang). */
static void index_functions(struct dwarf_info *w, struct dwarf_unit *u)
{
	Dwarf_Die at[NAMESPACE_DEPTH];
	int depth = 0;

	if (u->functions_indexed)
		return;
	u->functions_indexed = true;
	if (!die_child(&u->die, &at[0]))
		return;
	while (depth >= 0) {
		Dwarf_Die die = at[depth];
		int tag = dwarf_tag(&die);

		if (!die_next(&die, &at[depth]))
			depth--;
		if (tag == DW_TAG_subprogram && !add_functions(w, u, &die))
			return;
		if (tag == DW_TAG_namespace && depth + 1 < NAMESPACE_DEPTH && die_child(&die, &at[depth + 1]))
			depth++;
	}
}

static bool function_in_unit(struct dwarf_info *w, struct dwarf_unit *u, addr_t pc, Dwarf_Die *out)
{
	index_functions(w, u);
	vec_foreach(f, &u->functions)
		if (pc >= f->start && pc < f->end)
			return die_of(w, f->die, out);
	return false;
}

bool die_function_at(struct dwarf_info *w, addr_t pc, Dwarf_Die *out)
{
	Dwarf_Die unit;
	uint64_t i = MAP_NONE;

	if (dwarf_addrdie(w->dwarf, pc, &unit))
		i = map_get(&w->by_die, die_handle(w, &unit));
	if (i != MAP_NONE && function_in_unit(w, &w->units.at[i], pc, out))
		return true;
	/* without .debug_aranges (clang), or with wrong ones */
	vec_foreach(u, &w->units)
		if (dwarf_haspc(&u->die, pc) == 1 && function_in_unit(w, u, pc, out))
			return true;
	return false;
}

/* The struct that a parameter or local points to: as written, and peeled. */
static bool points_to(Dwarf_Die *variable, Dwarf_Die *named, Dwarf_Die *aggregate)
{
	Dwarf_Attribute attr;
	Dwarf_Die type, pointer, to;

	return dwarf_attr_integrate(variable, DW_AT_type, &attr) &&
	       dwarf_formref_die(&attr, &type) && die_peel(&type, true, &pointer) &&
	       dwarf_tag(&pointer) == DW_TAG_pointer_type && die_type(&pointer, &to) &&
	       die_peel(&to, false, named) && die_peel(named, true, aggregate) &&
	       die_is_aggregate(aggregate);
}

static bool is_generic(Dwarf_Die *named, Dwarf_Die *aggregate)
{
	for (size_t i = 0; i < ARRAY_SIZE(generic_types); i++)
		if (!strcmp(die_name(named), generic_types[i]) ||
		    !strcmp(die_name(aggregate), generic_types[i]))
			return true;
	return false;
}

/*
 * Does it begin with an object's header: a generic type as its first member, or (2.7) the same
 * members?
 */
static bool begins_like_object(struct dwarf_info *w, Dwarf_Die *aggregate)
{
	struct dwarf_type t = {die_handle(w, aggregate)};
	struct dwarf_member m;
	Dwarf_Die at = *aggregate, first, named;

	if (dwarf_find_member(w, t, "ob_type", &m) && dwarf_find_member(w, t, "ob_refcnt", &m))
		return true;
	for (int i = 0; i < CHAIN_MAX && die_first_member(&at, &first); i++) {
		if (!die_peel(&first, false, &named) || !die_peel(&first, true, &at))
			return false;
		if (is_generic(&named, &at))
			return true;
		if (!die_is_aggregate(&at))
			return false;
	}
	return false;
}

struct place {
	Dwarf_Addr start, end;
	Dwarf_Op op;
};
struct places {
	struct place at[LOCATIONS_MAX];
	size_t n;
};

/* Where a variable is while it is in one register or one stack slot. */
static void places_of(Dwarf_Die *variable, struct places *out)
{
	Dwarf_Addr base, start, end;
	Dwarf_Attribute attr;
	ptrdiff_t at = 0;
	Dwarf_Op *ops;
	size_t n;

	out->n = 0;
	if (!dwarf_attr(variable, DW_AT_location, &attr))
		return;
	while (out->n < LOCATIONS_MAX &&
	       (at = dwarf_getlocations(&attr, at, &base, &start, &end, &ops, &n)) > 0)
		if (n == 1 && start < end &&
		    ((ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31) ||
		     ops[0].atom == DW_OP_regx || ops[0].atom == DW_OP_fbreg))
			out->at[out->n++] = (struct place){start, end, ops[0]};
}

static bool places_meet(const struct places *a, const struct places *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (a->at[i].op.atom == b->at[k].op.atom &&
			    a->at[i].op.number == b->at[k].op.number &&
			    a->at[i].start < b->at[k].end && b->at[k].start < a->at[i].end)
				return true;
	return false;
}

struct self_search {
	struct dwarf_info *w;
	bool have_parameter;
	struct places parameter, local;
	uint64_t proven; /* the type that shares a place with the parameter */
	uint64_t only;	 /* the only likely type, or 0 */
	unsigned int n_likely;
	char only_name[128];
};

/* The parameter itself decides if its type is no generic one. @return true: the search is over. */
static bool take_parameter(struct self_search *s, Dwarf_Die *die)
{
	Dwarf_Die named, aggregate;

	s->have_parameter = true;
	places_of(die, &s->parameter);
	if (!points_to(die, &named, &aggregate) || is_generic(&named, &aggregate))
		return false;
	s->proven = die_handle(s->w, &named);
	return true;
}

static bool take_local(struct self_search *s, Dwarf_Die *die, bool inlined)
{
	Dwarf_Die named, aggregate, whole;
	const char *name;

	if (!points_to(die, &named, &aggregate) || is_generic(&named, &aggregate) ||
	    !die_complete(s->w, &aggregate, &whole) || !begins_like_object(s->w, &whole))
		return false;
	places_of(die, &s->local);
	if (places_meet(&s->parameter, &s->local)) {
		s->proven = die_handle(s->w, &named);
		return true;
	}
	name = die_name(&named);
	if (inlined || (s->n_likely && !strncmp(s->only_name, name, sizeof(s->only_name) - 1)))
		return false;
	s->n_likely++;
	s->only = die_handle(s->w, &named);
	strncpy(s->only_name, name, sizeof(s->only_name) - 1);
	return false;
}

static bool take_child(struct self_search *s, Dwarf_Die *die, bool inlined)
{
	int tag = dwarf_tag(die);

	if (tag == DW_TAG_formal_parameter && !s->have_parameter)
		return take_parameter(s, die);
	if (tag == DW_TAG_variable || (tag == DW_TAG_formal_parameter && inlined))
		return s->have_parameter && take_local(s, die, inlined);
	return false;
}

static void search_function(struct self_search *s, Dwarf_Die *function)
{
	struct {
		Dwarf_Die at;
		bool inlined;
	} stack[BLOCK_DEPTH];
	int depth = 0;

	if (!die_child(function, &stack[0].at))
		return;
	stack[0].inlined = false;
	for (int budget = VARIABLES_MAX; depth >= 0 && budget > 0; budget--) {
		Dwarf_Die die = stack[depth].at;
		bool inlined = stack[depth].inlined;
		int tag = dwarf_tag(&die);

		if (!die_next(&die, &stack[depth].at))
			depth--;
		if (take_child(s, &die, inlined))
			return;
		if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) &&
		    depth + 1 < BLOCK_DEPTH && die_child(&die, &stack[depth + 1].at))
			stack[++depth].inlined = inlined || tag == DW_TAG_inlined_subroutine;
	}
}

bool dwarf_function_self_type(struct dwarf_info *w, addr_t pc, struct dwarf_type *out)
{
	struct self_search *s;
	Dwarf_Die function;
	uint64_t found;

	w = dwarf_info_more(w, DWARF_ALL);
	if (!w || !die_function_at(w, pc, &function))
		return false;
	s = calloc(1, sizeof(*s)); /* two lists of places: too large for some stacks */
	if (!s)
		return false;
	s->w = w;
	search_function(s, &function);
	found = s->proven ? s->proven : s->n_likely == 1 ? s->only : 0;
	free(s);
	if (found)
		out->die = found;
	return found != 0;
}

bool dwarf_type_is_object(struct dwarf_info *w, struct dwarf_type t)
{
	Dwarf_Die die, named, aggregate, whole;

	if (!die_of(w, t.die, &die) || !die_peel(&die, false, &named) ||
	    !die_peel(&named, true, &aggregate) || !die_is_aggregate(&aggregate))
		return false;
	return is_generic(&named, &aggregate) ||
	       (die_complete(w, &aggregate, &whole) && begins_like_object(w, &whole));
}
