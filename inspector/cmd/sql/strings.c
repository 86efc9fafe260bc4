/* SPDX-License-Identifier: Apache-2.0 */
/* strings: the text of every str (Python 2: of unicode too). By address. */
#include "cmd/sql/db.h"
#include "heap/labels.h"
#include "heap/values.h"

static const struct sql_column columns[] = {
	{"address", "INTEGER", "of the str"},
	{"len", "INTEGER", "characters"},
	{"text", "TEXT", "all of it; of more than 16777216 characters the first ones"},
};

struct strings_cursor {
	struct sql_cursor sql; /* first: the callbacks cast back */
	struct heap_cursor at;
	struct object o;
	uint32_t to;
};

static double all_rows(struct sqldb *q)
{
	return (double)heap_facts(q->s->heap)->objects / 3;
}

static int strings_next(struct sql_cursor *sql)
{
	struct strings_cursor *c = (struct strings_cursor *)sql;
	const struct heap *h = sql->q->s->heap;
	uint32_t id;

	while (heap_cursor_next(h, &c->at, &c->o, &id) && id < c->to) {
		if (value_is_str(h, c->o.addr))
			return SQLITE_OK;
		if (!(id % 4096) && sql->q->s->interrupted)
			return SQLITE_INTERRUPT;
	}
	sql->eof = true;
	return SQLITE_OK;
}

static int strings_filter(struct sql_cursor *sql, const struct sql_plan *plan)
{
	struct strings_cursor *c = (struct strings_cursor *)sql;

	c->to = plan->to;
	heap_cursor_init(sql->q->s->heap, plan->from < plan->to ? plan->from : UINT32_MAX, &c->at);
	return strings_next(sql);
}

static void strings_column(struct sql_cursor *sql, sqlite3_context *out, int column)
{
	struct strings_cursor *c = (struct strings_cursor *)sql;
	struct sqldb *q = sql->q;
	uint64_t len;

	if (column == 0) {
		sql_result_u64(out, c->o.addr);
	} else if (column == 1) {
		if (object_length(typetab_ctx(q->s->types), &c->o, &len))
			sql_result_u64(out, len);
	} else {
		sql_result_value(q, &c->o, out);
	}
}

static sqlite3_int64 strings_rowid(struct sql_cursor *sql)
{
	return (sqlite3_int64)((struct strings_cursor *)sql)->o.addr;
}

const struct sql_table sql_table_strings = {
	.name = "strings",
	.brief = "the texts of all str objects",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
	.of_objects = true,
	.cursor_size = sizeof(struct strings_cursor),
	.rows = all_rows,
	.filter = strings_filter,
	.next = strings_next,
	.column = strings_column,
	.rowid = strings_rowid,
};
