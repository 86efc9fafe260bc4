/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one type object: what it is called, how large its instances are, where their slots lie. */
#include "types/typetab.h"

#define BASICSIZE_MAX (1u << 28)
#define ITEMSIZE_MAX  (1u << 20)
#define META_STEPS    8
#define SLOTS_MAX     4096
#define NAME_MAX_     512
#define METHODS_MAX   1024

bool raw_type_read(const struct typetab *tt, addr_t addr, struct raw_type *out)
{
	const struct layout *L = &tt->py->L;
	size_t heap = min_of(L->size[S_heaptype], sizeof(out->at)),
	       plain = min_of(L->size[S_type], sizeof(out->at));

	if (!addr || addr & 7)
		return false;
	out->addr = addr;
	out->n = max_of(heap, plain);
	if (target_read(tt->t, addr, out->at, out->n))
		return true;
	out->n = plain;
	return target_read(tt->t, addr, out->at, plain);
}

uint64_t raw_type_u64(const struct typetab *tt, const struct raw_type *r, enum field_id f)
{
	int32_t at = tt->py->L.f[f].offset;

	return at >= 0 && (size_t)at + 8 <= r->n ? load64(r->at + at) : 0;
}

static bool flag(const struct layout *L, uint64_t flags, enum const_id c)
{
	return layout_has_const(L, c) && flags & L->c[c];
}

/* type(type(...)) ends at `type` within a few steps, over types of types only. */
static bool metatypes_valid(const struct typetab *tt, const struct raw_type *r)
{
	addr_t meta = raw_type_u64(tt, r, F_object_ob_type);
	struct raw_type m;

	for (int i = 0; i < META_STEPS; i++) {
		if (meta == tt->py->known[K_type])
			return true;
		if (!raw_type_read(tt, meta, &m) ||
		    !flag(&tt->py->L, raw_type_u64(tt, &m, F_type_tp_flags),
			  C_TPFLAGS_TYPE_SUBCLASS))
			return false;
		meta = raw_type_u64(tt, &m, F_object_ob_type);
	}
	return false;
}

bool raw_type_valid(const struct typetab *tt, const struct raw_type *r)
{
	const struct layout *L = &tt->py->L;
	uint64_t flags = raw_type_u64(tt, r, F_type_tp_flags);
	uint64_t basicsize = raw_type_u64(tt, r, F_type_tp_basicsize);
	uint64_t itemsize = raw_type_u64(tt, r, F_type_tp_itemsize);

	/* what it has from its base is filled in when the program makes it ready */
	if (!basicsize && !flag(L, flags, C_TPFLAGS_READY) && target_initial(tt->t, r->addr) &&
	    r->addr != tt->py->known[K_setdummy]) /* which never is */
		basicsize = L->size[S_object];
	if (!raw_type_u64(tt, r, F_type_tp_name) || basicsize < L->size[S_object] ||
	    basicsize > BASICSIZE_MAX || itemsize > ITEMSIZE_MAX)
		return false;
	if (flag(L, flags, C_TPFLAGS_READY))
		return metatypes_valid(tt, r);
	/* A static type of which nobody asked anything yet: perhaps no metatype, but instances. */
	return !flag(L, flags, C_TPFLAGS_HEAPTYPE) && target_module(tt->t, r->addr) &&
	       (!raw_type_u64(tt, r, F_object_ob_type) || metatypes_valid(tt, r));
}

/* ---- names ---- */

const char *typetab_keep_string(struct typetab *tt, const char *s)
{
	char *p = typetab_keep(tt, strlen(s) + 1);

	return p ? strcpy(p, s) : NULL;
}

static bool is_builtins(const char *module)
{
	return !*module || !strcmp(module, "builtins") || !strcmp(module, "__builtin__");
}

static bool name_static(struct typetab *tt, const struct raw_type *r, struct typeinfo *ti)
{
	char name[NAME_MAX_], *dot;

	if (!target_read_string(tt->t, raw_type_u64(tt, r, F_type_tp_name), name, sizeof(name)) ||
	    !*name)
		return false;
	dot = strrchr(name, '.');
	if (dot)
		*dot = 0;
	ti->module = typetab_keep_string(tt, dot && !is_builtins(name) ? name : "");
	if (dot && is_builtins(name))
		memmove(name, dot + 1, strlen(dot + 1) + 1);
	else if (dot)
		*dot = '.';
	ti->name = typetab_keep_string(tt, name);
	return ti->name && ti->module;
}

