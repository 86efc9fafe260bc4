/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/dwarfpriv.h"

/* A handle is an offset in .debug_info, or, marked, in dwz's common file or in .debug_types. */
#define IN_ALT	 (UINT64_C(1) << 63)
#define IN_TYPES (UINT64_C(1) << 62)

uint64_t die_handle(struct dwarf_info *w, Dwarf_Die *die)
{
	uint64_t at = dwarf_dieoffset(die);
	Dwarf_Half version;
	uint8_t kind;

	if (w->alt && dwarf_cu_getdwarf(die->cu) == w->alt)
		at |= IN_ALT;
	if (!dwarf_cu_info(die->cu, &version, &kind, NULL, NULL, NULL, NULL, NULL) && version < 5 &&
	    kind == DW_UT_type)
		at |= IN_TYPES;
	return at;
}

bool die_of(struct dwarf_info *w, uint64_t handle, Dwarf_Die *out)
{
	Dwarf *dwarf = handle & IN_ALT ? w->alt : w->dwarf;
	Dwarf_Off at = handle & ~(IN_ALT | IN_TYPES);

	if (!at || !dwarf)
		return false;
	return handle & IN_TYPES ? dwarf_offdie_types(dwarf, at, out)
				 : dwarf_offdie(dwarf, at, out);
}

bool die_child(Dwarf_Die *die, Dwarf_Die *out)
{
	void *before = die->addr;
	Dwarf_Die child;

	if (dwarf_child(die, &child) || (const char *)child.addr <= (const char *)before)
		return false;
	*out = child;
	return true;
}

bool die_next(Dwarf_Die *die, Dwarf_Die *out)
{
	void *before = die->addr;
	Dwarf_Die next;

	/* DW_AT_sibling of a damaged file may lead back */
	if (dwarf_siblingof(die, &next) || (const char *)next.addr <= (const char *)before)
		return false;
	*out = next;
	return true;
}

bool attr_constant(Dwarf_Attribute *attr, int64_t *out)
{
	unsigned int form = dwarf_whatform(attr);
	Dwarf_Sword s;
	Dwarf_Word u;

	/* compilers use the signed forms for what may be negative, and data1.. for what is not */
	if (form == DW_FORM_sdata || form == DW_FORM_implicit_const) {
		if (dwarf_formsdata(attr, &s))
			return false;
		*out = s;
		return true;
	}
	if (dwarf_formudata(attr, &u))
		return false;
	*out = (int64_t)u;
	return true;
}

bool die_constant(Dwarf_Die *die, unsigned int code, int64_t *out)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, code, &attr) && attr_constant(&attr, out);
}

const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *s = dwarf_attr(die, DW_AT_name, &attr) ? dwarf_formstring(&attr) : NULL;

	return s ? s : "";
}

bool die_is_declaration(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	bool flag;

	return dwarf_attr(die, DW_AT_declaration, &attr) && !dwarf_formflag(&attr, &flag) && flag;
}

bool die_type(Dwarf_Die *die, Dwarf_Die *out)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, DW_AT_type, &attr) && dwarf_formref_die(&attr, out);
}

static bool is_qualifier(int tag)
{
	switch (tag) {
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
	case DW_TAG_immutable_type:
	case DW_TAG_packed_type:
	case DW_TAG_shared_type:
		return true;
	default:
		return false;
	}
}

bool die_peel(Dwarf_Die *die, bool typedefs, Dwarf_Die *out)
{
	Dwarf_Die at = *die, next;

	for (int i = 0; i < CHAIN_MAX; i++) {
		int tag = dwarf_tag(&at);
		Dwarf_Attribute attr;

		if (is_qualifier(tag) || (typedefs && tag == DW_TAG_typedef)) {
			if (!die_type(&at, &next))
				return false;
		} else if (die_is_aggregate(&at) && dwarf_attr(&at, DW_AT_signature, &attr)) {
			if (!dwarf_formref_die(&attr, &next))
				return false;
		} else {
			*out = at;
			return tag != DW_TAG_invalid;
		}
		at = next;
	}
	return false;
}

bool die_is_aggregate(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}
