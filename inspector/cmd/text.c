/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/text.h"
#include "types/repr.h"
#include "heap/values.h"

#define HOLDERS_MAX 16 /* of a cell that are looked at for its function */
#define LABELS_MAX 4 /* labels of references from one object to the same other one */

/* The index of a cell in a function's closure; false if the tuple is not that. */
static bool in_closure(struct session *s, const struct object *function, addr_t tuple, addr_t cell,
		       uint64_t *index)
{
	struct edges found = {0};
	struct object closure;
	bool ok = edges_collect(s->heap, function, tuple, 1, &found) && found.n &&
		  found.at[0].kind == EDGE_FIELD &&
		  !strcmp((const char *)(uintptr_t)found.at[0].aux, "__closure__") &&
		  heap_object(s->heap, tuple, &closure);

	found.n = 0;
	ok = ok && edges_collect(s->heap, &closure, cell, 1, &found) && found.n;
	if (ok)
		*index = found.at[0].aux;
	vec_release(&found);
	return ok;
}

/* "closure cell x of f": the function that has the cell in its closure, by its code's free variables. */
static bool cell_label(struct session *s, const struct object *cell, struct buf *out)
{
	const uint32_t *tuples, *functions;
	uint32_t id, n, m;
	uint64_t index;

	if (cell->type->addr != s->python->known[K_cell] || !graph_has_referrers(s->graph) ||
	    !heap_id(s->heap, cell->addr, &id))
		return false;
	tuples = graph_referrers(s->graph, id, &n);
	for (uint32_t i = 0; i < min_of(n, HOLDERS_MAX); i++) {
		functions = graph_referrers(s->graph, tuples[i], &m);
		for (uint32_t k = 0; k < min_of(m, HOLDERS_MAX); k++) {
			struct object f;

			if (!heap_object_at(s->heap, functions[k], &f) ||
			    f.type->addr != s->python->known[K_function] ||
			    !in_closure(s, &f, heap_address(s->heap, tuples[i]), cell->addr, &index))
				continue;
			buf_str(out, "closure cell ");
			if (!code_free_name(s->heap, object_code(s->heap, &f), index, out))
				buf_printf(out, "%llu", (unsigned long long)index);
			buf_str(out, " of ");
			function_name(s->heap, &f, out);
			return true;
		}
	}
	return false;
}

/* " in f()": whose local it is. */
static void add_function(struct session *s, const struct object *frame, struct buf *out)
{
	const struct layout *L = typetab_ctx(s->types)->L;
	addr_t code = object_code(s->heap, frame);
	const uint8_t *at = code ? image_at(typetab_ctx(s->types)->im, code, L->size[S_code]) : NULL;
	struct buf name = {0};

	if (at && value_name(s->heap, field_u64(L, at, F_code_co_name), &name))
		buf_printf(out, " in %s()", buf_text(&name));
	buf_release(&name);
}

void text_labels(struct session *s, struct between *known, const struct object *from, addr_t to, struct buf *out)
{
	struct edges edges = {0};
	uint32_t id, n = 0;

	if (cell_label(s, from, out))
		return;
	if (heap_id(s->heap, from->addr, &id))
		(void)graph_refs(s->graph, id, &n);
	if (!between_collect(known, s->heap, from, n, to, LABELS_MAX + 1, &edges))
		out->failed = true;
	for (size_t i = 0; i < edges.n && i < LABELS_MAX; i++) {
		buf_str(out, i ? ", " : "");
		edge_label(s->heap, from, &edges.at[i], out);
		if (edges.at[i].kind == EDGE_LOCAL)
			add_function(s, from, out);
	}
	if (edges.n > LABELS_MAX)
		buf_str(out, ", ...");
	vec_release(&edges);
}

const char *text_row(struct session *s, addr_t addr, struct buf *b)
{
	size_t at = 0;

	buf_clear(b);
	text_value(s, addr, SHOWN_ROW, b);
	if (b->n <= SHOWN_ROW.length || !buf_ok(b))
		return buf_text(b);
	for (size_t i = 0; i < SHOWN_ROW.length; i++) /* not in the middle of a character */
		if ((b->at[i] & 0xc0) != 0x80)
			at = i;
	b->n = at;
	buf_str(b, "...");
	return buf_text(b);
}

void text_value(struct session *s, addr_t addr, struct shown how, struct buf *out)
{
	struct repr_limits lim = {.depth = min_of(how.depth, REPR_DEPTH_MAX),
				  .items = how.elements,
				  .chars = (unsigned)min_of(how.length, UINT32_MAX),
				  .total = how.total};

	object_repr(s->python, addr, &lim, out);
}

static bool derives_from(const struct typeinfo *ti, addr_t type)
{
	while (ti && ti->addr != type)
		ti = ti->base;
	return type && ti;
}

bool text_own_name(struct session *s, const struct object *o, struct buf *out)
{
	static const struct {
		enum known_id type;
		enum field_id name;
	} named[] = {{K_module, F_module_md_name},
		     {K_function, F_function_func_name},
		     {K_classobj27, F_classobj27_cl_name}};
	const struct layout *L = &s->python->L;
	const struct typeinfo *ti;

	if (o->type->flags & L->c[C_TPFLAGS_TYPE_SUBCLASS] && (ti = typetab_get(s->types, o->addr))) {
		buf_str(out, ti->name);
		return true;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(named); i++)
		if (derives_from(o->type, s->python->known[named[i].type]) && layout_has(L, named[i].name))
			return value_name(s->heap, field_u64(L, o->at, named[i].name), out);
	if (derives_from(o->type, s->python->known[K_module])) /* 2.7: in its dict */
		return value_name(s->heap,
				  python_dict_get(s->python, field_u64(L, o->at, F_module_md_dict), "__name__"),
				  out);
	return false;
}
