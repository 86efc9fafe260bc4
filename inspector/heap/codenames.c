/* SPDX-License-Identifier: Apache-2.0 */
/* Code objects: whose they are, and what their variables are called. */
#include "heap/labels.h"
#include "heap/values.h"
#include "heap/walk.h"

static addr_t tuple_item(const struct heap *h, addr_t tuple, uint64_t i)
{
	const struct layout *L = h->c->L;
	uint32_t first = (uint32_t)L->f[F_tuple_ob_item].offset;
	struct object t;
	const uint8_t *item;

	if (!object_load(h->tt, tuple, &t) ||
	    i >= load64(t.at + L->f[F_varobject_ob_size].offset) || i > 1u << 20)
		return 0;
	item = image_at(h->im, tuple + first + i * 8, 8);
	return item ? load64(item) : 0;
}

static uint64_t tuple_length(const struct heap *h, addr_t tuple)
{
	struct object t;

	return tuple && object_load(h->tt, tuple, &t)
		   ? load64(t.at + h->c->L->f[F_varobject_ob_size].offset)
		   : 0;
}

bool code_local_name(const struct heap *h, addr_t code, uint64_t index, struct buf *out)
{
	static const enum field_id old[] = {F_code_co_varnames, F_code_co_cellvars,
					    F_code_co_freevars};
	const struct layout *L = h->c->L;
	const uint8_t *at = image_at(h->im, code, L->size[S_code]);

	if (!at)
		return false;
	if (layout_has(L, F_code_co_localsplusnames))
		return value_name(
		    h, tuple_item(h, field_u64(L, at, F_code_co_localsplusnames), index), out);
	for (unsigned i = 0; i < ARRAY_SIZE(old); i++) {
		addr_t names = layout_has(L, old[i]) ? field_u64(L, at, old[i]) : 0;
		uint64_t n = tuple_length(h, names);

		if (index < n)
			return value_name(h, tuple_item(h, names, index), out);
		index -= n;
	}
	return false;
}

bool code_free_name(const struct heap *h, addr_t code, uint64_t index, struct buf *out)
{
	const struct layout *L = h->c->L;
	const uint8_t *at = image_at(h->im, code, L->size[S_code]);
	uint64_t all, n;

	if (!at)
		return false;
	if (!layout_has(L, F_code_co_localsplusnames))
		return layout_has(L, F_code_co_freevars) &&
		       value_name(h, tuple_item(h, field_u64(L, at, F_code_co_freevars), index), out);
	/* the free variables are the last ones */
	all = tuple_length(h, field_u64(L, at, F_code_co_localsplusnames));
	n = layout_has(L, F_code_co_nfreevars) ? field_uint(L, at, F_code_co_nfreevars) : 0;
	return index < n && n <= all && code_local_name(h, code, all - n + index, out);
}

void function_name(const struct heap *h, const struct object *function, struct buf *out)
{
	const struct layout *L = h->c->L;
	enum field_id f = layout_has(L, F_function_func_qualname) ? F_function_func_qualname
								   : F_function_func_name;

	if (!layout_has(L, f) || !value_name(h, field_u64(L, function->at, f), out))
		buf_char(out, '?');
}

struct code_search {
	const struct heap *h;
	addr_t code, function;
};

static bool is_code(void *arg, const struct edge *e)
{
	struct code_search *c = arg;
	struct object to;

	if (e->kind != EDGE_FIELD || !e->aux || !heap_object(c->h, e->to, &to))
		return true;
	if (to.type->addr == c->h->py->known[K_code])
		c->code = e->to;
	else if (!strcmp((const char *)(uintptr_t)e->aux, "__func__"))
		c->function = e->to;
	return !c->code;
}

addr_t object_code(const struct heap *h, const struct object *o)
{
	static const enum known_id runs[] = {K_function, K_method, K_gen, K_coro, K_asyncgen, K_frame,
					     K_staticmethod, K_classmethod};
	struct code_search c = {.h = h};
	struct object function;
	bool known = false;

	if (o->type->addr == h->py->known[K_code])
		return o->addr;
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		known |= o->type->addr == h->py->known[runs[i]];
	if (known)
		edges_each(h, o, is_code, &c);
	if (!c.code && heap_object(h, c.function, &function) &&
	    function.type->addr == h->py->known[K_function])
		edges_each(h, &function, is_code, &c);
	return c.code;
}
