/* SPDX-License-Identifier: Apache-2.0 */
/* Types as objects. */
#include "types/dicttable.h"

/* Only heap types are as large as their type's basicsize says. */
static bool is_heap(const struct typectx *c, const struct object *o)
{
	return obj_u64(c, o, F_type_tp_flags) & c->L->c[C_TPFLAGS_HEAPTYPE] &&
	       image_at(c->im, o->addr, o->type->basicsize);
}

static void type_type_init(const struct typectx *c, struct typeinfo *ti)
{
	ti->least = min_of(ti->least, c->L->size[S_type]);
}

/* 2.7 has no __sizeof__ for types: that of `object`, which counts the members of __slots__. */
static bool has_sizeof(const struct typectx *c)
{
	return has(c, F_heaptype_ht_cached_keys);
}

static uint64_t cached_keys_size(const struct typectx *c, const struct object *o)
{
	struct dict_table t;
	addr_t keys;

	if (!has(c, F_heaptype_ht_cached_keys))
		return 0;
	keys = obj_u64(c, o, F_heaptype_ht_cached_keys);
	return keys && dict_table_load(c, keys, &t) ? t.size : 0;
}

/* Static types have no GC head; not all versions know that. */
static bool counts_gc_head(const struct typectx *c, const struct object *o)
{
	return layout_has_const(c->L, C_STATIC_TYPE_COUNTS_GC_HEAD) &&
	       (c->L->c[C_STATIC_TYPE_COUNTS_GC_HEAD] == 1 || o->type->addr != c->py->known[K_type]);
}

static uint64_t static_size(const struct typectx *c, const struct object *o)
{
	uint64_t pre = counts_gc_head(c, o) ? 0 : o->type->getsizeof_pre;

	return (has_sizeof(c) ? c->L->size[S_type] : var_size(c, o)) - pre;
}

static uint64_t type_size(const struct typectx *c, const struct object *o)
{
	if (!is_heap(c, o))
		return static_size(c, o);
	if (!has_sizeof(c))
		return var_size(c, o);
	return c->L->size[S_heaptype] + cached_keys_size(c, o);
}

static uint64_t type_extent(const struct typectx *c, const struct object *o)
{
	return is_heap(c, o) ? var_size(c, o) : c->L->size[S_type];
}

static void type_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	static const struct {
		enum field_id f;
		const char *label;
	} heap[] = {
	    {F_heaptype_ht_name, "__name__"},
	    {F_heaptype_ht_qualname, "__qualname__"},
	    {F_heaptype_ht_slots, "__slots__"},
	    {F_heaptype_ht_module, "ht_module"},
	};

	for (size_t i = 0; is_heap(c, o) && i < ARRAY_SIZE(heap); i++)
		if (has(c, heap[i].f))
			visit(v, obj_u64(c, o, heap[i].f), EDGE_FIELD, (uintptr_t)heap[i].label);
	/* 3.12+: an index into the interpreter's table. */
	if (!layout_has_const(c->L, C_TPFLAGS_STATIC_BUILTIN) ||
	    !(obj_u64(c, o, F_type_tp_flags) & c->L->c[C_TPFLAGS_STATIC_BUILTIN]))
		visit(v, obj_u64(c, o, F_type_tp_subclasses), EDGE_FIELD,
		      (uintptr_t) "__subclasses__");
}

static void type_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	addr_t keys = has(c, F_heaptype_ht_cached_keys) && is_heap(c, o)
			  ? obj_u64(c, o, F_heaptype_ht_cached_keys)
			  : 0;
	struct dict_table t;
	addr_t text;

	if (!is_heap(c, o))
		return;
	if (keys && dict_table_load(c, keys, &t))
		own(b, keys, t.size);
	text = obj_u64(c, o, F_type_tp_doc);
	own(b, text, string_size(c, text, 1u << 20));
	if (has(c, F_heaptype_ht_tpname)) {
		text = obj_u64(c, o, F_heaptype_ht_tpname);
		own(b, text, string_size(c, text, 1u << 16));
	}
}

static bool type_plausible(const struct typectx *c, const struct object *o)
{
	return typetab_get(c->types, o->addr) != NULL;
}

const struct pytype pytype_type = {
    .name = "type",
    .type_init = type_type_init,
    .size = type_size,
    .extent = type_extent,
    .plausible = type_plausible,
    .refs = type_refs,
    .buffers = type_buffers,
};
