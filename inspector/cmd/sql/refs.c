/* SPDX-License-Identifier: Apache-2.0 */
/* refs: a row for each reference, from the graph. By source, and by target. Labels are made when they are asked for. */
#include "cmd/sql/db.h"

enum { REF_SOURCE, REF_TARGET, REF_POSITION, REF_KIND, REF_LABEL };
static const struct sql_column columns[] = {
	[REF_SOURCE] = {"source", "INTEGER", "address of the object that refers"},
	[REF_TARGET] = {"target", "INTEGER", "address of the object that is referred to"},
	[REF_POSITION] = {"position", "INTEGER", "0, 1, 2... among the references of the source"},
	[REF_KIND] = {"kind", "TEXT", "field, index, key, value, attribute, slot, local, stack, cell, C field, C array, unsure"},
	[REF_LABEL] = {"label", "TEXT", "the reference as Python has it: .name, ['key'], [3]"},
};

struct refs_cursor {
	struct sql_cursor sql; /* first: the callbacks cast back */
	uint32_t source, target; /* ids */
	/* by source: the row that is shown is at - 1 of n */
	uint32_t to, at, n;
	const uint32_t *ids;
	/* by target: ids are its referrers, ascending; nth of the same one */
	bool by_target;
	uint32_t nth;
};

/* A switch: the compiler tells of a kind that is new. */
static const char *kind_name(enum edge_kind kind)
{
	switch (kind) {
	case EDGE_FIELD:
		return "field";
	case EDGE_INDEX:
		return "index";
	case EDGE_KEY:
		return "key";
	case EDGE_VALUE:
		return "value";
	case EDGE_ATTR:
		return "attribute";
	case EDGE_SLOT:
		return "slot";
	case EDGE_LOCAL:
		return "local";
	case EDGE_STACK:
		return "stack";
	case EDGE_CELL:
		return "cell";
	case EDGE_WEAK:
		return "weak";
	case EDGE_CFIELD:
		return "C field";
	case EDGE_CARRAY:
		return "C array";
	case EDGE_UNSURE:
		return "unsure";
	}
	return NULL;
}

static enum err refs_need(struct sqldb *q)
{
	return session_need(q->s, NEED_GRAPH);
}

static double all_rows(struct sqldb *q)
{
	return q->s->graph ? (double)graph_references(q->s->graph) : 2.0 * (double)heap_facts(q->s->heap)->objects;
}

static double rows_of_target(struct sqldb *q)
{
	return 4;
}

static int next_by_target(struct refs_cursor *c)
{
	if (c->at == c->n) {
		c->sql.eof = true;
		return SQLITE_OK;
	}
	c->nth = c->at && c->ids[c->at] == c->source ? c->nth + 1 : 0;
	c->source = c->ids[c->at++];
	return SQLITE_OK;
}

static int refs_next(struct sql_cursor *sql)
{
	struct refs_cursor *c = (struct refs_cursor *)sql;
	const struct graph *g = sql->q->s->graph;

	if (c->by_target)
		return next_by_target(c);
	while (c->at == c->n) {
		if (++c->source >= c->to) {
			sql->eof = true;
			return SQLITE_OK;
		}
		c->ids = graph_refs(g, c->source, &c->n);
		c->at = 0;
	}
	c->target = c->ids[c->at++];
	return SQLITE_OK;
}

static int filter_by_target(struct refs_cursor *c, sqlite3_value *v)
{
	struct sqldb *q = c->sql.q;

	c->at = c->n = 0;
	c->source = UINT32_MAX;
	if ((q->failed = graph_need_referrers(q->s->graph, &q->s->diag)))
		return SQLITE_ERROR;
	if (sqlite3_value_numeric_type(v) != SQLITE_NULL &&
	    heap_id(q->s->heap, (addr_t)sqlite3_value_int64(v), &c->target))
		c->ids = graph_referrers(q->s->graph, c->target, &c->n);
	return next_by_target(c);
}

static int refs_filter(struct sql_cursor *sql, const struct sql_plan *plan)
{
	struct refs_cursor *c = (struct refs_cursor *)sql;

	c->by_target = plan->bits & PLAN_SECOND;
	if (c->by_target)
		return filter_by_target(c, plan->second);
	c->source = plan->from - 1; /* refs_next() steps to the first one */
	c->to = plan->to;
	c->at = c->n = 0;
	if (plan->from >= plan->to) {
		sql->eof = true;
		return SQLITE_OK;
	}
	return refs_next(sql);
}

/* The edge of the row, and where it stands. NULL if it cannot be had. */
static const struct edge *edge_of(struct refs_cursor *c, const struct edge_list **list, uint32_t *position)
{
	struct sqldb *q = c->sql.q;
	const struct edge_list *l = edge_lists_get(&q->lists, q->s, c->source, c->by_target);

	*list = l;
	if (!l)
		return NULL;
	if (!c->by_target)
		*position = c->at - 1;
	else if (!edge_list_position(l, heap_address(q->s->heap, c->target), c->nth, position))
		return NULL;
	return *position < l->edges.n ? &l->edges.at[*position] : NULL;
}

static uint32_t position_of(struct refs_cursor *c)
{
	const struct edge_list *l;
	uint32_t position = c->at - 1;

	(void)edge_of(c, &l, &position);
	return position;
}

static void label_column(struct refs_cursor *c, const struct edge_list *l, const struct edge *e, sqlite3_context *out)
{
	struct sqldb *q = c->sql.q;

	buf_clear(&q->text);
	edge_label(q->s->heap, &l->from, e, &q->text);
	sql_result_text(q, out);
}

static void refs_column(struct sql_cursor *sql, sqlite3_context *out, int column)
{
	struct refs_cursor *c = (struct refs_cursor *)sql;
	const struct heap *h = sql->q->s->heap;
	const struct edge_list *l;
	const struct edge *e;
	uint32_t position;

	if (column == REF_SOURCE) {
		sql_result_u64(out, heap_address(h, c->source));
	} else if (column == REF_TARGET) {
		sql_result_u64(out, heap_address(h, c->target));
	} else if (column == REF_POSITION) {
		sql_result_u64(out, position_of(c));
	} else {
		e = edge_of(c, &l, &position);
		if (e && column == REF_KIND)
			sqlite3_result_text(out, kind_name(e->kind), -1, SQLITE_STATIC);
		else if (e)
			label_column(c, l, e, out);
		else if (!l)
			sqlite3_result_error_nomem(out);
	}
}

static sqlite3_int64 refs_rowid(struct sql_cursor *sql)
{
	struct refs_cursor *c = (struct refs_cursor *)sql;

	return (sqlite3_int64)c->source << 32 | position_of(c);
}

const struct sql_table sql_table_refs = {
	.name = "refs",
	.brief = "who refers to whom, without weak references",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
	.of_objects = true,
	.second = REF_TARGET,
	.cursor_size = sizeof(struct refs_cursor),
	.need = refs_need,
	.rows = all_rows,
	.rows_of_second = rows_of_target,
	.filter = refs_filter,
	.next = refs_next,
	.column = refs_column,
	.rowid = refs_rowid,
};
