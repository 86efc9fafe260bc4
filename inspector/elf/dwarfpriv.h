/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the DWARF files of this layer share. Handles and DIEs are converted here; every walk over
 * untrusted DIEs goes through die_child()/die_next(), which only ever move forward, and through
 * loops with a limit.
 */
#ifndef ELF_DWARFPRIV_H
#define ELF_DWARFPRIV_H

#include <dwarf.h>
#include <elfutils/libdw.h>
#include "base/map.h"
#include "base/vec.h"
#include "elf/dwarfinfo.h"
#include "elf/elfpriv.h"

#define CHAIN_MAX 64 /* typedefs, qualifiers and references in a row */

enum entry_kind { ENTRY_STRUCT, ENTRY_UNION, ENTRY_ENUM, ENTRY_TYPEDEF, ENTRY_VARIABLE };
struct unit_entry { /* a top-level name of a unit */
	const char *name; /* libdw's */
	uint64_t die;     /* handle */
	uint32_t hash;
	uint32_t next; /* in the chain: index + 1, 0 ends it */
	enum entry_kind kind;
};
struct unit_function {
	addr_t start, end;
	uint64_t die;
};
struct dwarf_unit {
	Dwarf_Die die;
	const char *file; /* name without directories; "" if it has none */
	bool indexed, functions_indexed;
	uint32_t seen; /* by the search of that number, through imports */
	struct { VEC(struct unit_entry); } entries;
	struct { VEC(uint64_t); } enums;   /* all enumerations, also without a name */
	struct { VEC(uint64_t); } imports; /* unit DIEs that it imports (dwz) */
	struct { VEC(struct unit_function); } functions;
	uint32_t *bucket;
	uint32_t mask;
};
/** .debug_info as it is mapped; at = NULL where it is no mapped file and so has to stay. */
struct info_pages {
	char *at;
	size_t size;
	unsigned looked; /* units that were looked at since pages were given back */
};
enum dwarf_level {
	DWARF_TYPES,
	DWARF_CODE, /* and functions, lines, call frames */
	DWARF_ALL,  /* and the places of variables */
};
struct dwarf_info {
	struct elf_file *from; /* that has the debug information; borrowed */
	Elf *elf;
	Dwarf *dwarf, *alt;
	struct { VEC(struct dwarf_unit); } units;
	struct info_pages pages;
	struct map by_die; /* a unit's DIE to its index in units */
	uint32_t search;
	enum dwarf_level level;
	bool parts_hidden;       /* compressed sections that this level does not need were left out */
	bool more_tried;
	struct dwarf_info *more; /* with fewer left out, opened when that is asked for */
};

/* dwarfinfo.c */
/**
 * With what that level needs; w itself if it has that, NULL if it cannot be opened. Same handles.
 */
struct dwarf_info *dwarf_info_more(struct dwarf_info *w, enum dwarf_level level);
/**
 * At DWARF_CODE, of a file that is perhaps not yet open: what is compressed is then decompressed only once. NULL
 * if there is no debug information, or it cannot be opened.
 */
struct dwarf_info *dwarf_info_code(struct elf_file *f);

/* dwarfdie.c: DIEs and attributes */
uint64_t die_handle(struct dwarf_info *w, Dwarf_Die *die);
bool die_of(struct dwarf_info *w, uint64_t handle, Dwarf_Die *out);
bool die_child(Dwarf_Die *die, Dwarf_Die *out);
bool die_next(Dwarf_Die *die, Dwarf_Die *out);
#define die_foreach(child, parent)                                                                 \
	for (bool more_ = die_child(parent, child); more_; more_ = die_next(child, child))
/** A constant attribute; unsigned data is not sign-extended. */
bool attr_constant(Dwarf_Attribute *attr, int64_t *out);
bool die_constant(Dwarf_Die *die, unsigned int code, int64_t *out);
const char *die_name(Dwarf_Die *die); /* "" if it has none */
bool die_is_declaration(Dwarf_Die *die);
bool die_type(Dwarf_Die *die, Dwarf_Die *out);
/**
 * Takes qualifiers off; with `typedefs` those too. @return false if nothing is left (void) or the
 * chain has no end.
 */
bool die_peel(Dwarf_Die *die, bool typedefs, Dwarf_Die *out);
bool die_is_aggregate(Dwarf_Die *die); /* struct, class, union */

/* dwarfpages.c */
void info_pages_find(struct info_pages *p, Dwarf *dwarf);
/** A further unit was looked at: gives pages back after some. */
void info_pages_looked(struct info_pages *p);

/* dwarfunits.c: the list of units and their names */
enum err dwarf_units_read(struct dwarf_info *w);
void dwarf_unit_release(struct dwarf_unit *u);
/**
 * Calls fn for the units in `units`, then, unless only_units, for the others, each with what it
 * imports, until fn returns true. Units are indexed then. @return whether it did.
 */
bool units_search(struct dwarf_info *w, const char *units, bool only_units,
		  bool (*fn)(struct dwarf_info *w, struct dwarf_unit *u, void *arg), void *arg);

/** One piece of "a|b|c". Moves *list behind it; false at the end. */
bool next_alternative(const char **list, const char **at, size_t *n);
/** The first entry of that name, then the one after; NULL at the end. */
const struct unit_entry *unit_find(const struct dwarf_unit *u, const char *name, size_t n,
				   uint32_t hash, const struct unit_entry *after);

/* dwarftypes.c */
/** A complete struct, union or enum with the name of that DIE, wherever it is. */
bool die_complete(struct dwarf_info *w, Dwarf_Die *die, Dwarf_Die *out);
uint64_t die_size(Dwarf_Die *type);
/**
 * Elements in dimension `dim` of an array, UINT64_MAX if that is open; the number of dimensions.
 */
unsigned int array_dimensions(Dwarf_Die *array, unsigned int dim, uint64_t *count);

/* dwarfself.c */
/** The function whose code holds the file address; not one that was inlined. w has ranges. */
bool die_function_at(struct dwarf_info *w, addr_t pc, Dwarf_Die *out);

/* dwarfmembers.c */
/** The type of the first member at offset 0. */
bool die_first_member(Dwarf_Die *aggregate, Dwarf_Die *out);

#endif