static bool name_heap(struct typetab *tt, const struct raw_type *r, struct typeinfo *ti)
{
	struct buf name = {0}, module = {0}, full = {0};
	addr_t q = raw_type_u64(tt, r, F_heaptype_ht_qualname);
	addr_t m = python_dict_get(tt->py, raw_type_u64(tt, r, F_type_tp_dict), "__module__");
	bool ok = python_string(tt->py, q ? q : raw_type_u64(tt, r, F_heaptype_ht_name), NAME_MAX_,
				&name);

	if (m && !python_string(tt->py, m, NAME_MAX_, &module))
		buf_clear(&module);
	/* half a name would be another type's: in a core that was cut off the module may be what is
	 * missing */
	if (tt->t->missing_bytes && !module.n)
		ok = false;
	if (ok && !is_builtins(buf_text(&module)))
		buf_printf(&full, "%s.", buf_text(&module));
	buf_str(&full, buf_text(&name));
	ok = ok && buf_ok(&full) && buf_ok(&module);
	if (ok) {
		ti->name = typetab_keep_string(tt, buf_text(&full));
		ti->module =
		    typetab_keep_string(tt, is_builtins(buf_text(&module)) ? "" : buf_text(&module));
	}
	buf_release(&name);
	buf_release(&module);
	buf_release(&full);
	return ok && ti->name && ti->module;
}

/* ---- __slots__ ---- */

/* The members of a class statement's __slots__ stand behind the type object, ob_size of them. */
static size_t slots_own(struct typetab *tt, const struct raw_type *r, const struct typeinfo *ti,
			struct type_slot *out)
{
	const struct layout *L = &tt->py->L;
	uint64_t n = raw_type_u64(tt, r, F_type_ob_size), size = L->size[S_memberdef], found = 0;
	uint8_t m[64];

	if (!ti->heap || n > SLOTS_MAX || !size || size > sizeof(m))
		return 0;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t type, offset;

		if (!target_read(tt->t, r->addr + ti->meta->basicsize + i * size, m, size))
			break;
		type = field_uint(L, m, F_memberdef_type);
		offset = field_u64(L, m, F_memberdef_offset);
		if (type == L->c[C_T_OBJECT_EX] && offset >= L->size[S_object] &&
		    offset + 8 <= ti->basicsize)
			out[found++] =
			    (struct type_slot){(uint32_t)offset, field_u64(L, m, F_memberdef_name)};
	}
	return found;
}

static bool slots_fill(struct typetab *tt, const struct raw_type *r, struct typeinfo *ti)
{
	cleanup_free struct type_slot *own = calloc(SLOTS_MAX, sizeof(*own));
	size_t inherited = ti->base ? ti->base->n_slots : 0, n;
	struct type_slot *all;

	if (!own)
		return false;
	n = ti->python_class ? slots_own(tt, r, ti, own) : 0;
	if (!n || inherited + n > UINT16_MAX) {
		ti->slots = ti->base ? ti->base->slots : NULL;
		ti->n_slots = (uint16_t)inherited;
		return true;
	}
	all = typetab_keep(tt, (inherited + n) * sizeof(*all));
	if (!all)
		return false;
	if (inherited)
		memcpy(all, ti->base->slots, inherited * sizeof(*all));
	memcpy(all + inherited, own, n * sizeof(*all));
	ti->slots = all;
	ti->n_slots = (uint16_t)(inherited + n);
	return true;
}

/* ---- the rest ---- */

static void fill_sizes(const struct typetab *tt, struct typeinfo *ti)
{
	const struct layout *L = &tt->py->L;

	ti->gc = flag(L, ti->flags, C_TPFLAGS_HAVE_GC);
	ti->heap = flag(L, ti->flags, C_TPFLAGS_HEAPTYPE);
	ti->managed_dict = flag(L, ti->flags, C_TPFLAGS_MANAGED_DICT);
	ti->managed_weakref = flag(L, ti->flags, C_TPFLAGS_MANAGED_WEAKREF);
	ti->inline_values = flag(L, ti->flags, C_TPFLAGS_INLINE_VALUES);
	ti->presize = ti->gc ? tt->py->gc_head_size : 0;
	if (ti->managed_dict || ti->managed_weakref)
		ti->presize += (uint32_t)L->c[C_PRE_HEADER_SIZE];
	ti->getsizeof_pre = ti->presize;
}

