/* SPDX-License-Identifier: Apache-2.0 */
/* types: a row for each type object of which there are objects, with their sums. */
#include "cmd/sql/db.h"

enum { TYPE_ADDRESS, TYPE_NAME, TYPE_MODULE, TYPE_COUNT, TYPE_SIZE, TYPE_MAX, TYPE_BASICSIZE, TYPE_ITEMSIZE, TYPE_GC };
static const struct sql_column columns[] = {
	[TYPE_ADDRESS] = {"address", "INTEGER", "of the type object; of the class of old-style instances"},
	[TYPE_NAME] = {"name", "TEXT", "as in objects.type; several types may have the same"},
	[TYPE_MODULE] = {"module", "TEXT", "empty for builtins"},
	[TYPE_COUNT] = {"count", "INTEGER", "objects of this very type"},
	[TYPE_SIZE] = {"size", "INTEGER", "bytes, of all of them"},
	[TYPE_MAX] = {"max", "INTEGER", "bytes, of the largest"},
	[TYPE_BASICSIZE] = {"basicsize", "INTEGER", "__basicsize__; NULL of old-style classes"},
	[TYPE_ITEMSIZE] = {"itemsize", "INTEGER", "__itemsize__; likewise"},
	[TYPE_GC] = {"gc", "INTEGER", "1 if the garbage collector knows its objects, else 0"},
};

struct types_cursor {
	struct sql_cursor sql; /* first: the callbacks cast back */
	size_t at;
};

static double all_rows(struct sqldb *q)
{
	return (double)q->pick.rows.n;
}

static int types_filter(struct sql_cursor *sql, const struct sql_plan *plan)
{
	(void)plan;
	((struct types_cursor *)sql)->at = 0;
	sql->eof = !sql->q->pick.rows.n;
	return SQLITE_OK;
}

static int types_next(struct sql_cursor *sql)
{
	sql->eof = ++((struct types_cursor *)sql)->at >= sql->q->pick.rows.n;
	return SQLITE_OK;
}

static const struct type_row *row_of(struct sql_cursor *sql)
{
	return &sql->q->pick.rows.at[((struct types_cursor *)sql)->at];
}

static void types_column(struct sql_cursor *sql, sqlite3_context *out, int column)
{
	const struct type_row *row = row_of(sql);
	const struct typeinfo *ti = column >= TYPE_BASICSIZE ? typetab_get(sql->q->s->types, row->addr) : NULL;

	switch (column) {
	case TYPE_ADDRESS:
		sql_result_u64(out, row->addr);
		break;
	case TYPE_NAME:
		sqlite3_result_text(out, row->name, -1, SQLITE_STATIC);
		break;
	case TYPE_MODULE:
		sqlite3_result_text(out, row->module, -1, SQLITE_STATIC);
		break;
	case TYPE_COUNT:
		sql_result_u64(out, row->total.count);
		break;
	case TYPE_SIZE:
		sql_result_u64(out, row->total.size);
		break;
	case TYPE_MAX:
		sql_result_u64(out, row->total.max);
		break;
	default:
		if (ti)
			sql_result_u64(out, column == TYPE_BASICSIZE  ? ti->basicsize
					    : column == TYPE_ITEMSIZE ? ti->itemsize
								      : ti->gc);
	}
}

static sqlite3_int64 types_rowid(struct sql_cursor *sql)
{
	return (sqlite3_int64)row_of(sql)->addr;
}

const struct sql_table sql_table_types = {
	.name = "types",
	.brief = "types with the sums of their objects",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
	.cursor_size = sizeof(struct types_cursor),
	.rows = all_rows,
	.filter = types_filter,
	.next = types_next,
	.column = types_column,
	.rowid = types_rowid,
};
