/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one SQLite module behind all tables: which conditions of a query become a plan, and what a plan means. SQLite
 * checks every condition again itself, so a plan may give more rows than were asked for, never fewer.
 */
#include <math.h>
#include "cmd/sql/db.h"

struct vtab {
	sqlite3_vtab base; /* first: SQLite's */
	const struct sql_table *table;
	struct sqldb *q;
	bool ready; /* need() has been */
};
struct module_of {
	const struct sql_table *table;
	struct sqldb *q;
};

static int vtab_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out, char **error)
{
	const struct module_of *m = aux;
	struct buf sql = {0};
	struct vtab *v;
	int r;

	(void)argc;
	(void)argv;
	(void)error;
	buf_str(&sql, "CREATE TABLE x(");
	for (size_t i = 0; i < m->table->n_columns; i++)
		buf_printf(&sql, "%s\"%s\" %s", i ? ", " : "", m->table->columns[i].name, m->table->columns[i].type);
	buf_char(&sql, ')');
	r = buf_ok(&sql) ? sqlite3_declare_vtab(db, buf_text(&sql)) : SQLITE_NOMEM;
	buf_release(&sql);
	if (r)
		return r;
	v = calloc(1, sizeof(*v));
	if (!v)
		return SQLITE_NOMEM;
	v->table = m->table;
	v->q = m->q;
	*out = &v->base;
	return SQLITE_OK;
}

static int vtab_disconnect(sqlite3_vtab *v)
{
	free(v);
	return SQLITE_OK;
}

/* The conditions of a query that a plan can use: their places in its list, -1 = there is none. */
struct usable {
	int key, from, to, second;
};

static struct usable find_usable(const struct sql_table *t, sqlite3_index_info *info)
{
	struct usable u = {-1, -1, -1, -1};

	for (int i = 0; i < info->nConstraint; i++) {
		const struct sqlite3_index_constraint *c = &info->aConstraint[i];

		if (!c->usable)
			continue;
		if (t->of_objects && (c->iColumn == 0)) {
			if (c->op == SQLITE_INDEX_CONSTRAINT_EQ)
				u.key = i;
			else if (c->op == SQLITE_INDEX_CONSTRAINT_GT || c->op == SQLITE_INDEX_CONSTRAINT_GE)
				u.from = i;
			else if (c->op == SQLITE_INDEX_CONSTRAINT_LT || c->op == SQLITE_INDEX_CONSTRAINT_LE)
				u.to = i;
		} else if (t->second && c->iColumn == t->second && c->op == SQLITE_INDEX_CONSTRAINT_EQ &&
			   !strcmp(sqlite3_vtab_collation(info, i), "BINARY")) {
			u.second = i;
		}
	}
	return u;
}

static void use(sqlite3_index_info *info, int constraint, int bit, int *argc)
{
	if (constraint < 0)
		return;
	info->aConstraintUsage[constraint].argvIndex = ++*argc;
	info->idxNum |= bit;
}

/* Is the order that is asked for the one in which the rows come? */
static void plan_order(const struct sql_table *t, sqlite3_index_info *info)
{
	const struct sqlite3_index_orderby *o = info->aOrderBy;

	if (info->nOrderBy != 1)
		return;
	if (t->of_objects && o->iColumn == 0 && !o->desc) {
		info->orderByConsumed = 1;
	} else if (t->second_sorted && o->iColumn == t->second && !info->idxNum) {
		info->idxNum = PLAN_SORTED | (o->desc ? PLAN_BACKWARD : 0);
		info->orderByConsumed = 1;
	}
}

static int vtab_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	struct vtab *v = (struct vtab *)base;
	const struct sql_table *t = v->table;
	struct usable u = find_usable(t, info);
	double rows = max_of(t->rows(v->q), 1.0);
	int argc = 0;

	if (u.key >= 0) {
		use(info, u.key, PLAN_KEY, &argc);
		rows = rows / max_of((double)heap_facts(v->q->s->heap)->objects, 1.0);
	} else if (u.second >= 0) {
		use(info, u.second, PLAN_SECOND, &argc);
		rows = t->rows_of_second(v->q);
	} else {
		use(info, u.from, PLAN_FROM, &argc);
		use(info, u.to, PLAN_TO, &argc);
		rows = (u.from >= 0 ? rows / 4 : rows) / (u.to >= 0 ? 4 : 1);
	}
	rows = max_of(rows, 1.0);
	info->estimatedRows = (sqlite3_int64)rows;
	info->estimatedCost = rows + (u.key >= 0 ? 1 : u.second >= 0 ? 2 : 100);
	plan_order(t, info);
	return SQLITE_OK;
}

static int vtab_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
	struct vtab *v = (struct vtab *)base;
	struct sql_cursor *c = calloc(1, v->table->cursor_size);

	if (!c)
		return SQLITE_NOMEM;
	c->table = v->table;
	c->q = v->q;
	c->eof = true;
	v->q->open_cursors++;
	*out = &c->base;
	return SQLITE_OK;
}

