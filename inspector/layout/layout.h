/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where every field that we read lies in the very interpreter at hand.
 *
 * fields.def has a row for each struct and field, consts.def for each number that DWARF does not have (flag bits,
 * tags). The rows make the enums below, the resolver, the validator and what `doctor` prints.
 * Presence of a field selects a code path everywhere else: layout_has(L, F_dictkeys_log2_size).
 * Only this folder knows version numbers.
 */
#ifndef LAYOUT_LAYOUT_H
#define LAYOUT_LAYOUT_H

#include "base/diag.h"
#include "base/notes.h"

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
#include "layout/consts.def"
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

/** "dict.ma_keys"; "dictobject"; "GC_HEAD"... as in the .def files. Static. */
const char *field_name(enum field_id f);
const char *struct_name(enum struct_id s);
const char *const_name(enum const_id c);
const char *field_source_name(enum field_source s); /* "DWARF", "debug offsets", ... */

#endif
