/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include "heap/graph.h"
#include "heap/walk.h"

#define GRAPH_THREADS 8
#define GRAPH_CHUNK   2048 /* pages with objects that a thread takes at once */

/* References of a run of objects, on the way to their place. */
struct chunk {
	struct visitor visitor; /* first: the callback casts back */
	struct graph *g;
	struct {
		VEC(uint32_t);
	} refs;
	uint32_t first, end; /* ids */
	bool failed;
};

struct graph {
	struct heap *h;
	uint32_t n;
	uint32_t *start; /* n + 1: where the object's references begin */
	uint32_t *refs;
	uint32_t *type; /* n */
	uint32_t *back_start, *back;
	struct chunk *chunks;
	size_t n_chunks, next_chunk;
	bool weak;	 /* weak references are in it too */
	addr_t interned; /* the table of interned strings, 0 if there is none */
};

static void on_edge(struct visitor *v, addr_t to, enum edge_kind kind, uint64_t aux)
{
	struct chunk *c = (struct chunk *)v;
	uint32_t id;

	(void)aux;
	if ((kind != EDGE_WEAK || c->g->weak) && heap_id(c->g->h, to, &id) &&
	    !vec_push(&c->refs, id))
		c->failed = true;
}

/* The objects of one page: their references go to the chunk, how many to start[], which are summed
 * up later. */
static void page_visit(struct chunk *c, addr_t page, uint32_t *id)
{
	const struct heap *h = c->g->h;
	const uint64_t *words = &space_leaf(&h->space, page)->objects[space_word(page)];

	for (unsigned i = 0; i < SPACE_WORDS_PAGE; i++)
		for (uint64_t bits = words[i]; bits; bits &= bits - 1, ++*id) {
			addr_t a = page + ((addr_t)i * 64 + (addr_t)__builtin_ctzll(bits)) * 8;
			size_t before = c->refs.n;
			struct object o;

			if (object_load(h->tt, a, &o)) {
				c->g->type[*id] = o.type->id;
				if (a != c->g->interned)
					object_refs(h->c, &o, &c->visitor);
			}
			c->g->start[*id] = (uint32_t)(c->refs.n - before);
		}
}

static void *graph_thread(void *arg)
{
	struct graph *g = arg;
	struct heap *h = g->h;
	size_t i;

	while ((i = __atomic_fetch_add(&g->next_chunk, 1, __ATOMIC_RELAXED)) < g->n_chunks) {
		struct chunk *c = &g->chunks[i];
		size_t page = i * GRAPH_CHUNK, end = min_of(page + GRAPH_CHUNK, h->pages.n);
		uint32_t id = h->pages.at[page].first;

		c->visitor.ref = on_edge;
		c->g = g;
		c->first = id;
		for (; page < end && !c->failed && !heap_interrupted(h); page++)
			page_visit(c, h->pages.at[page].page, &id);
		c->end = id;
	}
	return NULL;
}

static void graph_visit_all(struct graph *g)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = (size_t)min_of(max_of(cpus, 1), GRAPH_THREADS), started = 0;
	pthread_t threads[GRAPH_THREADS];

	while (g->n_chunks > 2 && started + 1 < n &&
	       !pthread_create(&threads[started], NULL, graph_thread, g))
		started++;
	graph_thread(g);
	while (started)
		pthread_join(threads[--started], NULL);
}

/* start[] holds counts; makes them positions, and moves the chunks' references to their place. */
static enum err graph_assemble(struct graph *g, struct diag *d)
{
	uint64_t total = 0;

	for (size_t i = 0; i < g->n_chunks; i++) {
		if (g->chunks[i].failed)
			return diag_set(d, ERR_NOMEM, "out of memory for the reference graph");
		total += g->chunks[i].refs.n;
	}
	if (total >= UINT32_MAX)
		return diag_set(d, ERR_UNSUPPORTED, "the heap has 2^32 references or more");
	g->refs = malloc(max_of(total, 1) * sizeof(*g->refs));
	if (!g->refs)
		return diag_set(d, ERR_NOMEM, "out of memory for %llu references",
				(unsigned long long)total);
	total = 0;
	for (uint32_t i = 0; i < g->n; i++) {
		uint32_t here = g->start[i];

		g->start[i] = (uint32_t)total;
		total += here;
	}
	g->start[g->n] = (uint32_t)total;
	for (size_t i = 0; i < g->n_chunks; i++) {
		struct chunk *c = &g->chunks[i];

		if (c->refs.n)
			memcpy(g->refs + g->start[c->first], c->refs.at,
			       c->refs.n * sizeof(*g->refs));
		vec_release(&c->refs);
	}
	return OK;
}

