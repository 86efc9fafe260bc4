/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NumPy's scalars. generic.__sizeof__() adds an element's bytes to the struct, which has them already: the sum is
 * told as NumPy tells it. How large an element is, the type's name says; of void, its descriptor; of bytes_, its length.
 *
 * To add a scalar type: its name in the row of its element's size.
 */
#include "types/family.h"

enum { /* from the end of a variable-size object's header: PyVoidScalarObject in numpy/arrayscalars.h */
	VOID_DESCR = 8,
	VOID_FIELDS = 32,
};

static const struct {
	uint32_t bytes;
	const char *names; /* behind "numpy." */
} elements[] = {
    {1, "bool|bool_|int8|uint8"},
    {2, "int16|uint16|float16"},
    {4, "int32|uint32|intc|uintc|float32"},
    {8, "int64|uint64|long|ulong|longlong|ulonglong|float64|complex64|datetime64|timedelta64"},
    {16, "float128|longdouble|complex128"},
    {32, "complex256|clongdouble"},
};

static uint64_t npscalar_size(const struct typectx *c, const struct object *o)
{
	return o->type->basicsize + o->type->extra;
}

static uint64_t npvoid_size(const struct typectx *c, const struct object *o)
{
	uint64_t each;

	if (!numpy_element_size(c, load64(o->at + c->L->size[S_varobject] + VOID_DESCR), &each))
		return SIZE_BAD;
	return each < OWNED_MAX ? o->type->basicsize + each : SIZE_BAD;
}

static bool npvoid_plausible(const struct typectx *c, const struct object *o)
{
	return npvoid_size(c, o) != SIZE_BAD;
}

/* The bytes are counted as items, and once more as the element. */
static uint64_t npbytes_size(const struct typectx *c, const struct object *o)
{
	return size_var(o->type->basicsize, obj_items(c, o), o->type->itemsize + 1ull);
}

static bool npbytes_plausible(const struct typectx *c, const struct object *o)
{
	return pytype_bytes.plausible(c, o);
}

const struct pytype pytype_npscalar = {.name = "npscalar", .size = npscalar_size};
const struct pytype pytype_npvoid = {
	.name = "npvoid",
	.size = npvoid_size,
	.plausible = npvoid_plausible,
};
const struct pytype pytype_npbytes = {
	.name = "npbytes",
	.size = npbytes_size,
	.plausible = npbytes_plausible,
};

bool numpy_scalar(const struct typectx *c, struct typeinfo *ti)
{
	static const char module[] = "numpy.";
	const char *name = ti->name + sizeof(module) - 1;

	if (ti->python_class || strncmp(ti->name, module, sizeof(module) - 1))
		return false;
	/* Python 2's are str, which has a __sizeof__ that comes first. */
	if (!strcmp(name, "bytes_") && ti->base && ti->base->py == &pytype_bytes) {
		ti->py = &pytype_npbytes;
		return true;
	}
	if (!strcmp(name, "void") && ti->basicsize >= c->L->size[S_varobject] + VOID_FIELDS) {
		ti->py = &pytype_npvoid;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(elements); i++)
		if (is_one_of(elements[i].names, name)) {
			ti->py = &pytype_npscalar;
			ti->extra = elements[i].bytes;
			return true;
		}
	return false;
}
