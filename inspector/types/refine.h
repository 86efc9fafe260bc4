/* SPDX-License-Identifier: Apache-2.0 */
/* Inside types/ only: the references of one C type, collected. */
#ifndef TYPES_REFINE_H
#define TYPES_REFINE_H

#include "types/typetab.h"

#define REFINED_MAX 4096 /* members of one struct */

struct refining {
	struct typetab *tt;
	const struct typeinfo *ti;
	uint32_t from, end; /* bytes of the struct that are the type's own, not its base's */
	struct {
		VEC(struct type_ref);
	} members;
	struct {
		VEC(struct type_array);
	} arrays;
	const char *items_label; /* the items behind the struct are object pointers */
	bool failed; /* out of memory */
};

/** Adds a field if it lies within the type's own bytes and is not there yet. */
void refining_add(struct refining *r, uint64_t offset, const char *name, bool python);
void refining_add_array(struct refining *r, uint64_t offset, const char *name);
/** Adds what the struct that one of the type's functions takes has. False: there is no such struct. */
bool refine_by_dwarf(struct refining *r, const struct raw_type *raw);

#endif
