/* SPDX-License-Identifier: Apache-2.0 */
/* The struct of a C type by its module's debug information: what tp_traverse or tp_dealloc takes. */
#include "elf/dwarfinfo.h"
#include "types/refine.h"

#define NESTED_MAX 8
#define ARRAY_MAX  256 /* elements of an array inside of the struct */

struct members_walk {
	struct refining *r;
	struct dwarf_info *w;
	struct dwarf_type in; /* the struct whose members are walked */
	uint64_t base;	      /* where it lies in the object */
	const char *prefix;   /* "outer." */
	unsigned depth, budget;
};

static void walk_members(struct members_walk *mw);

static bool is_object_pointer(struct dwarf_info *w, struct dwarf_type t)
{
	struct dwarf_type to;

	return dwarf_type_pointee(w, t, &to) && dwarf_type_is_object(w, to);
}

/* A pointer to objects' pointers: memory of its own, of a length that nobody tells. */
static bool is_array_pointer(struct dwarf_info *w, struct dwarf_type t)
{
	struct dwarf_type to;

	return dwarf_type_pointee(w, t, &to) && is_object_pointer(w, to);
}

static void one_member(struct members_walk *mw, const char *name, uint64_t offset, struct dwarf_type t)
{
	struct members_walk inner = *mw;
	struct buf prefix = {0};

	if (is_object_pointer(mw->w, t)) {
		refining_add(mw->r, offset, name, false);
	} else if (is_array_pointer(mw->w, t)) {
		refining_add_array(mw->r, offset, name);
	} else if (mw->depth < NESTED_MAX) {
		buf_printf(&prefix, "%s.", name);
		inner.in = t;
		inner.base = offset;
		inner.prefix = buf_text(&prefix);
		inner.depth++;
		walk_members(&inner);
		mw->budget = inner.budget;
		buf_release(&prefix);
	}
}

static bool on_member(void *arg, const char *name, const struct dwarf_member *m)
{
	struct members_walk *mw = arg;
	uint64_t n = m->count ? min_of(m->count, ARRAY_MAX) : 1;
	struct dwarf_member element = *m;
	struct buf path = {0};
	bool found = true;

	if (!mw->budget || m->offset < 0 || m->bit_size)
		return mw->budget > 0;
	if (m->count) {
		buf_printf(&path, "%s[0]", name);
		found = dwarf_find_member(mw->w, mw->in, buf_text(&path), &element);
	}
	if (found && m->count && mw->base + (uint64_t)m->offset == mw->r->ti->basicsize &&
	    mw->r->ti->itemsize == 8 && is_object_pointer(mw->w, element.type)) {
		mw->r->items_label = typetab_keep_string(mw->r->tt, name);
		mw->r->failed |= !mw->r->items_label;
	}
	for (uint64_t i = 0; found && i < n && mw->budget; i++) {
		mw->budget--;
		buf_clear(&path);
		buf_printf(&path, "%s%s", mw->prefix, name);
		if (m->count)
			buf_printf(&path, "[%llu]", (unsigned long long)i);
		one_member(mw, buf_text(&path), mw->base + (uint64_t)m->offset + i * m->stride,
			   element.type);
	}
	buf_release(&path);
	return mw->budget > 0;
}

/* Also called for what is no struct: then there are no members. */
static void walk_members(struct members_walk *mw)
{
	dwarf_each_member(mw->w, mw->in, on_member, mw);
}

/* As large as the type says; a struct may have one item in place of many. */
static bool size_agrees(const struct typeinfo *ti, uint64_t size)
{
	return size == ti->basicsize ||
	       (size > ti->basicsize && size <= round_up(ti->basicsize + ti->itemsize, 8));
}

static bool by_function(struct refining *r, addr_t function)
{
	struct module *m = target_module(r->tt->t, function);
	struct diag d = {0};
	struct members_walk mw = {.r = r, .prefix = "", .budget = REFINED_MAX};

	if (!m || !m->file || !module_debug(r->tt->t, m) || dwarf_info_get(m->file, &mw.w, &d) ||
	    !dwarf_function_self_type(mw.w, function - m->bias, &mw.in) ||
	    !size_agrees(r->ti, dwarf_type_size(mw.w, mw.in)))
		return false;
	walk_members(&mw);
	return mw.budget > 0; /* else not all of it was seen */
}

/* The i-th of the functions that take an instance, if it is not the base's. */
static addr_t own_function(struct typetab *tt, const struct raw_type *raw, addr_t base, unsigned i)
{
	static const enum field_id functions[] = {F_type_tp_traverse, F_type_tp_dealloc, F_type_tp_clear};
	addr_t at = raw_type_u64(tt, raw, functions[i]);
	struct raw_type r;

	return at && raw_type_read(tt, base, &r) && at == raw_type_u64(tt, &r, functions[i]) ? 0 : at;
}

bool refine_by_dwarf(struct refining *r, const struct raw_type *raw)
{
	for (unsigned i = 0; i < 3; i++) {
		addr_t at = own_function(r->tt, raw, r->ti->base->addr, i);

		if (at && by_function(r, at))
			return true;
	}
	return false;
}

addr_t typetab_code(struct typetab *tt, const struct typeinfo *ti)
{
	struct raw_type raw;
	addr_t at = 0;

	if (ti->base && raw_type_read(tt, ti->addr, &raw))
		for (unsigned i = 0; i < 3 && !at; i++)
			at = own_function(tt, &raw, ti->base->addr, i);
	return at;
}
