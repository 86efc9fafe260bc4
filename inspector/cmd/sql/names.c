/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/sql/names.h"

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

uint32_t sql_names_find(const struct sql_names *n, const char *name, size_t len)
{
	uint32_t lo = 0, hi = n->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (strcmp(n->at[mid], name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n->n && strlen(n->at[lo]) == len && !strcmp(n->at[lo], name) ? lo : n->n;
}

/* Every name once. */
static void sort_names(struct sql_names *n)
{
	uint32_t kept = 0;

	if (n->n)
		qsort(n->at, n->n, sizeof(*n->at), by_bytes);
	for (uint32_t i = 0; i < n->n; i++)
		if (!kept || strcmp(n->at[kept - 1], n->at[i]))
			n->at[kept++] = n->at[i];
	n->n = kept;
}

bool sql_names_init(struct sql_names *n, struct session *s, const struct pick *p)
{
	*n = (struct sql_names){.s = s, .n_types = typetab_count(s->types)};
	n->at = calloc(n->n_types + p->rows.n + 1, sizeof(*n->at));
	n->by_type = calloc(n->n_types + 1, sizeof(*n->by_type));
	if (!n->at || !n->by_type)
		return false;
	for (uint32_t i = 0; i < n->n_types; i++)
		n->at[n->n++] = typetab_at(s->types, i)->name;
	vec_foreach (row, &p->rows)
		n->at[n->n++] = row->name;
	sort_names(n);
	for (uint32_t i = 0; i < n->n_types; i++) {
		const char *name = typetab_at(s->types, i)->name;

		n->by_type[i] = sql_names_find(n, name, strlen(name));
	}
	vec_foreach (row, &p->rows)
		if (!typetab_get(s->types, row->addr) &&
		    !map_put(&n->by_class, row->addr, sql_names_find(n, row->name, strlen(row->name))))
			return false;
	return true;
}

void sql_names_release(struct sql_names *n)
{
	free(n->at);
	free(n->by_type);
	free(n->start);
	free(n->ids);
	map_release(&n->by_class);
	*n = (struct sql_names){0};
}

uint32_t sql_names_rank(const struct sql_names *n, const struct object *o)
{
	const struct python *py = n->s->python;

	if (n->by_class.n && o->type->addr == py->known[K_instance27]) {
		uint64_t rank = map_get(&n->by_class, field_u64(&py->L, o->at, F_instance27_in_class));

		if (rank != MAP_NONE)
			return (uint32_t)rank;
	}
	/* types of objects are all known once the heap stands */
	return likely(o->type->id < n->n_types) ? n->by_type[o->type->id] : 0;
}

/* Counting sort by rank. */
static bool fill(struct sql_names *n, uint32_t *rank, uint32_t objects)
{
	struct heap_cursor c;
	struct object o;
	uint32_t id;

	heap_cursor_init(n->s->heap, 0, &c);
	while (!n->s->interrupted && heap_cursor_next(n->s->heap, &c, &o, &id)) {
		rank[id] = sql_names_rank(n, &o) + 1;
		n->start[rank[id]]++;
	}
	for (uint32_t i = 1; i <= n->n; i++)
		n->start[i] += n->start[i - 1];
	for (id = 0; id < objects; id++)
		if (rank[id])
			n->ids[n->start[rank[id] - 1]++] = id;
	memmove(n->start + 1, n->start, n->n * sizeof(*n->start)); /* placing moved each to the next one's */
	n->start[0] = 0;
	return !n->s->interrupted;
}

enum err sql_names_index(struct sql_names *n)
{
	uint32_t objects = (uint32_t)heap_facts(n->s->heap)->objects;
	cleanup_free uint32_t *rank = NULL;

	if (n->ids)
		return OK;
	rank = calloc((size_t)objects + 1, sizeof(*rank));
	n->start = calloc((size_t)n->n + 2, sizeof(*n->start));
	n->ids = malloc(((size_t)objects + 1) * sizeof(*n->ids));
	if (!rank || !n->start || !n->ids)
		return diag_set(&n->s->diag, ERR_NOMEM, "out of memory for an index of %u objects", objects);
	if (fill(n, rank, objects))
		return OK;
	free(take_ptr(n->ids));
	free(take_ptr(n->start));
	return diag_set(&n->s->diag, ERR_INTERRUPTED, "interrupted");
}
