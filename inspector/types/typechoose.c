/* SPDX-License-Identifier: Apache-2.0 */
/* Which family a type belongs to: by the name of a C type, else by its nearest base. */
#include "types/typetab.h"

#define METHODS_MAX 1024
#define FIELDS_MAX  1024
#define MRO_MAX	    512

/* A class statement may use any name; only C types are looked up by theirs. */
static enum family_id find_row(struct typetab *tt, const struct typeinfo *ti)
{
	return ti->python_class ? FAMILY_COUNT : family_find(&tt->py->L, ti->name, ti->basicsize);
}

static bool take_row(struct typetab *tt, struct typeinfo *ti, enum family_id id)
{
	struct type_ref refs[FAMILY_MAX_REFS], *kept;
	size_t n = ti->base ? min_of((size_t)ti->base->n_refs, (size_t)FAMILY_MAX_REFS) : 0;

	if (n)
		memcpy(refs, ti->base->refs, n * sizeof(*refs));
	n = family_refs(&tt->py->L, id, ti->basicsize, refs, n, FAMILY_MAX_REFS);
	ti->family = id;
	ti->py = family_rows[id].py;
	if (!n)
		return true;
	kept = typetab_keep(tt, n * sizeof(*kept));
	if (!kept)
		return false;
	memcpy(kept, refs, n * sizeof(*kept));
	ti->refs = kept;
	ti->n_refs = (uint16_t)n;
	return true;
}

/* A C type's own table of methods has a __sizeof__; or a class statement defines one. */
static bool defines_sizeof(struct typetab *tt, const struct raw_type *r, const struct typeinfo *ti)
{
	const struct layout *L = &tt->py->L;
	addr_t at = raw_type_u64(tt, r, F_type_tp_methods), name;
	char text[16];

	if (ti->python_class)
		return python_dict_get(tt->py, raw_type_u64(tt, r, F_type_tp_dict), "__sizeof__") !=
		       0;
	for (int i = 0; at && L->size[S_methoddef] && i < METHODS_MAX;
	     i++, at += L->size[S_methoddef]) {
		if (!target_read_u64(tt->t, at + L->f[F_methoddef_ml_name].offset, &name) || !name)
			return false;
		if (target_read_string(tt->t, name, text, sizeof(text)) &&
		    !strcmp(text, "__sizeof__"))
			return true;
	}
	return false;
}

/* Code of its own says whether an instance has a GC head, which getsizeof() adds; `type` has such code, too. */
static bool has_own_is_gc(struct typetab *tt, const struct raw_type *r)
{
	addr_t is_gc = raw_type_u64(tt, r, F_type_tp_is_gc);
	struct raw_type type;

	return is_gc && r->addr != tt->py->known[K_type] &&
	       raw_type_read(tt, tt->py->known[K_type], &type) &&
	       is_gc != raw_type_u64(tt, &type, F_type_tp_is_gc);
}

static const struct typeinfo *base_at(const struct typeinfo *ti, addr_t addr)
{
	for (ti = ti->base; ti && ti->addr != addr;)
		ti = ti->base;
	return ti;
}

/*
 * Of several bases, one that is not tp_base may have a __sizeof__ (pandas.Series has it from a mixin). The first class
 * in the order of resolution says; our own sizes stand for the __sizeof__ of the families.
 */
