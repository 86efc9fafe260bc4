/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/between.h"

#define LARGE 4096 /* references; of fewer, all are looked at */

static void index_release(struct between_index *x)
{
	vec_release(&x->edges);
	free(x->places);
	*x = (struct between_index){0};
}

static int by_place(const void *pa, const void *pb)
{
	const struct between_place *a = pa, *b = pb;

	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static bool index_fill(struct between_index *x, const struct heap *h, const struct object *from)
{
	if (!edges_collect(h, from, 0, UINT32_MAX, &x->edges) ||
	    !(x->places = calloc(x->edges.n + 1, sizeof(*x->places)))) {
		index_release(x);
		return false;
	}
	for (size_t i = 0; i < x->edges.n; i++)
		x->places[i] = (struct between_place){x->edges.at[i].to, (uint32_t)i};
	qsort(x->places, x->edges.n, sizeof(*x->places), by_place);
	x->from = from->addr;
	return true;
}

static bool asked_before(struct between *b, addr_t from)
{
	for (unsigned i = 0; i < BETWEEN_INDEXES; i++)
		if (b->asked[i] == from)
			return true;
	b->asked[b->next_asked++ % BETWEEN_INDEXES] = from;
	return false;
}

static bool from_index(const struct between_index *x, addr_t to, size_t max, struct edges *out)
{
	size_t lo = 0, hi = x->edges.n;

	while (lo < hi) { /* the first that is not before `to` */
		size_t mid = lo + (hi - lo) / 2;

		if (x->places[mid].to < to)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < x->edges.n && x->places[lo].to == to && max; lo++, max--)
		if (!vec_push(out, x->edges.at[x->places[lo].at]))
			return false;
	return true;
}

bool between_collect(struct between *b, const struct heap *h, const struct object *from, size_t n, addr_t to,
		     size_t max, struct edges *out)
{
	struct between_index *x;

	if (n < LARGE)
		return edges_collect(h, from, to, max, out);
	for (unsigned i = 0; i < BETWEEN_INDEXES; i++)
		if (b->at[i].from == from->addr)
			return from_index(&b->at[i], to, max, out);
	if (!asked_before(b, from->addr))
		return edges_collect(h, from, to, max, out);
	x = &b->at[b->next++ % BETWEEN_INDEXES];
	index_release(x);
	return index_fill(x, h, from) && from_index(x, to, max, out);
}

void between_release(struct between *b)
{
	for (unsigned i = 0; i < BETWEEN_INDEXES; i++)
		index_release(&b->at[i]);
}
