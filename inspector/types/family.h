/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside types/ only: what the families share.
 */
#ifndef TYPES_FAMILY_H
#define TYPES_FAMILY_H

#include "types/types.h"
#include "python/python.h"

enum family_id {
#define TYPE(id, key, py, names) FAMILY_##id,
#define REF(id, field, label)
#define OWN(id, field, label)
#include "types/types.def"
#undef TYPE
#undef REF
#undef OWN
	FAMILY_COUNT
};

struct family_row {
	const char *id;
	enum field_id key; /* what the version must have for the row to apply */
	const struct pytype *py;
	const char *names; /* tp_name or module.qualname, '|' between them */
};
extern const struct family_row family_rows[FAMILY_COUNT];

/** The row for a C type's name whose struct this version has and that fits into basicsize, or
 * FAMILY_COUNT. */
enum family_id family_find(const struct layout *L, const char *name, uint32_t basicsize);
/** Is the name one of names, which '|' stands between? */
bool is_one_of(const char *names, const char *name);
/** Whether the family's struct lies within basicsize bytes. */
bool family_fits(const struct layout *L, enum family_id id, uint32_t basicsize);
/**
 * Adds the offsets of the family's REF and OWN rows, those that lie within basicsize, to the n that
 * are there.
 * @return how many there are then (at most max).
 */
size_t family_refs(const struct layout *L, enum family_id id, uint32_t basicsize,
		   struct type_ref *refs, size_t n, size_t max);
#define FAMILY_MAX_REFS 64
/** Is the label that of an OWN row: a reference that gc.get_referents() does not tell? */
bool family_beyond_traverse(enum family_id id, const char *label);

#define PYTYPE(name) extern const struct pytype pytype_##name;
#include "types/pytypes.def"
#undef PYTYPE

/** Is it NumPy's array type? Its struct is in no debug information: see numpy.c. */
bool is_ndarray(const struct typectx *c, const struct typeinfo *ti);
/** Bytes of an element that numpy.dtype at descr describes. False for none that a known release of NumPy has. */
bool numpy_element_size(const struct typectx *c, addr_t descr, uint64_t *out);
/** If it is one of NumPy's scalar types: sets py and extra. */
bool numpy_scalar(const struct typectx *c, struct typeinfo *ti);
/** NumPy's type of types, whose tp_is_gc is that of `type` by a detour. */
bool is_numpy_metatype(const struct typeinfo *ti);

/* ---- words of objects ---- */

/*
 * Fields of structs whose bytes are at hand. One that this version does not have (or that the debug
 * information of an odd build does not tell) reads as 0: a row applies by its key field, the others
 * may be absent.
 */
static inline uint64_t at_u64(const struct typectx *c, const uint8_t *at, enum field_id f)
{
	return likely(layout_has(c->L, f)) ? field_u64(c->L, at, f) : 0;
}
static inline uint64_t at_uint(const struct typectx *c, const uint8_t *at, enum field_id f)
{
	return likely(layout_has(c->L, f)) ? field_uint(c->L, at, f) : 0;
}
static inline int64_t at_int(const struct typectx *c, const uint8_t *at, enum field_id f)
{
	return likely(layout_has(c->L, f)) ? field_int(c->L, at, f) : 0;
}
/** A pointer, or any 8-byte field, of the fixed part of an object. */
static inline uint64_t obj_u64(const struct typectx *c, const struct object *o, enum field_id f)
{
	return at_u64(c, o->at, f);
}
static inline int64_t obj_size(const struct typectx *c, const struct object *o)
{
	return (int64_t)load64(o->at + c->L->f[F_varobject_ob_size].offset);
}
/** |ob_size|, which <= 3.11's ints keep negative. */
static inline uint64_t obj_count(const struct typectx *c, const struct object *o)
{
	int64_t n = obj_size(c, o);

	return n < 0 ? -(uint64_t)n : (uint64_t)n;
}
/** The same for what has items in order: no negative counts. */
static inline uint64_t obj_items(const struct typectx *c, const struct object *o)
{
	int64_t n = obj_size(c, o);

	return n < 0 ? 0 : (uint64_t)n;
}
static inline bool has(const struct typectx *c, enum field_id f)
{
	return layout_has(c->L, f);
}
static inline uint32_t offset_of(const struct typectx *c, enum field_id f)
{
	return (uint32_t)c->L->f[f].offset;
}
/** n * each + base, SIZE_BAD when that cannot be. */
static inline uint64_t size_var(uint64_t base, uint64_t n, uint64_t each)
{
	return unlikely(n > 1ull << 46) ? SIZE_BAD : base + n * each;
}
#define OWNED_MAX (1ull << 46) /* nothing in a process is longer */
/** Hands a buffer over if there is one. */
static inline void own(struct buffers *b, addr_t start, uint64_t len)
{
	if (start && len && len < OWNED_MAX)
		b->own(b, start, len);
}
/** A struct that hangs off an object, or NULL. */
static inline const uint8_t *struct_at(const struct typectx *c, addr_t at, enum struct_id s)
{
	return at && c->L->size[s] ? image_at(c->im, at, c->L->size[s]) : NULL;
}
/** Are all of basicsize's bytes there? Static types, strings, dates may be smaller: see
 * typeinfo.least. */
static inline bool whole(const struct typectx *c, const struct object *o)
{
	return o->type->least >= o->type->basicsize || image_at(c->im, o->addr, o->type->basicsize);
}
/** Finds out whether a chain of structs in the target bites its own tail (Brent): zero it, call it
 * for each link. */
struct chain {
	addr_t seen;
	uint64_t steps, limit;
};
static inline bool chain_goes_on(struct chain *ch, addr_t link)
{
	if (!link || (ch->steps && link == ch->seen))
		return false;
	if (ch->steps++ == ch->limit) {
		ch->seen = link;
		ch->limit = ch->limit * 2 + 1;
	}
	return true;
}
/** Visits n words from `start` (an array of PyObject*) that lie in the image. */
void visit_array(const struct typectx *c, addr_t start, uint64_t n, enum edge_kind kind,
		 uint64_t aux, struct visitor *v);
/** Bytes of the NUL-terminated string, with the NUL; 0 if it has no end within max. */
uint64_t string_size(const struct typectx *c, addr_t s, uint64_t max);
/** ob_size of another object, if its header is in the image; else 0. */
uint64_t other_count(const struct typectx *c, addr_t o);

/** sys.getsizeof() of a bytes object, which BytesIO and Pickler add to their own. 0 if it is none.
 */
uint64_t bytes_getsizeof(const struct typectx *c, addr_t at);

uint64_t fixed_size(const struct typectx *c, const struct object *o);
uint64_t var_size(const struct typectx *c, const struct object *o);
uint64_t plain_extent(const struct typectx *c, const struct object *o);
/** The attributes of an instance: slots, __dict__, managed dict, inline values. */
void instance_refs(const struct typectx *c, const struct object *o, struct visitor *v);
/** Members and arrays of a C type that was looked at closer. */
void refined_refs(const struct typectx *c, const struct object *o, struct visitor *v);
void instance_buffers(const struct typectx *c, const struct object *o, struct buffers *b);
/** Bytes of the inline values behind an object, 0 if its type has none. SIZE_BAD if they are
 * damaged. */
uint64_t instance_inline_size(const struct typectx *c, const struct object *o);

#endif
