/* SPDX-License-Identifier: Apache-2.0 */
/* ctypes: data (in the object or in a buffer), and what its types know about their layout. */
#include "types/dicttable.h"

#define FFI_ELEMENTS_MAX 65536

static void cdata_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	addr_t at = obj_u64(c, o, F_cdata_b_ptr);

	/* Memory of its own: neither somebody else's nor b_value, inside the object. */
	if (at_uint(c, o->at, F_cdata_b_needsfree) && at != o->addr + offset_of(c, F_cdata_b_value))
		own(b, at, obj_u64(c, o, F_cdata_b_size));
}

/* The NULL-terminated array of member types that libffi wants, with its NULL. */
static uint64_t ffi_elements_bytes(const struct typectx *c, addr_t elements)
{
	if (!elements)
		return 0;
	for (uint64_t n = 0; n < FFI_ELEMENTS_MAX; n++) {
		const uint8_t *at = image_at(c->im, elements + n * 8, 8);

		if (!at)
			return 0;
		if (!load64(at))
			return (n + 1) * 8;
	}
	return 0;
}

static uint64_t info_bytes(const struct typectx *c, addr_t format, uint64_t ndim, addr_t elements)
{
	return (format ? string_size(c, format, 1u << 20) : 0) + (ndim < 65536 ? ndim * 8 : 0) +
	       ffi_elements_bytes(c, elements);
}

/* Up to 3.12: a dict that took the place of the type's tp_dict. */
static uint64_t stgdict_size(const struct typectx *c, const struct object *o)
{
	bool old = has(c, F_dict27_ma_table);
	uint64_t n = old ? dict27_table_bytes(c, o) : dict_table_bytes(c, o);

	if (n == SIZE_BAD)
		return n;
	n += o->type->basicsize;
	if (!layout_has_const(c->L, C_STGDICT_SIZE_COUNTS_FORMAT))
		return n;
	return n + c->L->size[S_stgdict] - c->L->size[S_dict] +
	       info_bytes(c, obj_u64(c, o, F_stgdict_format), at_uint(c, o->at, F_stgdict_ndim),
			  obj_u64(c, o, F_stgdict_ffi_elements));
}

static void stgdict_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	(has(c, F_dict27_ma_table) ? dict27_refs : dict_refs)(c, o, v);
}

static void stgdict_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	addr_t at;

	(has(c, F_dict27_ma_table) ? dict27_buffers : dict_buffers)(c, o, b);
	if (has(c, F_stgdict_format)) {
		at = obj_u64(c, o, F_stgdict_format);
		own(b, at, string_size(c, at, 1u << 20));
	}
	if (has(c, F_stgdict_shape))
		own(b, obj_u64(c, o, F_stgdict_shape), at_uint(c, o->at, F_stgdict_ndim) * 8);
	at = obj_u64(c, o, F_stgdict_ffi_elements);
	own(b, at, ffi_elements_bytes(c, at));
}

/* 3.13+: the same facts behind the type object: at the end of the metatype's struct. */
static const uint8_t *stginfo(const struct typectx *c, const struct object *o)
{
	const struct typeinfo *meta = o->type;

	while (meta->base && meta->base->family == FAMILY_ctype_type)
		meta = meta->base;
	if (!meta->base)
		return NULL;
	return image_at(c->im, o->addr + round_up(meta->base->basicsize, 16),
			c->L->size[S_stginfo]);
}

static uint64_t ctype_type_size(const struct typectx *c, const struct object *o)
{
	const uint8_t *info = stginfo(c, o);

	if (!info)
		return SIZE_BAD;
	return o->type->basicsize + info_bytes(c, at_u64(c, info, F_stginfo_format),
					       at_uint(c, info, F_stginfo_ndim),
					       at_u64(c, info, F_stginfo_ffi_elements));
}

static void ctype_type_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	static const struct {
		enum field_id f;
		const char *label;
	} owned[] = {
	    {F_stginfo_proto, "proto"},		  {F_stginfo_argtypes, "argtypes"},
	    {F_stginfo_converters, "converters"}, {F_stginfo_restype, "restype"},
	    {F_stginfo_checker, "checker"},	  {F_stginfo_module, "module"},
	};
	const uint8_t *info = stginfo(c, o);

	pytype_type.refs(c, o, v);
	for (size_t i = 0; info && i < ARRAY_SIZE(owned); i++)
		if (has(c, owned[i].f))
			visit(v, at_u64(c, info, owned[i].f), EDGE_FIELD,
			      (uintptr_t)owned[i].label);
}

static void ctype_type_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	const uint8_t *info = stginfo(c, o);
	addr_t at;

	pytype_type.buffers(c, o, b);
	if (!info)
		return;
	at = at_u64(c, info, F_stginfo_format);
	own(b, at, string_size(c, at, 1u << 20));
	own(b, at_u64(c, info, F_stginfo_shape), at_uint(c, info, F_stginfo_ndim) * 8);
	at = at_u64(c, info, F_stginfo_ffi_elements);
	own(b, at, ffi_elements_bytes(c, at));
}

static void ctype_type_init(const struct typectx *c, struct typeinfo *ti)
{
	pytype_type.type_init(c, ti);
}

static uint64_t ctype_type_extent(const struct typectx *c, const struct object *o)
{
	return pytype_type.extent(c, o);
}

static bool ctype_type_plausible(const struct typectx *c, const struct object *o)
{
	return pytype_type.plausible(c, o);
}

const struct pytype pytype_cdata = {
    .name = "CData",
    .size = fixed_size,
    .buffers = cdata_buffers,
    .exact_extent = true,
};
const struct pytype pytype_stgdict = {
    .name = "StgDict",
    .size = stgdict_size,
    .extent = plain_extent,
    .refs = stgdict_refs,
    .buffers = stgdict_buffers,
    .exact_extent = true,
};
const struct pytype pytype_ctype_type = {
    .name = "CType_Type",
    .type_init = ctype_type_init,
    .size = ctype_type_size,
    .extent = ctype_type_extent,
    .plausible = ctype_type_plausible,
    .refs = ctype_type_refs,
    .buffers = ctype_type_buffers,
};