static bool mixin_defines_sizeof(struct typetab *tt, const struct raw_type *r,
				 const struct typeinfo *ti)
{
	const struct layout *L = &tt->py->L;
	addr_t bases = raw_type_u64(tt, r, F_type_tp_bases), mro = raw_type_u64(tt, r, F_type_tp_mro);
	uint32_t items = (uint32_t)L->f[F_tuple_ob_item].offset;
	const struct typeinfo *base;
	uint64_t n, class, dict;

	if (!layout_has(L, F_type_tp_dict) || !layout_has(L, F_tuple_ob_item))
		return false;
	if (!bases || !target_read_u64(tt->t, bases + L->f[F_varobject_ob_size].offset, &n) || n < 2 ||
	    !mro || !target_read_u64(tt->t, mro + L->f[F_varobject_ob_size].offset, &n))
		return false;
	for (uint64_t i = 1; i < min_of(n, (uint64_t)MRO_MAX); i++) {
		if (!target_read_u64(tt->t, mro + items + i * 8, &class))
			return false;
		base = base_at(ti, class);
		if (!target_read_u64(tt->t, class + L->f[F_type_tp_dict].offset, &dict))
			return false;
		/* the dicts of 3.12's builtin types are elsewhere */
		if (dict ? python_dict_get(tt->py, dict, "__sizeof__") != 0
			 : base && base->py->size && base->py->size != var_size)
			return !base;
	}
	return false;
}

/* How many fields the members of a tuple type reach: one behind the last. Its table is closed by an
 * empty name. */
static uint64_t member_fields(struct typetab *tt, const struct raw_type *r)
{
	const struct layout *L = &tt->py->L;
	addr_t at = raw_type_u64(tt, r, F_type_tp_members), name, offset;
	uint64_t first = (uint64_t)L->f[F_tuple_ob_item].offset, n = 0;

	for (int i = 0; at && L->size[S_memberdef] && i < FIELDS_MAX;
	     i++, at += L->size[S_memberdef]) {
		if (!target_read_u64(tt->t, at + L->f[F_memberdef_name].offset, &name) || !name ||
		    !target_read_u64(tt->t, at + L->f[F_memberdef_offset].offset, &offset))
			break;
		if (offset >= first && offset < first + FIELDS_MAX * 8)
			n = max_of(n, (offset - first) / 8 + 1);
	}
	return n;
}

/* os.stat_result and its like: C types on top of tuple, with fields that len() does not count. */
static bool choose_structseq(struct typetab *tt, const struct raw_type *r, struct typeinfo *ti)
{
	uint64_t n;

	/* In 2.7 they are no tuples, and all fields are part of basicsize: the scan of unknown
	 * structs sees to them. */
	if (!ti->base || ti->base->addr != tt->py->known[K_tuple] || ti->python_class)
		return false;
	n = member_fields(tt, r);
	if (!n)
		return false;
	ti->py = &pytype_structseq;
	ti->extra = n;
	return true;
}

bool typeinfo_choose(struct typetab *tt, const struct raw_type *r, struct typeinfo *ti)
{
	const struct typeinfo *base = ti->base;
	enum family_id id = find_row(tt, ti);

	if (id != FAMILY_COUNT)
		return take_row(tt, ti, id);
	ti->family = base ? base->family : FAMILY_object;
	ti->py = base ? base->py : &pytype_object;
	ti->refs = base ? base->refs : NULL;
	ti->n_refs = base ? base->n_refs : 0;
	ti->extra = base ? base->extra : 0;
	ti->scan_from = base ? base->scan_from : 0;
	ti->scan_end = base ? base->scan_end : 0;
	if (is_ndarray(&tt->ctx, ti)) {
		ti->py = &pytype_ndarray;
		return true;
	}
	ti->own_sizeof = !numpy_scalar(&tt->ctx, ti) && !is_numpy_metatype(ti) &&
			 ((base && base->own_sizeof) || defines_sizeof(tt, r, ti) ||
			  mixin_defines_sizeof(tt, r, ti) || has_own_is_gc(tt, r));
	if (choose_structseq(tt, r, ti) || ti->python_class || !base ||
	    ti->basicsize <= base->basicsize)
		return true;
	if (!ti->scan_end)
		ti->scan_from = (uint32_t)round_up(base->basicsize, 8);
	ti->scan_end = ti->basicsize & ~7u;
	ti->refs_by = REFS_BY_SCAN;
	if (ti->py == &pytype_object)
		ti->py = &pytype_unknown;
	return true;
}
