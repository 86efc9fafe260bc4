/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include "cmd/sql/condense.h"
#include "cmd/text.h"

#define THREADS_MAX 8
#define FEW_OBJECTS 65536 /* not worth a thread */
#define SLOTS	    4096  /* of the table in front of the list of rows */

/* A part of the objects on the way to rows. What falls out of the table goes to the list, so a row may be there twice. */
struct part {
	struct sqldb *q;
	uint32_t from, to; /* ids */
	struct condensed_row slots[SLOTS];
	struct condensed rows;
	bool failed;
};

static bool keep(struct part *p, const struct condensed_row *row)
{
	return !row->weight || vec_push(&p->rows, *row);
}

static void count_one(struct part *p, uint32_t rank, uint64_t size)
{
	struct condensed_row *s = &p->slots[map_hash((uint64_t)rank << 40 ^ size) % SLOTS];

	if (s->weight && s->rank == rank && s->size == size) {
		s->weight++;
		return;
	}
	if (!keep(p, s))
		p->failed = true;
	*s = (struct condensed_row){rank, size, 1};
}

static void *condense_part(void *arg)
{
	struct part *p = arg;
	const struct sqldb *q = p->q;
	bool type = q->condensed & 1u << OBJ_TYPE, size = q->condensed & 1u << OBJ_SIZE;
	struct heap_cursor c;
	struct object o;
	uint32_t id;

	heap_cursor_init(q->s->heap, p->from, &c);
	while (!p->failed && !q->s->interrupted && heap_cursor_next(q->s->heap, &c, &o, &id) && id < p->to)
		count_one(p, type ? sql_names_rank(&q->names, &o) : 0, size ? size_of(q->s, &o) : 0);
	for (size_t i = 0; i < SLOTS && !p->failed; i++)
		p->failed = !keep(p, &p->slots[i]);
	return NULL;
}

static int by_type_and_size(const void *pa, const void *pb)
{
	const struct condensed_row *a = pa, *b = pb;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->size < b->size ? -1 : a->size > b->size;
}

static void turn_round(struct condensed *c)
{
	for (size_t i = 0; i < c->n / 2; i++) {
		struct condensed_row row = c->at[i];

		c->at[i] = c->at[c->n - 1 - i];
		c->at[c->n - 1 - i] = row;
	}
}

static void merge_equal(struct condensed *c)
{
	size_t n = 0;

	if (c->n)
		qsort(c->at, c->n, sizeof(*c->at), by_type_and_size);
	vec_foreach (row, c) {
		if (n && !by_type_and_size(&c->at[n - 1], row))
			c->at[n - 1].weight += row->weight;
		else
			c->at[n++] = *row;
	}
	c->n = n;
}

static bool run_parts(struct part *parts, size_t n, struct condensed *out)
{
	pthread_t threads[THREADS_MAX];
	bool started[THREADS_MAX] = {false}, ok = true;

	for (size_t i = 1; i < n; i++)
		started[i] = !pthread_create(&threads[i], NULL, condense_part, &parts[i]);
	for (size_t i = 0; i < n; i++)
		if (!started[i])
			condense_part(&parts[i]);
	for (size_t i = 0; i < n; i++) {
		if (started[i])
			pthread_join(threads[i], NULL);
		ok = ok && !parts[i].failed && vec_reserve(out, parts[i].rows.n);
		vec_foreach (row, &parts[i].rows)
			if (ok)
				out->at[out->n++] = *row;
		vec_release(&parts[i].rows);
	}
	return ok;
}

enum err condense(struct sqldb *q, bool backward, struct condensed **out)
{
	uint32_t objects = (uint32_t)heap_facts(q->s->heap)->objects;
	size_t n = objects < FEW_OBJECTS ? 1 : (size_t)min_of(max_of(sysconf(_SC_NPROCESSORS_ONLN), 1), THREADS_MAX);
	cleanup_free struct part *parts = calloc(n, sizeof(*parts));
	struct condensed *c = calloc(1, sizeof(*c));
	bool ok = parts && c;

	for (size_t i = 0; ok && i < n; i++) {
		parts[i].q = q;
		parts[i].from = (uint32_t)((uint64_t)objects * i / n);
		parts[i].to = (uint32_t)((uint64_t)objects * (i + 1) / n);
	}
	ok = ok && run_parts(parts, n, c);
	if (!ok || q->s->interrupted) {
		condensed_free(c);
		return ok ? diag_set(&q->s->diag, ERR_INTERRUPTED, "interrupted")
			  : diag_set(&q->s->diag, ERR_NOMEM, "out of memory");
	}
	merge_equal(c);
	if (backward)
		turn_round(c);
	*out = c;
	return OK;
}

void condensed_free(struct condensed *c)
{
	if (c)
		vec_release(c);
	free(c);
}

bool condense_is_possible(const struct sqldb *q)
{
	return q->may_condense && q->open_cursors == 1;
}

/* ---- which queries ---- */

void query_saw_column(struct query_facts *f, const char *table, const char *column)
{
	static const struct {
		const char *name;
		unsigned bit;
	} known[] = {{"type", 1u << OBJ_TYPE}, {"size", 1u << OBJ_SIZE}};

	if (strcmp(table, "objects")) {
		f->other = true;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(column, known[i].name)) {
			f->columns |= known[i].bit;
			return;
		}
	f->other |= *column != 0; /* "": of no column, count(*) */
}

void query_saw_function(struct query_facts *f, const char *name)
{
	static const char *const weighted[] = {"count", "sum", "total", "avg"};
	static const char *const same[] = {"min", "max", "like", "glob", "length", "lower", "upper", "substr",
					   "round", "abs", "coalesce", "ifnull", "nullif", "instr", "printf", "replace"};

	for (size_t i = 0; i < ARRAY_SIZE(weighted); i++)
		if (!sqlite3_stricmp(name, weighted[i])) {
			f->aggregates++;
			return;
		}
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		if (!sqlite3_stricmp(name, same[i]))
			return;
	f->other = true;
}

/* Anywhere, also in a string: then it only takes longer. */
static bool has_word(const char *sql, const char *word)
{
	return strcasestr(sql, word);
}

bool query_condenses(const struct query_facts *f, const char *sql)
{
	return f->selects == 1 && f->aggregates && !f->other && !has_word(sql, "distinct") &&
	       !has_word(sql, "over") && !has_word(sql, "filter");
}
