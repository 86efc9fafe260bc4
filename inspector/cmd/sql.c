/* SPDX-License-Identifier: Apache-2.0 */
/* sql: a query over the heap. The tables are in sql/; here are what may be asked, and the rows of the answer. */
#include "config.h"

#include "cmd/cmd.h"
#ifdef HAVE_SQLITE
#include "cmd/sql/condense.h"
#include "cmd/sql/db.h"

struct query {
	struct sqldb q;
	struct query_facts facts;
	const char *text;
	sqlite3_stmt *statement;
	int n; /* columns */
	struct out *out;
	struct out_column *columns;
	struct out_any *cells;
	union out_value *row;
	struct buf *texts; /* of cells that SQLite does not keep as they are shown */
	uint64_t rows;
};

static const char *indexed(const struct sql_table *t, size_t column)
{
	return (t->of_objects && column == 0) || (t->second && column == (size_t)t->second) ? "yes" : NULL;
}

static enum err say_schema(struct out *o)
{
	static const struct out_column table_columns[] = {{"table", "Table", COL_STRING, 0},
							  {"meaning", "Rows", COL_STRING, 0}};
	static const struct out_column columns[] = {{"table", "Table", COL_STRING, 0},
						    {"column", "Column", COL_STRING, 0},
						    {"type", "Type", COL_STRING, 0},
						    {"index", "Index", COL_STRING, 0},
						    {"meaning", "Meaning", COL_STRING, 0}};
	size_t n;
	const struct sql_table *const *tables = sql_tables(&n);

	out_table(o, "tables", table_columns, ARRAY_SIZE(table_columns));
	for (size_t i = 0; i < n; i++)
		out_row(o, (union out_value[]){{.s = tables[i]->name}, {.s = tables[i]->brief}});
	out_text(o, "%s", "");
	out_table(o, NULL, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < tables[i]->n_columns; k++) {
			const struct sql_column *c = &tables[i]->columns[k];

			out_row(o, (union out_value[]){{.s = tables[i]->name},
						       {.s = c->name},
						       {.s = *c->type ? c->type : "any"},
						       {.s = indexed(tables[i], k)},
						       {.s = c->help}});
		}
	return OK;
}

