/* SPDX-License-Identifier: Apache-2.0 */
/* attributes: what an instance, class, module or function holds by name, in whatever form. */
#include "cmd/sql/parts.h"
#include "heap/attrs.h"
#include "heap/values.h"

enum { ATTR_OBJECT, ATTR_NAME, ATTR_TARGET };
static const struct sql_column columns[] = {
	[ATTR_OBJECT] = {"object", "INTEGER", "address of the object that has the attribute"},
	[ATTR_NAME] = {"name", "TEXT", "of the attribute; from its __dict__, its slots, or the values in the object"},
	PARTS_TARGET_COLUMNS,
};

static double all_rows(struct sqldb *q)
{
	return (double)heap_facts(q->s->heap)->objects;
}

struct collecting {
	struct parts_cursor *c;
	addr_t dict;
	bool failed;
};

static bool take_attribute(void *arg, const struct edge *e)
{
	struct collecting *l = arg;

	if (e->kind == EDGE_FIELD && e->aux && !strcmp((const char *)(uintptr_t)e->aux, "__dict__"))
		l->dict = e->to;
	if ((e->kind == EDGE_ATTR || e->kind == EDGE_SLOT) &&
	    !vec_push(&l->c->rows, ((struct part_row){*e, false})))
		l->failed = true;
	return !l->failed;
}

static bool take_entry(void *arg, const struct edge *e)
{
	struct collecting *l = arg;

	if (e->kind == EDGE_VALUE && value_is_str(l->c->sql.q->s->heap, e->aux) &&
	    !vec_push(&l->c->rows, ((struct part_row){*e, true})))
		l->failed = true;
	return !l->failed;
}

static bool collect(struct parts_cursor *c)
{
	const struct heap *h = c->sql.q->s->heap;
	struct collecting l = {.c = c};
	struct object dict;

	edges_each(h, &c->o, take_attribute, &l);
	if (!l.failed && l.dict && heap_object(h, l.dict, &dict))
		edges_each(h, &dict, take_entry, &l);
	return !l.failed;
}

static int attributes_filter(struct sql_cursor *sql, const struct sql_plan *plan)
{
	struct parts_cursor *c = (struct parts_cursor *)sql;

	c->collect = collect;
	return parts_filter(c, plan);
}

static int attributes_next(struct sql_cursor *sql)
{
	return parts_next((struct parts_cursor *)sql);
}

static void attributes_column(struct sql_cursor *sql, sqlite3_context *out, int column)
{
	struct parts_cursor *c = (struct parts_cursor *)sql;
	struct sqldb *q = sql->q;

	if (column == ATTR_OBJECT) {
		sql_result_u64(out, c->o.addr);
	} else if (column == ATTR_NAME) {
		const struct part_row *row = parts_row(c);

		buf_clear(&q->text);
		if (row->in_dict ? value_name(q->s->heap, row->edge.aux, &q->text)
				 : edge_name(q->s->heap, &c->o, &row->edge, &q->text))
			sql_result_text(q, out);
	} else {
		parts_target_column(c, out, column - ATTR_TARGET);
	}
}

const struct sql_table sql_table_attributes = {
	.name = "attributes",
	.brief = "what objects hold by name (no properties, nothing of their classes)",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
	.of_objects = true,
	.cursor_size = sizeof(struct parts_cursor),
	.rows = all_rows,
	.filter = attributes_filter,
	.next = attributes_next,
	.column = attributes_column,
	.rowid = parts_rowid,
	.close = parts_close,
};
