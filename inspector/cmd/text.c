/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/text.h"
#include "types/repr.h"
#include "heap/values.h"

#define LABELS_MAX 4 /* labels of references from one object to the same other one */

void text_labels(struct session *s, const struct object *from, addr_t to, struct buf *out)
{
	struct edges edges = {0};

	if (!edges_collect(s->heap, from, to, LABELS_MAX + 1, &edges))
		out->failed = true;
	for (size_t i = 0; i < edges.n && i < LABELS_MAX; i++) {
		buf_str(out, i ? ", " : "");
		edge_label(s->heap, from, &edges.at[i], out);
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