/* Reading is all that is let through: no ATTACH, no PRAGMA, no writing, no code from files. */
static int authorize(void *arg, int action, const char *a, const char *b, const char *database, const char *trigger)
{
	struct query *query = arg;

	(void)database;
	(void)trigger;
	switch (action) {
	case SQLITE_SELECT:
		query->facts.selects++;
		return SQLITE_OK;
	case SQLITE_READ:
		query_saw_column(&query->facts, a, b);
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		query_saw_function(&query->facts, b);
		return sqlite3_stricmp(b, "load_extension") ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_RECURSIVE:
		query->facts.other = true;
		return SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

/* Does SQLite put the rows of the table into an order of its own before it sums them up? */
static bool sorts_before_it_sums(struct query *query)
{
	char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", query->text);
	sqlite3_stmt *plan = NULL;
	bool sorts = true;

	if (sql && !sqlite3_prepare_v2(query->q.db, sql, -1, &plan, NULL)) {
		sorts = false;
		while (sqlite3_step(plan) == SQLITE_ROW) {
			const char *step = (const char *)sqlite3_column_text(plan, 3);

			sorts |= !step || (strstr(step, "B-TREE") && !strstr(step, "FOR ORDER BY"));
		}
	}
	sqlite3_finalize(plan);
	sqlite3_free(sql);
	return sorts;
}

static enum err prepare(struct query *query)
{
	struct diag *d = &query->q.s->diag;
	const char *rest = NULL;
	struct query_facts facts;

	sqlite3_set_authorizer(query->q.db, authorize, query);
	if (sqlite3_prepare_v2(query->q.db, query->text, -1, &query->statement, &rest))
		return sqldb_error(&query->q, query->text);
	if (!query->statement)
		return diag_set(d, ERR_USAGE, "the query is empty");
	if (rest[strspn(rest, " \t\r\n;")])
		return diag_set(d, ERR_USAGE, "one query at a time: this is too much: %.100s", rest);
	facts = query->facts;
	query->q.condensed = facts.columns;
	query->q.may_condense = query_condenses(&facts, query->text) && !sorts_before_it_sums(query);
	return OK;
}

/* Names of columns may be the same; keys of a JSON object may not. */
static char *unique_name(const struct query *query, int i)
{
	const char *name = sqlite3_column_name(query->statement, i);
	char *out = NULL;
	int again = 1;

	for (int k = 0; k < i; k++)
		again += !strcmp(sqlite3_column_name(query->statement, k), name);
	if (again == 1)
		return strdup(name);
	return asprintf(&out, "%s_%d", name, again) < 0 ? NULL : out;
}

static enum err make_columns(struct query *query)
{
	bool ok;

	query->n = sqlite3_column_count(query->statement);
	query->columns = calloc((size_t)query->n + 1, sizeof(*query->columns));
	query->cells = calloc((size_t)query->n + 1, sizeof(*query->cells));
	query->row = calloc((size_t)query->n + 1, sizeof(*query->row));
	query->texts = calloc((size_t)query->n + 1, sizeof(*query->texts));
	ok = query->columns && query->cells && query->row && query->texts;
	for (int i = 0; ok && i < query->n; i++) {
		int type = sqlite3_column_type(query->statement, i);

		ok = (query->columns[i].name = query->columns[i].title = unique_name(query, i)) != NULL;
		query->columns[i].type = type == SQLITE_INTEGER || type == SQLITE_FLOAT ? COL_NUMERIC : COL_VALUE;
	}
	if (!ok)
		return diag_set(&query->q.s->diag, ERR_NOMEM, "out of memory");
	out_table(query->out, NULL, query->columns, (size_t)query->n);
	return OK;
}

/* x'0aff', as SQL writes it. */
static const char *blob_text(struct query *query, int i)
{
	const uint8_t *at = sqlite3_column_blob(query->statement, i);
	int n = sqlite3_column_bytes(query->statement, i);
	struct buf *b = &query->texts[i];

	buf_str(b, "x'");
	for (int k = 0; k < n; k++) {
		buf_char(b, "0123456789abcdef"[at[k] >> 4]);
		buf_char(b, "0123456789abcdef"[at[k] & 15]);
	}
	buf_char(b, '\'');
	return buf_text(b);
}

/* A NUL would end it before its end. */
static const char *plain_text(struct query *query, int i)
{
	const char *at = (const char *)sqlite3_column_text(query->statement, i);
	size_t n = (size_t)sqlite3_column_bytes(query->statement, i);
	struct buf *b = &query->texts[i];

	if (!at || !memchr(at, 0, n))
		return at;
	for (size_t k = 0; k < n; k++)
		if (at[k])
			buf_char(b, at[k]);
		else
			buf_str(b, "\\x00");
	return buf_text(b);
}

static void say_row(struct query *query)
{
	for (int i = 0; i < query->n; i++) {
		struct out_any *cell = &query->cells[i];

		buf_clear(&query->texts[i]);
		query->row[i].any = cell;
		switch (sqlite3_column_type(query->statement, i)) {
		case SQLITE_INTEGER:
			*cell = (struct out_any){ANY_INTEGER, .i = sqlite3_column_int64(query->statement, i)};
			break;
		case SQLITE_FLOAT:
			*cell = (struct out_any){ANY_REAL, .d = sqlite3_column_double(query->statement, i)};
			break;
		case SQLITE_TEXT:
			*cell = (struct out_any){ANY_TEXT, .s = plain_text(query, i)};
			break;
		case SQLITE_BLOB:
			*cell = (struct out_any){ANY_TEXT, .s = blob_text(query, i)};
			break;
		default:
			query->row[i].any = NULL;
		}
		if (cell->kind == ANY_TEXT && !cell->s)
			query->row[i].any = NULL;
	}
	out_row(query->out, query->row);
	query->rows++;
}

static enum err run(struct query *query)
{
	int r = sqlite3_step(query->statement);
	enum err e;

	if (r != SQLITE_ROW && r != SQLITE_DONE)
		return sqldb_error(&query->q, query->text);
	if ((e = make_columns(query)))
		return e;
	for (; r == SQLITE_ROW; r = sqlite3_step(query->statement))
		say_row(query);
	if (r != SQLITE_DONE)
		return sqldb_error(&query->q, query->text);
	out_text(query->out, "%llu rows", (unsigned long long)query->rows);
	out_total_u64(query->out, "rows", query->rows);
	return OK;
}

static void query_release(struct query *query)
{
	sqlite3_finalize(query->statement);
	for (int i = 0; query->columns && i < query->n; i++)
		free((char *)(uintptr_t)query->columns[i].name);
	for (int i = 0; query->texts && i < query->n; i++)
		buf_release(&query->texts[i]);
	free(query->columns);
	free(query->cells);
	free(query->row);
	free(query->texts);
	sqldb_close(&query->q);
}

enum err cmd_sql(struct session *s, const struct cmd_args *a, struct out *o)
{
	struct query query = {.out = o};
	enum err e;

	if (cmd_option(a, OPT_sql_schema)->given)
		return say_schema(o);
	query.text = cmd_argument(a, 0)->s;
	e = sqldb_open(&query.q, s);
	if (!e)
		e = prepare(&query);
	if (!e)
		e = run(&query);
	query_release(&query);
	return e;
}
#else
enum err cmd_sql(struct session *s, const struct cmd_args *a, struct out *o)
{
	(void)a;
	(void)o;
	return diag_set(&s->diag, ERR_UNSUPPORTED,
			"this heapscope was built without SQLite (libsqlite3-dev): it has no `sql`");
}
#endif
