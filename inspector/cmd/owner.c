/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/owner.h"
#include "cmd/pathtree.h"
#include "cmd/textmap.h"
#include "heap/attrs.h"
#include "heap/values.h"

#define REMEMBERED_MAX (1u << 20)
#define FEW	       32  /* references that are looked through each time */
#define LEVELS_MAX     6   /* containers in containers before one with a name */
#define REFERRERS_MAX  200 /* of one object that are looked at */

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

/* The label where the kind of the holder says it all. */
static const char *uniform_label(struct session *s, const struct object *from)
{
	const addr_t *known = s->python->known;

	if (from->type->addr == known[K_list] || from->type->addr == known[K_tuple] ||
	    !strcmp(from->type->name, "collections.deque"))
		return "[*]";
	if (from->type->addr == known[K_set] || from->type->addr == known[K_frozenset])
		return "key";
	return NULL;
}

struct remembering {
	struct owners *w;
	uint32_t holder;
	bool failed;
};

static bool remember_edge(void *arg, const struct edge *e)
{
	struct remembering *r = arg;
	uint32_t id;

	if (e->kind == EDGE_WEAK || !heap_id(r->w->s->heap, e->to, &id))
		return true;
	if (map_get(&r->w->edge_of, (uint64_t)r->holder << 32 | id) != MAP_NONE)
		return true;
	r->failed = !vec_push(&r->w->edges, *e) ||
		    !map_put(&r->w->edge_of, (uint64_t)r->holder << 32 | id, r->w->edges.n - 1);
	return !r->failed;
}

/*
 * The first reference from one object to the other. The references of a large holder are looked at
 * once and kept, or a container of millions would be searched millions of times.
 */
static bool edge_between(struct owners *w, const struct object *from, uint32_t holder, addr_t to,
			 struct edge *out)
{
	struct remembering r = {w, holder, false};
	struct edges found = {0};
	uint32_t id, n;
	uint64_t at;
	bool ok;

	(void)graph_refs(w->s->graph, holder, &n);
	if (n <= FEW) {
		ok = edges_collect(w->s->heap, from, to, 1, &found) && found.n;
		if (ok)
			*out = found.at[0];
		vec_release(&found);
		return ok;
	}
	if (map_get(&w->remembered, holder) == MAP_NONE) {
		edges_each(w->s->heap, from, remember_edge, &r);
		if (r.failed || !map_put(&w->remembered, holder, 1))
			return false;
	}
	if (!heap_id(w->s->heap, to, &id))
		return false;
	at = map_get(&w->edge_of, (uint64_t)holder << 32 | id);
	if (at != MAP_NONE)
		*out = w->edges.at[at];
	return at != MAP_NONE;
}

/* The label of the reference, with what "__dict__" in front of a value means. */
static void part_of(struct owners *w, const struct object *from, uint32_t holder, addr_t to,
		    bool attributes, struct buf *out)
{
	const char *uniform = uniform_label(w->s, from);
	struct edge e;

	if (uniform)
		buf_str(out, uniform);
	else if (edge_between(w, from, holder, to, &e))
		label_of_kind(w->s->heap, from, &e, attributes, out);
}

/* Is the dict the __dict__ of the one that holds it? */
static bool is_its_dict(struct owners *w, uint32_t holder, addr_t dict)
{
	struct object o;
	uint64_t known;

	if (holder == PATH_NONE)
		return false;
	known = map_get(&w->dict_of, holder);
	if (known != MAP_NONE)
		return known == dict;
	if (!heap_object_at(w->s->heap, holder, &o))
		return false;
	known = uniform_label(w->s, &o) || o.type->addr == w->s->python->known[K_dict]
		    ? 0
		    : object_dict(w->s->heap, &o);
	if (w->dict_of.n < REMEMBERED_MAX && !map_put(&w->dict_of, holder, known))
		return known == dict; /* out of memory: only slower */
	return known == dict;
}

void owners_release(struct owners *w)
{
	map_release(&w->dict_of);
	map_release(&w->remembered);
	map_release(&w->edge_of);
	vec_release(&w->edges);
}

void owner_text(struct owners *w, const struct object *o, struct buf *out)
{
	struct session *s = w->s;
	const struct pick *names = w->names;
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
		its_dict = is_its_dict(w, holder_of(s, holder), from.addr);
		if (!(n && is_its_dict(w, holder, at.addr) && parts[n - 1].n))
			part_of(w, &from, holder, at.addr, its_dict, &parts[n++]);
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

void referrers_text(struct owners *w, const struct object *o, struct buf *out)
{
	struct session *s = w->s;
	const struct pick *names = w->names;
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
		part_of(w, &holder, from[i], o->addr,
			is_its_dict(w, holder_of(s, from[i]), holder.addr), &text);
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