static int vtab_close(sqlite3_vtab_cursor *base)
{
	struct sql_cursor *c = (struct sql_cursor *)base;

	c->q->open_cursors--;
	if (c->table->close)
		c->table->close(c);
	free(c);
	return SQLITE_OK;
}

/* A bound as an address: false if the value is no number, and then it is no bound (text is larger than any number). */
static bool bound(sqlite3_value *v, bool up, uint64_t *out)
{
	double real;

	switch (sqlite3_value_numeric_type(v)) {
	case SQLITE_INTEGER:
		*out = (uint64_t)max_of(sqlite3_value_int64(v), 0);
		return true;
	case SQLITE_FLOAT:
		real = sqlite3_value_double(v);
		if (isnan(real) || fabs(real) > 9e18)
			return false;
		*out = (uint64_t)max_of(up ? ceil(real) : floor(real), 0.0);
		return true;
	default:
		return false;
	}
}

static void range_of_key(struct sqldb *q, sqlite3_value *v, struct sql_plan *p)
{
	uint64_t addr;
	uint32_t id;

	p->from = p->to = 0;
	if (bound(v, false, &addr) && heap_id(q->s->heap, addr, &id)) {
		p->from = id;
		p->to = id + 1;
	}
}

static void plan_make(struct sqldb *q, int bits, sqlite3_value **argv, struct sql_plan *p)
{
	const struct heap *h = q->s->heap;
	uint64_t addr;

	*p = (struct sql_plan){.bits = bits, .to = (uint32_t)heap_facts(h)->objects};
	if (bits & PLAN_KEY)
		range_of_key(q, *argv++, p);
	if (bits & PLAN_FROM && bound(*argv++, false, &addr))
		p->from = heap_id_from(h, addr);
	if (bits & PLAN_TO && bound(*argv++, true, &addr))
		p->to = heap_id_from(h, addr + 1);
	if (bits & PLAN_SECOND)
		p->second = *argv++;
}

static int vtab_filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc, sqlite3_value **argv)
{
	struct sql_cursor *c = (struct sql_cursor *)base;
	struct vtab *v = (struct vtab *)base->pVtab;
	struct sql_plan plan;

	(void)text;
	(void)argc;
	if (!v->ready && c->table->need && (c->q->failed = c->table->need(c->q)))
		return SQLITE_ERROR;
	v->ready = true;
	plan_make(c->q, number, argv, &plan);
	c->eof = false;
	return c->table->filter(c, &plan);
}

static int vtab_next(sqlite3_vtab_cursor *base)
{
	struct sql_cursor *c = (struct sql_cursor *)base;

	return c->table->next(c);
}

static int vtab_eof(sqlite3_vtab_cursor *base)
{
	return ((struct sql_cursor *)base)->eof;
}

static int vtab_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
	struct sql_cursor *c = (struct sql_cursor *)base;

	c->table->column(c, out, column);
	return SQLITE_OK;
}

static int vtab_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
	struct sql_cursor *c = (struct sql_cursor *)base;

	*out = c->table->rowid(c);
	return SQLITE_OK;
}

/* No xCreate: the table is there under its own name. No xUpdate: nobody can write. */
static const sqlite3_module module = {
	.iVersion = 2,
	.xConnect = vtab_connect,
	.xBestIndex = vtab_best_index,
	.xDisconnect = vtab_disconnect,
	.xOpen = vtab_open,
	.xClose = vtab_close,
	.xFilter = vtab_filter,
	.xNext = vtab_next,
	.xEof = vtab_eof,
	.xColumn = vtab_column,
	.xRowid = vtab_rowid,
};

/* A table is connected when it is first named; an authorizer, which comes later, would not let it. */
static int connect_now(sqlite3 *db, const char *name)
{
	char *sql = sqlite3_mprintf("SELECT 1 FROM %s", name);
	sqlite3_stmt *statement = NULL;
	int r = sql ? sqlite3_prepare_v2(db, sql, -1, &statement, NULL) : SQLITE_NOMEM;

	sqlite3_finalize(statement);
	sqlite3_free(sql);
	return r;
}

int sql_register(struct sqldb *q)
{
	size_t n;
	const struct sql_table *const *tables = sql_tables(&n);
	int r = SQLITE_OK;

	for (size_t i = 0; i < n && !r; i++) {
		struct module_of *m = malloc(sizeof(*m));

		if (!m)
			return SQLITE_NOMEM;
		*m = (struct module_of){tables[i], q};
		r = sqlite3_create_module_v2(q->db, tables[i]->name, &module, m, free);
		if (!r)
			r = connect_now(q->db, tables[i]->name);
	}
	return r;
}
