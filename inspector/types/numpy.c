/* SPDX-License-Identifier: Apache-2.0 */
/*
 * numpy.ndarray. NumPy's wheels have no debug information, but every extension that is compiled
 * against NumPy has this struct in it, so it cannot change: PyArrayObject_fields and PyArray_Descr
 * in numpy/ndarraytypes.h, the same since 1.7 (the descriptor changed once, with 2.0, and shows by
 * its size).
 */
#include "types/family.h"

enum { /* from the end of the object's header */
	ARRAY_DATA = 0,
	ARRAY_ND = 8,
	ARRAY_DIMENSIONS = 16,
	ARRAY_STRIDES = 24,
	ARRAY_BASE = 32,
	ARRAY_DESCR = 40,
	ARRAY_FLAGS = 48,
	ARRAY_FIELDS = 56,
	ARRAY_SIZE_OLD = 64, /* before 1.20 */
	DESCR_KIND = 8,
	DESCR_ELSIZE_1 = 16, /* int; tp_basicsize of numpy.dtype is 96 */
	DESCR_ELSIZE_2 = 24, /* npy_intp; 88 */
	DESCR_FIELDS = 32,
};
#define DESCR_SIZE_1	96u
#define DESCR_SIZE_2	88u
#define FLAG_OWNDATA	4u
#define DIMENSIONS_MAX	64
#define DTYPE_BASES_MAX 8

static uint64_t word(const struct typectx *c, const struct object *o, uint32_t at)
{
	return load64(o->at + c->L->size[S_object] + at);
}

static uint32_t dimensions(const struct typectx *c, const struct object *o)
{
	return load32(o->at + c->L->size[S_object] + ARRAY_ND);
}

static const uint8_t *shape(const struct typectx *c, const struct object *o)
{
	return image_at(c->im, word(c, o, ARRAY_DIMENSIONS), dimensions(c, o) * 8ull);
}

/* numpy.dtype, of which each kind of descriptor has been a class of its own since 1.20. */
static const struct typeinfo *dtype_of(const struct typectx *c, const uint8_t *descr)
{
	const struct typeinfo *ti = typetab_get(c->types, field_u64(c->L, descr, F_object_ob_type));

	for (int i = 0; ti && i < DTYPE_BASES_MAX; i++, ti = ti->base)
		if (!strcmp(ti->name, "numpy.dtype"))
			return ti;
	return NULL;
}

/* The descriptor, its fields behind the header; NULL if there is none. */
static const uint8_t *descriptor(const struct typectx *c, addr_t descr)
{
	return image_at(c->im, descr, c->L->size[S_object] + DESCR_FIELDS);
}

bool numpy_element_size(const struct typectx *c, addr_t addr, uint64_t *out)
{
	const uint8_t *descr = descriptor(c, addr), *fields = descr + c->L->size[S_object];
	const struct typeinfo *ti = descr ? dtype_of(c, descr) : NULL;
	uint32_t header = c->L->size[S_object] - 16; /* what debug builds have more */

	if (!ti || (ti->basicsize - header != DESCR_SIZE_1 && ti->basicsize - header != DESCR_SIZE_2))
		return false;
	*out = ti->basicsize - header == DESCR_SIZE_1 ? load32(fields + DESCR_ELSIZE_1)
						       : load64(fields + DESCR_ELSIZE_2);
	return true;
}

static uint64_t elements(const struct typectx *c, const struct object *o)
{
	const uint8_t *dims = shape(c, o);
	uint32_t nd = dimensions(c, o);
	uint64_t n = 1;

	if (nd > DIMENSIONS_MAX || (nd && !dims))
		return OWNED_MAX;
	for (uint32_t i = 0; i < nd; i++) {
		uint64_t d = load64(dims + i * 8ull);

		if (!d)
			return 0;
		if (d >= OWNED_MAX || n >= OWNED_MAX / d)
			n = OWNED_MAX;
		else
			n *= d;
	}
	return n;
}

static bool owns_data(const struct typectx *c, const struct object *o)
{
	return load32(o->at + c->L->size[S_object] + ARRAY_FLAGS) & FLAG_OWNDATA;
}

/* Bytes of the data that the array owns, SIZE_BAD if that cannot be. */
static uint64_t data_size(const struct typectx *c, const struct object *o)
{
	uint64_t n, each;

	if (!owns_data(c, o) || !numpy_element_size(c, word(c, o, ARRAY_DESCR), &each))
		return 0;
	n = elements(c, o);
	return n >= OWNED_MAX || (each && n >= OWNED_MAX / each) ? SIZE_BAD : n * each;
}

/* Before 1.20, which added a field, __sizeof__() began with the struct of ndarray itself, of subclasses, too. */
static void ndarray_init(const struct typectx *c, struct typeinfo *ti)
{
	if (is_ndarray(c, ti))
		ti->extra = ti->basicsize - c->L->size[S_object] == ARRAY_SIZE_OLD ? ti->basicsize : 0;
}

/* array_sizeof(): the shape and the strides, and the data where it is the array's own. */
static uint64_t ndarray_size(const struct typectx *c, const struct object *o)
{
	uint64_t data = data_size(c, o), fixed = o->type->extra ? o->type->extra : o->type->basicsize;

	return data == SIZE_BAD ? SIZE_BAD : fixed + dimensions(c, o) * 16ull + data;
}

static bool ndarray_plausible(const struct typectx *c, const struct object *o)
{
	return dimensions(c, o) <= DIMENSIONS_MAX && (!dimensions(c, o) || shape(c, o)) &&
	       descriptor(c, word(c, o, ARRAY_DESCR)) && data_size(c, o) != SIZE_BAD;
}

static void ndarray_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	const uint8_t *descr = descriptor(c, word(c, o, ARRAY_DESCR));
	uint64_t size = data_size(c, o);

	visit(v, word(c, o, ARRAY_BASE), EDGE_FIELD, (uintptr_t) "base");
	visit(v, word(c, o, ARRAY_DESCR), EDGE_FIELD, (uintptr_t) "dtype");
	if (descr && size != SIZE_BAD && descr[c->L->size[S_object] + DESCR_KIND] == 'O')
		visit_array(c, word(c, o, ARRAY_DATA), size / 8, EDGE_INDEX, 0, v);
}

static void ndarray_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	uint64_t size = data_size(c, o);

	own(b, word(c, o, ARRAY_DIMENSIONS), dimensions(c, o) * 16ull);
	if (size && size != SIZE_BAD)
		own(b, word(c, o, ARRAY_DATA), size);
}

bool is_ndarray(const struct typectx *c, const struct typeinfo *ti)
{
	return !ti->python_class && !ti->itemsize && !strcmp(ti->name, "numpy.ndarray") &&
	       ti->basicsize >= c->L->size[S_object] + ARRAY_FIELDS;
}

bool is_numpy_metatype(const struct typeinfo *ti)
{
	return !ti->python_class && !strcmp(ti->name, "numpy._DTypeMeta");
}

const struct pytype pytype_ndarray = {
	.name = "ndarray",
	.type_init = ndarray_init,
	.size = ndarray_size,
	.plausible = ndarray_plausible,
	.refs = ndarray_refs,
	.buffers = ndarray_buffers,
};
