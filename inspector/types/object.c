/* SPDX-License-Identifier: Apache-2.0 */
/* What all objects have in common; the families `object`, `fixed`, `var` and `unknown`. */
#include "types/family.h"

#define REFCOUNT_MAX (1ull << 40)
#define SCAN_MAX     65536 /* words of an unknown struct to look at: msgpack's have 4107 and more */

uint64_t object_refcount(const struct typectx *c, const uint8_t *at)
{
	return has(c, F_object_ob_refcnt) ? at_uint(c, at, F_object_ob_refcnt) : 1;
}

static bool refcount_alive(const struct typectx *c, const uint8_t *at)
{
	uint64_t n = object_refcount(c, at);

	if (n - 1 < REFCOUNT_MAX)
		return true;
	return layout_has_const(c->L, C_IMMORTAL_BIT) && (uint32_t)n & c->L->c[C_IMMORTAL_BIT];
}

bool object_load(struct typetab *tt, addr_t addr, struct object *out)
{
	const struct typectx *c = typetab_ctx(tt);
	const struct typeinfo *ti;
	const uint8_t *at;

	if (addr & 7)
		return false;
	at = image_at(c->im, addr, c->L->size[S_object]);
	if (!at || !refcount_alive(c, at))
		return false;
	ti = typetab_get(tt, at_u64(c, at, F_object_ob_type));
	if (!ti)
		return false;
	at = image_at(c->im, addr, ti->least);
	if (!at)
		return false;
	*out = (struct object){addr, at, ti};
	return true;
}

uint64_t fixed_size(const struct typectx *c, const struct object *o)
{
	return o->type->basicsize;
}

/* What object.__sizeof__() says. */
uint64_t var_size(const struct typectx *c, const struct object *o)
{
	return o->type->itemsize ? size_var(o->type->basicsize, obj_count(c, o), o->type->itemsize)
				 : o->type->basicsize;
}

/*
 * As PyType_GenericAlloc asks for, without what it rounds up: instances of classes have one item
 * more than they count, or (3.13+) inline values behind.
 */
uint64_t plain_extent(const struct typectx *c, const struct object *o)
{
	uint64_t size = var_size(c, o), values;

	if (o->type->itemsize && o->type->python_class && size != SIZE_BAD)
		size += o->type->itemsize;
	if (size == SIZE_BAD || !o->type->inline_values)
		return size;
	values = instance_inline_size(c, o);
	return values == SIZE_BAD || !values ? (values ? values : size)
					     : round_up(size, 8) + values;
}

uint64_t object_size(const struct typectx *c, const struct object *o)
{
	const struct pytype *py = o->type->py;
	uint64_t n = py->size ? py->size(c, o) : var_size(c, o);

	return n >= OWNED_MAX ? SIZE_BAD : n + o->type->getsizeof_pre;
}

uint64_t object_extent(const struct typectx *c, const struct object *o)
{
	const struct pytype *py = o->type->py;
	uint64_t n = py->extent ? py->extent(c, o) : plain_extent(c, o);

	return n >= OWNED_MAX ? SIZE_BAD : n;
}

bool object_plausible(const struct typectx *c, const struct object *o)
{
	return !o->type->py->plausible || o->type->py->plausible(c, o);
}

/* Is it told as a member? */
static bool is_member(const struct typeinfo *ti, uint32_t at)
{
	for (uint16_t i = 0; i < ti->n_members; i++)
		if (ti->members[i].offset == at)
			return true;
	return false;
}

/* Words of a C struct that no row describes. Aligned pointers into the image are perhaps
 * references. */
static void scan_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	const struct typeinfo *ti = o->type;
	uint32_t end = min_of(ti->scan_end, ti->scan_from + SCAN_MAX * 8);

	if (!whole(c, o))
		return;
	for (uint32_t at = ti->scan_from; at + 8 <= end; at += 8) {
		addr_t to = load64(o->at + at);

		if (to && !(to & 7) && (int64_t)at != ti->dictoffset &&
		    (int64_t)at != ti->weaklistoffset && !is_member(ti, at) &&
		    image_delta(c->im, to))
			visit(v, to, EDGE_UNSURE, at);
	}
}

void object_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	const struct typeinfo *ti = o->type;

	for (uint16_t i = 0; i < ti->n_refs; i++)
		visit(v, load64(o->at + ti->refs[i].offset), EDGE_FIELD,
		      (uintptr_t)ti->refs[i].label);
	if (ti->py->refs)
		ti->py->refs(c, o, v);
	if (ti->scan_end)
		scan_refs(c, o, v);
	if (ti->n_members || ti->n_arrays || ti->items_label)
		refined_refs(c, o, v);
	if (ti->n_slots || ti->dictoffset || ti->managed_dict)
		instance_refs(c, o, v);
	if (ti->heap)
		visit(v, ti->addr, EDGE_FIELD, (uintptr_t) "__class__");
}

void object_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	if (o->type->py->buffers)
		o->type->py->buffers(c, o, b);
	if (o->type->managed_dict && !o->type->inline_values)
		instance_buffers(c, o, b);
}

void visit_array(const struct typectx *c, addr_t start, uint64_t n, enum edge_kind kind,
		 uint64_t aux, struct visitor *v)
{
	const uint8_t *at;

	if (!start || !n || n > OWNED_MAX / 8)
		return;
	at = image_at(c->im, start, n * 8);
	for (uint64_t i = 0; at && i < n; i++)
		visit(v, load64(at + i * 8), kind, kind == EDGE_FIELD ? aux : aux + i);
}

uint64_t string_size(const struct typectx *c, addr_t s, uint64_t max)
{
	const uint8_t *p, *end;
	uint64_t n, done = 0;

	/* page by page */
	for (; s && done < max; done += n) {
		n = min_of(IMAGE_PAGE - ((s + done) & (IMAGE_PAGE - 1)), max - done);
		p = image_at(c->im, s + done, n);
		end = p ? memchr(p, 0, n) : NULL;
		if (end)
			return done + (uint64_t)(end - p) + 1;
		if (!p)
			break;
	}
	return 0;
}

uint64_t other_count(const struct typectx *c, addr_t o)
{
	const uint8_t *at = o && !(o & 7) ? image_at(c->im, o, c->L->size[S_varobject]) : NULL;
	int64_t n = at ? (int64_t)at_u64(c, at, F_varobject_ob_size) : 0;

	return n > 0 ? (uint64_t)n : 0;
}

const struct pytype pytype_object = {.name = "object", .exact_extent = true};
const struct pytype pytype_fixed = {.name = "fixed", .size = fixed_size, .exact_extent = true};
const struct pytype pytype_var = {.name = "var", .size = var_size, .exact_extent = true};
const struct pytype pytype_unknown = {.name = "unknown"};
