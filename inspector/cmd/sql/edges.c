/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/sql/edges.h"

#define FEW 32

static bool take_edge(void *arg, const struct edge *e)
{
	struct edge_list *l = arg;

	return e->kind == EDGE_WEAK || vec_push(&l->edges, *e);
}

static bool read_edges(struct session *s, uint32_t id, struct edge_list *l)
{
	uint32_t n;

	l->edges.n = 0;
	(void)graph_refs(s->graph, id, &n);
	if (!n) /* also the table of interned strings, which refers to nothing */
		return true;
	if (!vec_reserve(&l->edges, n))
		return false;
	if (heap_object_at(s->heap, id, &l->from))
		edges_each(s->heap, &l->from, take_edge, l);
	return l->edges.n <= n;
}

static int by_target(const void *pa, const void *pb, void *arg)
{
	const struct edge *at = arg;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	if (at[a].to != at[b].to)
		return at[a].to < at[b].to ? -1 : 1;
	return a < b ? -1 : a > b;
}

static void list_free(struct edge_list *l)
{
	vec_release(&l->edges);
	free(l->order);
	free(l);
}

static const struct edge_list *add_many(struct edge_lists *l, struct session *s, uint32_t id)
{
	struct edge_list *list = calloc(1, sizeof(*list));
	bool ok = list && read_edges(s, id, list) &&
		  (list->order = calloc(list->edges.n + 1, sizeof(*list->order)));

	ok = ok && vec_reserve(&l->many, 1) && map_put(&l->by_id, id, l->many.n);
	if (!ok) {
		if (list)
			list_free(list);
		return NULL;
	}
	for (size_t i = 0; i < list->edges.n; i++)
		list->order[i] = (uint32_t)i;
	if (list->edges.n)
		qsort_r(list->order, list->edges.n, sizeof(*list->order), by_target, list->edges.at);
	l->many.at[l->many.n++] = list;
	return list;
}

const struct edge_list *edge_lists_get(struct edge_lists *l, struct session *s, uint32_t id, bool again)
{
	uint64_t at = map_get(&l->by_id, id);
	uint32_t n;

	(void)graph_refs(s->graph, id, &n);
	if (at != MAP_NONE)
		return l->many.at[at];
	if (again && n > FEW)
		return add_many(l, s, id);
	if (!l->last_valid || l->last_id != id)
		l->last_valid = read_edges(s, id, &l->last);
	l->last_id = id;
	return l->last_valid ? &l->last : NULL;
}

bool edge_list_position(const struct edge_list *l, addr_t to, uint32_t nth, uint32_t *position)
{
	size_t lo = 0, hi = l->edges.n;

	if (!l->order) {
		for (size_t i = 0; i < hi; i++)
			if (l->edges.at[i].to == to && !nth--) {
				*position = (uint32_t)i;
				return true;
			}
		return false;
	}
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->edges.at[l->order[mid]].to < to)
			lo = mid + 1;
		else
			hi = mid;
	}
	lo += nth;
	if (lo >= l->edges.n || l->edges.at[l->order[lo]].to != to)
		return false;
	*position = l->order[lo];
	return true;
}

void edge_lists_release(struct edge_lists *l)
{
	vec_foreach (it, &l->many)
		list_free(*it);
	vec_release(&l->many);
	map_release(&l->by_id);
	vec_release(&l->last.edges);
	*l = (struct edge_lists){0};
}
