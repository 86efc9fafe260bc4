/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types from DWARF: where a member of a struct lies, how large a struct is, what a variable's
 * type is. DWARF 4 and 5, plain or LTO; typedefs of anonymous structs are found by the typedef's
 * name; anonymous unions and structs are looked through. The only user of libdw's type side. DIEs
 * are untrusted: reference chains are bounded.
 *
 * Searching is by compilation unit: a name is looked for in the units whose file name is in the
 * hint ("dictobject.c|pystate.c"), then, unless only_units, in all others. Only complete
 * definitions count. A unit's top-level names are indexed when it is first searched, so many
 * names in one unit cost one pass.
 */
#ifndef ELF_DWARFINFO_H
#define ELF_DWARFINFO_H

#include "elf/elffile.h"

struct dwarf_info; /* of one elf_file; owned by that file */

struct dwarf_type { /* a handle by value; valid as long as the elf_file */
	uint64_t die; /* names a DIE of this dwarf_info, 0 = none */
};

struct dwarf_member {
	int64_t offset;   /* bytes from the start of the outermost struct */
	uint64_t size;    /* bytes of the member's type */
	uint8_t bit_pos;  /* bit-fields: bit 0 = least significant bit of the byte at offset */
	uint8_t bit_size; /* 0 = not a bit-field */
	struct dwarf_type type; /* as declared; 0 for a row of a matrix ("grid[1]") */
	uint64_t count;   /* elements if the member is an array (else 0) */
	uint64_t stride;  /* bytes an element if it is an array (else 0) */
};

/** Fails: ERR_NO_LAYOUT (no debug information), ERR_BAD_FILE. */
enum err dwarf_info_get(struct elf_file *f, struct dwarf_info **out, struct diag *d) must_check;

/**
 * Finds a struct, union, enum or typedef. names: alternatives "dictkeysobject|_dictkeysobject",
 * tried in order; "struct _ts" restricts to a tag, "PyDictObject" matches tags and typedefs.
 * units: see above, may be NULL.
 */
bool dwarf_find_type(struct dwarf_info *w, const char *names, const char *units, bool only_units,
		     struct dwarf_type *out);
uint64_t dwarf_type_size(struct dwarf_info *w, struct dwarf_type t);
/**
 * The type's name ("" if anonymous): a typedef's own, else its tag; qualifiers do not count.
 * Borrowed.
 */
const char *dwarf_type_name(struct dwarf_info *w, struct dwarf_type t);
/**
 * What a pointer type (or a typedef of one) points to, qualifiers taken off. A typedef there
 * stays, because it may be the only name that the struct has; all functions here look through it.
 * False if it is no pointer, or void *.
 */
bool dwarf_type_pointee(struct dwarf_info *w, struct dwarf_type t, struct dwarf_type *out);
/** paths: alternatives "threads.head|tstate_head", tried in order; "arr[3].x" indexes. */
bool dwarf_find_member(struct dwarf_info *w, struct dwarf_type t, const char *paths,
		       struct dwarf_member *out);
/**
 * Calls fn for every direct member (anonymous ones looked through). Stops when fn returns false.
 */
void dwarf_each_member(struct dwarf_info *w, struct dwarf_type t,
		       bool (*fn)(void *arg, const char *name, const struct dwarf_member *m),
		       void *arg);
/**
 * The type of a global or file-local variable. Its address comes from the symbol table, not from
 * here.
 */
bool dwarf_find_variable(struct dwarf_info *w, const char *name, const char *units,
			 struct dwarf_type *out);
bool dwarf_find_enumerator(struct dwarf_info *w, const char *name, const char *units, int64_t *out);
/**
 * The struct behind the object that the function at file address `pc` takes as its first
 * parameter: the type of a local that is initialised from a cast of it ("dequeobject *self =
 * (dequeobject *)op"), or the parameter's own type if that is more than PyObject. Used for C
 * types without a known layout. Without a proof in the variables' places (no optimisation) it is
 * the only object struct among the locals, so check its size against tp_basicsize.
 */
bool dwarf_function_self_type(struct dwarf_info *w, addr_t pc, struct dwarf_type *out);
/** Is it PyObject, or a struct that begins with one? */
bool dwarf_type_is_object(struct dwarf_info *w, struct dwarf_type t);

#endif