/* A class statement's type: deallocated by subtype_dealloc, and without a table of C methods. */
static bool is_python_class(const struct typetab *tt, const struct raw_type *r,
			    const struct typeinfo *ti)
{
	addr_t dealloc = tt->py->known[K_subtype_dealloc];

	return ti->heap && !raw_type_u64(tt, r, F_type_tp_methods) &&
	       (!dealloc || raw_type_u64(tt, r, F_type_tp_dealloc) == dealloc);
}

/*
 * A static type of which only the file is left (target_initial): what PyType_Ready() takes over
 * from the base (Objects/typeobject.c, inherit_special).
 */
static void inherit(const struct typetab *tt, const struct raw_type *r, struct typeinfo *ti)
{
	const struct layout *L = &tt->py->L;
	const struct typeinfo *base = ti->base;
	uint64_t kinds = L->c[C_TPFLAGS_LONG_SUBCLASS] | L->c[C_TPFLAGS_LIST_SUBCLASS] |
			 L->c[C_TPFLAGS_TUPLE_SUBCLASS] | L->c[C_TPFLAGS_BYTES_SUBCLASS] |
			 L->c[C_TPFLAGS_UNICODE_SUBCLASS] | L->c[C_TPFLAGS_DICT_SUBCLASS] |
			 L->c[C_TPFLAGS_BASE_EXC_SUBCLASS] | L->c[C_TPFLAGS_TYPE_SUBCLASS];

	if (layout_has_const(L, C_TPFLAGS_INT_SUBCLASS))
		kinds |= L->c[C_TPFLAGS_INT_SUBCLASS];
	if (!ti->basicsize)
		ti->basicsize = base->basicsize;
	if (!ti->itemsize)
		ti->itemsize = base->itemsize;
	if (!ti->dictoffset)
		ti->dictoffset = base->dictoffset;
	if (!ti->weaklistoffset)
		ti->weaklistoffset = base->weaklistoffset;
	ti->flags |= base->flags & kinds;
	if (!raw_type_u64(tt, r, F_type_tp_traverse) && !raw_type_u64(tt, r, F_type_tp_clear))
		ti->flags |= base->flags & L->c[C_TPFLAGS_HAVE_GC];
}

/*
 * A C type may be declared smaller than its base, as mypyc declares its traits: it has no field of that base, and what
 * is derived from it neither. What a builtin base has is read without asking, so there that is damage.
 */
static void leave_larger_bases(struct typeinfo *ti)
{
	while (!ti->python_class && ti->base && ti->base->family == FAMILY_object &&
	       ti->base->basicsize > ti->basicsize)
		ti->base = ti->base->base;
}

bool typeinfo_fill(struct typetab *tt, const struct raw_type *r, struct typeinfo *ti)
{
	ti->flags = raw_type_u64(tt, r, F_type_tp_flags);
	ti->basicsize = (uint32_t)raw_type_u64(tt, r, F_type_tp_basicsize);
	ti->itemsize = (uint32_t)raw_type_u64(tt, r, F_type_tp_itemsize);
	ti->dictoffset = (int64_t)raw_type_u64(tt, r, F_type_tp_dictoffset);
	ti->weaklistoffset = (int64_t)raw_type_u64(tt, r, F_type_tp_weaklistoffset);
	if (ti->base && !flag(&tt->py->L, ti->flags, C_TPFLAGS_READY) &&
	    target_initial(tt->t, r->addr))
		inherit(tt, r, ti);
	ti->least = ti->basicsize;
	fill_sizes(tt, ti);
	ti->cached_keys = ti->heap ? raw_type_u64(tt, r, F_heaptype_ht_cached_keys) : 0;
	ti->python_class = is_python_class(tt, r, ti);
	leave_larger_bases(ti);
	if (!(ti->heap ? name_heap(tt, r, ti) : name_static(tt, r, ti)) || !slots_fill(tt, r, ti) ||
	    !typeinfo_choose(tt, r, ti))
		return false;
	if (ti->py->type_init)
		ti->py->type_init(&tt->ctx, ti);
	/* Of inline values there may be room for one more than they say. */
	ti->exact_extent = ti->py->exact_extent && !ti->inline_values;
	return true;
}