static enum err graph_build(struct graph *g, struct diag *d)
{
	g->n = (uint32_t)g->h->facts.objects;
	g->n_chunks = (g->h->pages.n + GRAPH_CHUNK - 1) / GRAPH_CHUNK;
	g->chunks = calloc(max_of(g->n_chunks, 1), sizeof(*g->chunks));
	g->start = calloc((size_t)g->n + 1, sizeof(*g->start));
	g->type = calloc((size_t)g->n + 1, sizeof(*g->type));
	if (!g->chunks || !g->start || !g->type)
		return diag_set(d, ERR_NOMEM, "out of memory for the graph of %u objects", g->n);
	graph_visit_all(g);
	if (heap_interrupted(g->h))
		return diag_set(d, ERR_INTERRUPTED, "interrupted");
	return graph_assemble(g, d);
}

/* A dict that a static pointer (to 3.11) or the main interpreter holds. */
addr_t heap_interned(const struct heap *h)
{
	const struct layout *L = h->c->L;
	addr_t where = h->py->known[K_interned];
	const uint8_t *at;

	if (layout_has(L, F_interp_interned) && h->py->interps.n)
		where = h->py->interps.at[0].addr + (addr_t)L->f[F_interp_interned].offset;
	at = where ? image_at(h->im, where, 8) : NULL;
	return at ? load64(at) : 0;
}

enum err graph_open(struct heap *h, bool weak, struct graph **out, struct diag *d)
{
	struct graph *g = calloc(1, sizeof(*g));
	enum err e;

	if (!g)
		return diag_set(d, ERR_NOMEM, "out of memory");
	if (!typetab_refine(h->tt)) {
		free(g);
		return diag_set(d, ERR_NOMEM, "out of memory for the table of types");
	}
	g->h = h;
	g->weak = weak;
	g->interned = heap_interned(h);
	e = graph_build(g, d);
	for (size_t i = 0; g->chunks && i < g->n_chunks; i++)
		vec_release(&g->chunks[i].refs);
	free(g->chunks);
	g->chunks = NULL;
	if (e)
		graph_close(g);
	else
		*out = g;
	return e;
}

void graph_close(struct graph *g)
{
	if (!g)
		return;
	free(g->start);
	free(g->refs);
	free(g->type);
	free(g->back_start);
	free(g->back);
	free(g);
}

uint32_t graph_objects(const struct graph *g)
{
	return g->n;
}

uint64_t graph_references(const struct graph *g)
{
	return g->start[g->n];
}

const uint32_t *graph_refs(const struct graph *g, uint32_t id, uint32_t *n)
{
	*n = g->start[id + 1] - g->start[id];
	return g->refs + g->start[id];
}

uint32_t graph_type(const struct graph *g, uint32_t id)
{
	return g->type[id];
}

/* Counting sort by target: count, sum up, place; placing moves each start to the next one's, so
 * they are shifted. */
enum err graph_need_referrers(struct graph *g, struct diag *d)
{
	uint32_t total = g->start[g->n], *at, *back;

	if (g->back)
		return OK;
	at = calloc((size_t)g->n + 2, sizeof(*at));
	back = malloc((size_t)max_of(total, 1) * sizeof(*back));
	if (!at || !back) {
		free(at);
		free(back);
		return diag_set(d, ERR_NOMEM, "out of memory for the backward references");
	}
	for (uint32_t i = 0; i < total; i++)
		at[g->refs[i] + 2]++;
	for (uint32_t i = 2; i < g->n + 2; i++)
		at[i] += at[i - 1];
	for (uint32_t from = 0; from < g->n; from++)
		for (uint32_t i = g->start[from]; i < g->start[from + 1]; i++)
			back[at[g->refs[i] + 1]++] = from;
	g->back_start = at;
	g->back = back;
	return OK;
}

bool graph_has_referrers(const struct graph *g)
{
	return g && g->back;
}

const uint32_t *graph_referrers(const struct graph *g, uint32_t id, uint32_t *n)
{
	*n = g->back_start[id + 1] - g->back_start[id];
	return g->back + g->back_start[id];
}
