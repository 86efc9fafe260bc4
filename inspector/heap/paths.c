/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/paths.h"

#define LOOK_BACK 64 /* steps of a path in which a repeated object is seen at once */

/* A queue of objects by distance; the costs of roots are small, so they wait in a few buckets. */
static void push_roots(const struct rootset *rs, struct distances *ds, uint32_t cost,
		       uint32_t *tail)
{
	for (size_t i = 0; i < rs->roots.n; i++) {
		const struct root *r = &rs->roots.at[i];

		if ((i && r[-1].id == r->id) || root_cost(r->kind) != cost ||
		    ds->distance[r->id] != PATH_NONE)
			continue;
		ds->distance[r->id] = cost;
		ds->order[(*tail)++] = r->id;
	}
}

/* One step away from every object of the present distance: order[head .. tail). */
static void push_neighbours(const struct graph *g, struct distances *ds, uint32_t head,
			    uint32_t end, uint32_t *tail)
{
	for (; head < end; head++) {
		uint32_t from = ds->order[head], n;
		const uint32_t *to = graph_refs(g, from, &n);

		for (uint32_t i = 0; i < n; i++) {
			if (ds->distance[to[i]] != PATH_NONE)
				continue;
			ds->distance[to[i]] = ds->distance[from] + 1;
			ds->parent[to[i]] = from;
			ds->order[(*tail)++] = to[i];
		}
	}
}

static bool walk_breadth(const struct graph *g, const struct rootset *rs,
			 const volatile int *interrupted, struct distances *ds)
{
	uint32_t head = 0, tail = 0, last = 0;

	for (unsigned k = 0; k < ROOT_KINDS; k++)
		last = max_of(last, root_cost(k));
	for (uint32_t d = 0; d <= last || head < tail; d++) {
		uint32_t end;

		if (interrupted && *interrupted)
			return false;
		if (d <= last)
			push_roots(rs, ds, d, &tail);
		end = tail;
		push_neighbours(g, ds, head, end, &tail);
		head = end;
	}
	ds->reached = tail;
	return true;
}

enum err distances_open(const struct graph *g, const struct rootset *rs,
			const volatile int *interrupted, struct distances *out, struct diag *d)
{
	uint32_t n = graph_objects(g);
	size_t bytes = max_of((size_t)n, 1) * sizeof(uint32_t);
	struct distances ds = {.n = n};

	ds.distance = malloc(bytes);
	ds.parent = malloc(bytes);
	ds.order = malloc(bytes);
	if (!ds.distance || !ds.parent || !ds.order) {
		distances_release(&ds);
		return diag_set(d, ERR_NOMEM, "out of memory for the distances of %u objects", n);
	}
	memset(ds.distance, 0xff, bytes);
	memset(ds.parent, 0xff, bytes);
	if (!walk_breadth(g, rs, interrupted, &ds)) {
		distances_release(&ds);
		return diag_set(d, ERR_INTERRUPTED, "interrupted");
	}
	*out = ds;
	return OK;
}

void distances_release(struct distances *ds)
{
	free(ds->distance);
	free(ds->parent);
	free(ds->order);
	*ds = (struct distances){0};
}

/* A way from an object to the one asked for: the head and the rest of it. */
struct partial {
	uint32_t id;
	uint32_t rest;	/* index of the partial that goes on from here, PATH_NONE at the end */
	uint32_t steps; /* to the end */
	bool whole;	/* it begins at a root: nothing is put before it */
};
struct ahead {
	uint64_t length; /* of the whole path: steps so far and the distance that is left */
	uint32_t partial;
};
struct search {
	const struct graph *g;
	const struct rootset *rs;
	const struct distances *ds;
	struct {
		VEC(struct partial);
	} partials;
	struct {
		VEC(struct ahead);
	} heap;		   /* binary, the shortest first */
	struct map visits; /* object -> how often it was gone on from */
	uint32_t count;
	bool failed;
};

static bool is_before(const struct ahead *a, const struct ahead *b)
{
	return a->length != b->length ? a->length < b->length : a->partial < b->partial;
}

static void heap_push(struct search *s, struct ahead a)
{
	size_t i = s->heap.n;

	if (!vec_push(&s->heap, a)) {
		s->failed = true;
		return;
	}
	for (; i && is_before(&a, &s->heap.at[(i - 1) / 2]); i = (i - 1) / 2)
		s->heap.at[i] = s->heap.at[(i - 1) / 2];
	s->heap.at[i] = a;
}

static struct ahead heap_pop(struct search *s)
{
	struct ahead top = s->heap.at[0], last = s->heap.at[--s->heap.n];
	size_t i = 0, n = s->heap.n;

	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && is_before(&s->heap.at[child + 1], &s->heap.at[child]))
			child++;
		if (!is_before(&s->heap.at[child], &last))
			break;
		s->heap.at[i] = s->heap.at[child];
	}
	if (n)
		s->heap.at[i] = last;
	return top;
}

