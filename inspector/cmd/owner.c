/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/owner.h"
#include "cmd/pathtree.h"
#include "cmd/textmap.h"
#include "heap/attrs.h"
#include "heap/values.h"

#define LEVELS_MAX    6	  /* containers in containers before one with a name */
#define REFERRERS_MAX 200 /* of one object that are looked at */

/* Things that only hold others: whose they are is what one wants to know. */
static bool is_container(struct session *s, const struct object *o)
{
	const addr_t *known = s->python->known;
	static const enum known_id plain[] = {K_dict, K_list, K_tuple, K_set, K_frozenset, K_cell};

	for (unsigned i = 0; i < ARRAY_SIZE(plain); i++)
		if (known[plain[i]] && o->type->addr == known[plain[i]])
			return true;
	return !strncmp(o->type->name, "collections.", 12);
}

static uint32_t holder_of(struct session *s, uint32_t id)
{
	uint32_t n;
	const uint32_t *from;

	if (s->distances.distance[id] != PATH_NONE)
		return s->distances.parent[id];
	from = graph_referrers(s->graph, id, &n);
	return n ? from[0] : PATH_NONE;
}

/* "module agent" names things better than the type `module` does. */
static void add_holder(struct session *s, const struct pick *names, const struct object *o,
		       uint32_t id, struct buf *out)
{
	const struct root *r = rootset_of(s->roots, id);

	if (r && (r->kind == ROOT_MODULE))
		root_expression(s->roots, r, out);
	else
		buf_str(out, pick_name(names, o));
}

static void reverse_parts(struct buf *parts, size_t n, struct buf *out)
{
	while (n)
		buf_str(out, buf_text(&parts[--n]));
}

/* The label of the reference from `from`, with what "__dict__" in front of a value means. */
static bool part_of(struct session *s, const struct object *from, addr_t to, bool attributes,
		    struct buf *out)
{
	struct edges edges = {0};
	bool ok = edges_collect(s->heap, from, to, 1, &edges) && edges.n;

	if (ok)
		label_of_kind(s->heap, from, &edges.at[0], attributes, out);
	vec_release(&edges);
	return ok;
}

/* Is the dict the __dict__ of the one that holds it? */
static bool is_its_dict(struct session *s, uint32_t holder, addr_t dict)
{
	struct object o;

	return holder != PATH_NONE && heap_object_at(s->heap, holder, &o) &&
	       object_dict(s->heap, &o) == dict;
}

void owner_text(struct session *s, const struct pick *names, const struct object *o,
		struct buf *out)
{
	struct buf parts[LEVELS_MAX + 1] = {0};
	struct object at = *o;
	uint32_t id, holder;
	size_t n = 0;

	if (!heap_id(s->heap, o->addr, &id))
		return;
	for (;; id = holder) {
		struct object from;
		bool its_dict;

		holder = holder_of(s, id);
		if (holder == PATH_NONE) {
			const struct root *r = rootset_of(s->roots, id);

			if (r && (n == 0 || r->kind != ROOT_MODULE))
				root_describe(s->roots, r, out);
			else if (r)
				root_expression(s->roots, r, out);
			else
				buf_str(out, n ? pick_name(names, &at) : "nobody");
			break;
		}
		if (n == LEVELS_MAX || !heap_object_at(s->heap, holder, &from)) {
			buf_str(out, "...");
			break;
		}
		its_dict = is_its_dict(s, holder_of(s, holder), from.addr);
		if (!(n && is_its_dict(s, holder, at.addr) && parts[n - 1].n))
			part_of(s, &from, at.addr, its_dict, &parts[n++]);
		at = from;
		if (!its_dict && !is_container(s, &from)) {
			add_holder(s, names, &from, holder, out);
			break;
		}
	}
	reverse_parts(parts, n, out);
	for (size_t i = 0; i <= LEVELS_MAX; i++)
		buf_release(&parts[i]);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct text_entry *)a)->text, ((const struct text_entry *)b)->text);
}

void referrers_text(struct session *s, const struct pick *names, const struct object *o,
		    struct buf *out)
{
	struct text_map texts = {0};
	struct buf text = {0};
	uint32_t id, n = 0;
	const uint32_t *from =
	    heap_id(s->heap, o->addr, &id) ? graph_referrers(s->graph, id, &n) : NULL;

	for (uint32_t i = 0; i < n && i < REFERRERS_MAX; i++) {
		struct object holder;

		if ((i && from[i] == from[i - 1]) || !heap_object_at(s->heap, from[i], &holder))
			continue;
		buf_clear(&text);
		buf_str(&text, pick_name(names, &holder));
		part_of(s, &holder, o->addr, is_its_dict(s, holder_of(s, from[i]), holder.addr),
			&text);
		if (text_map_add(&texts, buf_text(&text)) == TEXT_NONE)
			out->failed = true;
	}
	if (texts.texts.n)
		qsort(texts.texts.at, texts.texts.n, sizeof(*texts.texts.at), by_text);
	for (size_t i = 0; i < texts.texts.n; i++)
		buf_printf(out, "%s%s", i ? ", " : "", texts.texts.at[i].text);
	buf_str(out, n > REFERRERS_MAX ? ", ..." : n ? "" : "nobody");
	text_map_release(&texts);
	buf_release(&text);
}
