/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where every field that we read lies in the very interpreter at hand.
 *
 * fields.def has a row for each struct and field, consts.def for each number that DWARF does not have (flag bits,
 * tags). The rows make the enums below, the resolver, the validator and what `doctor` prints.
 * Presence of a field selects a code path everywhere else: layout_has(L, F_dictkeys_log2_size).
 * Only this folder knows version numbers.
 *
 * Filled in this order: layout_init(), layout_set_version(), layout_resolve() with the interpreter's module,
 * layout_resolve_extension() for each mapped extension module that layout_knows_extension() (a struct of an
 * extension that is not mapped costs nothing and stays absent), layout_cross_check() where the process has
 * _Py_DebugOffsets. Nothing here owns memory.
 */
#ifndef LAYOUT_LAYOUT_H
#define LAYOUT_LAYOUT_H

#include "base/diag.h"
#include "base/notes.h"
#include "elf/elffile.h"

enum struct_id {
#define STRUCT(id, names, units) S_##id,
#define FIELD(s, field, width, paths, debug_offsets)
#include "layout/fields.def"
#undef STRUCT
#undef FIELD
	S_COUNT
};

enum field_id {
#define STRUCT(id, names, units)
#define FIELD(s, field, width, paths, debug_offsets) F_##s##_##field,
#include "layout/fields.def"
#undef STRUCT
#undef FIELD
	F_COUNT
};

enum const_id {
#define CONST(id, value, since, before) C_##id,
#define CONST_AGAIN(id, value, since, before)
#include "layout/consts.def"
#undef CONST_AGAIN
#undef CONST
	C_COUNT
};

enum field_source { FROM_NOWHERE, FROM_DWARF, FROM_DEBUG_OFFSETS, FROM_TABLE, FROM_CODE };

struct field {
	int32_t offset;     /* bytes from the start of the struct; -1 = this version has no such field */
	uint32_t size;      /* bytes; of the whole array if it is one */
	uint32_t stride;    /* bytes an element if it is an array, else 0 */
	uint8_t bit_pos, bit_size; /* bit-fields (bit_size > 0): bit 0 = least significant of the byte at offset */
	uint8_t source;     /* enum field_source */
};

struct layout {
	struct field f[F_COUNT];
	uint32_t size[S_COUNT];   /* sizeof, 0 = this version has no such struct */
	uint8_t size_source[S_COUNT];
	uint64_t c[C_COUNT];      /* consts.def; CONST_ABSENT where this version has none */
	uint32_t hexversion;      /* PY_VERSION_HEX */
	char version[64];         /* "3.11.7" */
	bool debug_build;         /* Py_DEBUG */
	bool trace_refs;          /* objects carry _ob_next/_ob_prev */
	bool free_threaded;
	uint32_t n_rejected;      /* rows whose place in the DWARF could not be right (they are absent) */
	/* Fields on which DWARF and the process' _Py_DebugOffsets disagree. */
	struct layout_conflict {
		enum field_id field;
		int32_t dwarf, debug_offsets;
	} conflicts[16];
	uint32_t n_conflicts; /* may be more than fit */
};
#define CONST_ABSENT (1ull << 63) /* no constant has this value; negative ones are sign-extended */

static inline bool layout_has(const struct layout *L, enum field_id f)
{
	return L->f[f].offset >= 0;
}
static inline bool layout_has_const(const struct layout *L, enum const_id c)
{
	return L->c[c] != CONST_ABSENT;
}
/* The field of the struct whose bytes are at p. The caller made sure that the struct is all there. */
static inline uint64_t field_u64(const struct layout *L, const uint8_t *p, enum field_id f)
{
	return load64(p + L->f[f].offset);
}
/** Unsigned integer of any width, bit-fields too. */
static inline uint64_t field_uint(const struct layout *L, const uint8_t *p, enum field_id f)
{
	const struct field *k = &L->f[f];
	const uint8_t *q = p + k->offset;
	uint64_t v = k->size == 1 ? load8(q) : k->size == 2 ? load16(q) : k->size == 4 ? load32(q) : load64(q);

	return k->bit_size ? v >> k->bit_pos & ((1ull << k->bit_size) - 1) : v;
}
/** Sign-extended integer of any width. */
static inline int64_t field_int(const struct layout *L, const uint8_t *p, enum field_id f)
{
	const struct field *k = &L->f[f];
	const uint8_t *q = p + k->offset;

	return k->size == 1   ? (int8_t)load8(q)
	       : k->size == 2 ? (int16_t)load16(q)
	       : k->size == 4 ? (int32_t)load32(q)
			      : (int64_t)load64(q);
}

/** Nothing is known, everything is absent. */
void layout_init(struct layout *L);
/**
 * Takes the version over and fills in the constants. `version` is the text ("3.11.7"), or NULL to make one.
 * Fails: ERR_UNSUPPORTED (a version whose memory was never looked at: before 2.7, 3.0 to 3.5).
 */
enum err layout_set_version(struct layout *L, uint32_t hexversion, const char *version,
			    struct diag *d) must_check;
/** Is this a version that is tested (2.7, 3.6 to 3.13)? Others go by their DWARF alone. */
bool layout_version_tested(const struct layout *L);
/** "3.11.7" at the start of s, as PY_VERSION_HEX (0x030b07f0; "+", "rc1" etc. are understood). 0 if it is none. */
uint32_t layout_parse_version(const char *s);
/** Does the version word stand for a CPython release (a known major, sane fields)? */
bool layout_version_sane(uint64_t hexversion);

/**
 * Finds every row in the DWARF of the interpreter's own module, checks each (inside its struct, of the width that the
 * row says), and that all that nothing works without is there. Also tells trace_refs and free_threaded.
 * Fails: ERR_NO_LAYOUT (no debug information, or a needed field is not in it: says which).
 */
enum err layout_resolve(struct layout *L, struct elf_file *f, struct diag *d) must_check;
/** Is there a struct that only the extension module `name` ("_collections") has? */
bool layout_knows_extension(const char *name);
/** Finds the rows of an extension module that are still absent. @return how many structs were found. */
size_t layout_resolve_extension(struct layout *L, struct elf_file *f, const char *name);
/** "_io" from "/usr/lib/.../_io.cpython-311-x86_64-linux-gnu.so"; false if the path is no shared object's. */
bool layout_extension_name(const char *path, char *out, size_t size);
/** Proves that every field that nothing works without is there. Fails: ERR_NO_LAYOUT (says which is not). */
enum err layout_check(const struct layout *L, struct diag *d) must_check;

/** Bytes of _PyRuntime to give to the functions below. */
#define DEBUG_OFFSETS_SIZE 1024
/** The version word of a _Py_DebugOffsets table, 0 if the bytes are none. Untrusted input. */
uint32_t debug_offsets_version(const uint8_t *table, size_t len, bool *free_threaded);
/**
 * Compares with the process' own table: fields that differ are kept in L->conflicts. Fields that DWARF did not
 * give are taken from it (their source says so). @return how many fields it covers.
 */
uint32_t layout_cross_check(struct layout *L, const uint8_t *table, size_t len);

/** "dict.ma_keys"; "dictobject"; "GC_HEAD"... as in the .def files. Static. */
const char *field_name(enum field_id f);
enum struct_id field_struct(enum field_id f);
const char *struct_name(enum struct_id s);
const char *const_name(enum const_id c);
const char *field_source_name(enum field_source s); /* "DWARF", "debug offsets", ... */

#endif