static void put_ahead(struct search *s, uint32_t id, uint32_t rest, uint32_t steps, bool whole,
		      uint64_t left)
{
	if (!vec_push(&s->partials, ((struct partial){id, rest, steps, whole}))) {
		s->failed = true;
		return;
	}
	heap_push(s, (struct ahead){steps + left, (uint32_t)s->partials.n - 1});
}

/* Would the path come by the object again? Long loops are found when the path is whole. */
static bool is_on(const struct search *s, uint32_t id, uint32_t partial)
{
	for (unsigned n = 0; partial != PATH_NONE && n < LOOK_BACK; n++) {
		if (s->partials.at[partial].id == id)
			return true;
		partial = s->partials.at[partial].rest;
	}
	return false;
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static bool is_simple(const struct path *p)
{
	uint32_t *ids = malloc(p->n * sizeof(*ids));
	bool simple = ids;

	if (!ids)
		return false;
	memcpy(ids, p->ids, p->n * sizeof(*ids));
	qsort(ids, p->n, sizeof(*ids), by_id);
	for (uint32_t i = 1; i < p->n; i++)
		simple &= ids[i] != ids[i - 1];
	free(ids);
	return simple;
}

/*
 * Those who refer to the head, the nearest `count` to a root of them: a path through a farther one
 * could not be among the shortest. Each once, though it may refer to it several times.
 */
static void go_back(struct search *s, uint32_t partial)
{
	struct partial p = s->partials.at[partial];
	uint32_t n, farthest = 0, last = PATH_NONE, best[64], kept = 0;
	uint32_t most = min_of(max_of(s->count, 1), ARRAY_SIZE(best));
	const uint32_t *from = graph_referrers(s->g, p.id, &n);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at, d = s->ds->distance[from[i]];

		if (from[i] == last || d == PATH_NONE || (kept == most && d >= farthest))
			continue;
		last = from[i];
		if (is_on(s, from[i], partial))
			continue;
		for (at = kept < most ? kept++ : most - 1; at && s->ds->distance[best[at - 1]] > d;
		     at--)
			best[at] = best[at - 1];
		best[at] = from[i];
		farthest = s->ds->distance[best[kept - 1]];
	}
	for (uint32_t i = 0; i < kept; i++)
		put_ahead(s, best[i], partial, p.steps + 1, false, s->ds->distance[best[i]]);
}

static bool keep_path(struct search *s, const struct partial *p, struct paths *out)
{
	struct path path = {.root = rootset_of(s->rs, p->id), .n = p->steps + 1};

	path.ids = malloc(path.n * sizeof(*path.ids));
	if (!path.ids)
		return false;
	for (uint32_t i = 0; i < path.n; i++) {
		path.ids[i] = p->id;
		p = p->rest == PATH_NONE ? p : &s->partials.at[p->rest];
	}
	if (s->count > 1 && path.n > LOOK_BACK && !is_simple(&path)) {
		free(path.ids);
		return true;
	}
	if (vec_push(out, path))
		return true;
	free(path.ids);
	return false;
}

/* A*: backwards from the object; what is left to a root is known exactly. */
static void search_run(struct search *s, struct paths *out)
{
	while (s->heap.n && out->n < s->count && !s->failed) {
		struct ahead a = heap_pop(s);
		struct partial p = s->partials.at[a.partial];
		const struct root *root;
		uint64_t times;

		if (p.whole) {
			s->failed = !keep_path(s, &p, out);
			continue;
		}
		times = map_get(&s->visits, p.id);
		times = times == MAP_NONE ? 0 : times;
		if (times >= s->count)
			continue;
		if (!map_put(&s->visits, p.id, times + 1))
			s->failed = true;
		root = rootset_of(s->rs, p.id);
		if (root)
			put_ahead(s, p.id, p.rest, p.steps, true, root_cost(root->kind));
		go_back(s, a.partial);
	}
}

enum err paths_find(const struct graph *g, const struct rootset *rs, const struct distances *ds,
		    uint32_t to, uint32_t count, struct paths *out, struct diag *d)
{
	struct search s = {.g = g, .rs = rs, .ds = ds, .count = count};

	*out = (struct paths){0};
	if (ds->distance[to] == PATH_NONE)
		return OK;
	put_ahead(&s, to, PATH_NONE, 0, false, ds->distance[to]);
	search_run(&s, out);
	vec_release(&s.partials);
	vec_release(&s.heap);
	map_release(&s.visits);
	if (!s.failed)
		return OK;
	paths_release(out);
	return diag_set(d, ERR_NOMEM, "out of memory for the paths");
}

void paths_release(struct paths *p)
{
	vec_foreach (path, p)
		free(path->ids);
	vec_release(p);
}
