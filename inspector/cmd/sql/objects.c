/* SPDX-License-Identifier: Apache-2.0 */
/* objects: a row for each object. By address, and by type; in the order of either. */
#include "cmd/sql/condense.h"
#include "cmd/sql/db.h"
#include "cmd/text.h"
#include "heap/values.h"

static const struct sql_column columns[] = {
	{"address", "INTEGER", "where it is: id()"},
	{"type", "TEXT", "as `types` shows it; old-style instances by their class"},
	{"module", "TEXT", "of the type, empty for builtins"},
	{"size", "INTEGER", "bytes, as sys.getsizeof() says"},
	{"len", "INTEGER", "len(); NULL where there is none"},
	{"refcount", "INTEGER", "the reference count that it has"},
	{"name", "TEXT", "of a module, function or type"},
	{"value", "", "of numbers, strings, bytes, True and False; NULL of all else"},
	{"repr", "TEXT", "as Python would print it, cut to a line"},
};
_Static_assert((int)ARRAY_SIZE(columns) == (int)OBJ_COLUMNS, "objects.c and condense.h");

struct objects_cursor {
	struct sql_cursor sql; /* first: the callbacks cast back */
	struct object o;
	struct heap_cursor at; /* by id, up to `to` */
	uint32_t to;
	bool by_type; /* through the index: next .. end, or down from next to end */
	bool backward;
	uint32_t next, end;
	struct condensed *condensed;
	size_t at_condensed;
};

static double all_rows(struct sqldb *q)
{
	return (double)heap_facts(q->s->heap)->objects;
}

static double rows_of_type(struct sqldb *q)
{
	return all_rows(q) / max_of((double)q->names.n, 1.0) + 10;
}

static int next_by_type(struct objects_cursor *c)
{
	struct sqldb *q = c->sql.q;

	while (c->next != c->end) {
		uint32_t i = c->backward ? --c->next : c->next++;

		if (heap_object_at(q->s->heap, q->names.ids[i], &c->o))
			return SQLITE_OK;
	}
	c->sql.eof = true;
	return SQLITE_OK;
}

static int objects_next(struct sql_cursor *sql)
{
	struct objects_cursor *c = (struct objects_cursor *)sql;
	uint32_t id;

	if (c->condensed) {
		sql->eof = c->at_condensed == c->condensed->n;
		if (!sql->eof)
			sql->q->weight = c->condensed->at[c->at_condensed++].weight;
		return SQLITE_OK;
	}
	if (c->by_type)
		return next_by_type(c);
	sql->eof = !heap_cursor_next(sql->q->s->heap, &c->at, &c->o, &id) || id >= c->to;
	return SQLITE_OK;
}

static int filter_by_type(struct objects_cursor *c, const struct sql_plan *plan)
{
	struct sqldb *q = c->sql.q;
	const struct sql_names *n = &q->names;
	uint32_t rank;

	if ((q->failed = sql_names_index(&q->names)))
		return SQLITE_ERROR;
	c->by_type = true;
	c->next = 0;
	c->end = n->start[n->n];
	if (plan->bits & PLAN_SECOND) {
		const char *name = (const char *)sqlite3_value_text(plan->second);

		rank = name && sqlite3_value_type(plan->second) == SQLITE_TEXT
			       ? sql_names_find(n, name, (size_t)sqlite3_value_bytes(plan->second))
			       : n->n;
		c->next = rank < n->n ? n->start[rank] : 0;
		c->end = rank < n->n ? n->start[rank + 1] : 0;
	}
	c->backward = plan->bits & PLAN_BACKWARD;
	if (c->backward) {
		c->next = c->end;
		c->end = 0;
	}
	return objects_next(&c->sql);
}

static int objects_filter(struct sql_cursor *sql, const struct sql_plan *plan)
{
	struct objects_cursor *c = (struct objects_cursor *)sql;
	struct sqldb *q = sql->q;

	condensed_free(c->condensed);
	c->condensed = NULL;
	c->at_condensed = 0;
	q->weight = 1;
	if (condense_is_possible(q) && !(plan->bits & ~(PLAN_SORTED | PLAN_BACKWARD))) {
		if ((q->failed = condense(q, plan->bits & PLAN_BACKWARD, &c->condensed)))
			return SQLITE_ERROR;
		return objects_next(sql);
	}
	if (plan->bits & (PLAN_SECOND | PLAN_SORTED))
		return filter_by_type(c, plan);
	c->by_type = false;
	c->to = plan->to;
	heap_cursor_init(q->s->heap, plan->from < plan->to ? plan->from : UINT32_MAX, &c->at);
	return objects_next(sql);
}

static void condensed_column(struct objects_cursor *c, sqlite3_context *out, int column)
{
	const struct condensed_row *row = &c->condensed->at[c->at_condensed - 1];

	if (column == OBJ_TYPE)
		sqlite3_result_text(out, c->sql.q->names.at[row->rank], -1, SQLITE_STATIC);
	else if (column == OBJ_SIZE)
		sql_result_u64(out, row->size);
}

static void len_column(struct objects_cursor *c, sqlite3_context *out)
{
	uint64_t len;

	if (object_length(typetab_ctx(c->sql.q->s->types), &c->o, &len))
		sql_result_u64(out, len);
}

static void name_column(struct objects_cursor *c, sqlite3_context *out)
{
	struct sqldb *q = c->sql.q;

	buf_clear(&q->text);
	if (text_own_name(q->s, &c->o, &q->text))
		sql_result_text(q, out);
}

static void objects_column(struct sql_cursor *sql, sqlite3_context *out, int column)
{
	struct objects_cursor *c = (struct objects_cursor *)sql;
	struct sqldb *q = sql->q;

	if (c->condensed) {
		condensed_column(c, out, column);
		return;
	}
	switch (column) {
	case OBJ_ADDRESS:
		sql_result_u64(out, c->o.addr);
		break;
	case OBJ_TYPE:
		sqlite3_result_text(out, q->names.at[sql_names_rank(&q->names, &c->o)], -1, SQLITE_STATIC);
		break;
	case OBJ_MODULE:
		sqlite3_result_text(out, pick_module(&q->pick, &c->o), -1, SQLITE_STATIC);
		break;
	case OBJ_SIZE:
		sql_result_u64(out, size_of(q->s, &c->o));
		break;
	case OBJ_LEN:
		len_column(c, out);
		break;
	case OBJ_REFCOUNT:
		sql_result_u64(out, object_refcount(typetab_ctx(q->s->types), c->o.at));
		break;
	case OBJ_NAME:
		name_column(c, out);
		break;
	case OBJ_VALUE:
		sql_result_value(q, &c->o, out);
		break;
	case OBJ_REPR:
		sql_result_repr(q, c->o.addr, out);
		break;
	}
}

static sqlite3_int64 objects_rowid(struct sql_cursor *sql)
{
	return (sqlite3_int64)((struct objects_cursor *)sql)->o.addr;
}

static void objects_close(struct sql_cursor *sql)
{
	condensed_free(((struct objects_cursor *)sql)->condensed);
}

const struct sql_table sql_table_objects = {
	.name = "objects",
	.brief = "every object of the heap",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
	.of_objects = true,
	.second = OBJ_TYPE,
	.second_sorted = true,
	.cursor_size = sizeof(struct objects_cursor),
	.rows = all_rows,
	.rows_of_second = rows_of_type,
	.filter = objects_filter,
	.next = objects_next,
	.column = objects_column,
	.rowid = objects_rowid,
	.close = objects_close,
};
