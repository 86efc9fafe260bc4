/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file is attached beside the database in memory, and each table filled by INSERT ... SELECT from the one that lies
 * over the heap: rows go through one at a time.
 */
#include "config.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include "cmd/beside.h"
#include "cmd/identity.h"
#include "cmd/sql/copy.h"
#include "cmd/sql/db.h"

#define VALUE_CHARS 100 /* of a text in objects.value; `strings` has all of it */

static const struct copy_row {
	const char *name, *key, *index;
} rows[] = {
#define TABLE(name, key, index) {#name, key, index},
#include "cmd/sql/tables.def"
#undef TABLE
};

struct copying {
	struct sqldb q;
	struct beside file;
	struct buf sql;
};

/* What SQLite says of a file, as errno where it has one. */
static enum err file_error(struct copying *c)
{
	struct diag *d = &c->q.s->diag;
	int code = sqlite3_errcode(c->q.db), sys = sqlite3_system_errno(c->q.db);

	if (code == SQLITE_FULL)
		sys = sys ? sys : ENOSPC;
	if (code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_CANTOPEN || code == SQLITE_READONLY)
		return sys ? diag_sys(d, ERR_IO, sys, "cannot write '%s'", c->file.path)
			   : diag_set(d, ERR_IO, "cannot write '%s': %s", c->file.path, sqlite3_errmsg(c->q.db));
	return sqldb_error(&c->q, NULL);
}

static enum err execute(struct copying *c, const char *sql)
{
	return sqlite3_exec(c->q.db, sql, NULL, NULL, NULL) ? file_error(c) : OK;
}

/* Runs c->sql with values for ?1 and ?2. */
static enum err execute_with(struct copying *c, const char *sql, const char *one, const char *two)
{
	sqlite3_stmt *s = NULL;
	int r = sqlite3_prepare_v2(c->q.db, sql, -1, &s, NULL);

	if (!r)
		r = sqlite3_bind_text(s, 1, one, -1, SQLITE_STATIC);
	if (!r && two)
		r = sqlite3_bind_text(s, 2, two, -1, SQLITE_STATIC);
	if (!r && sqlite3_step(s) != SQLITE_DONE)
		r = SQLITE_ERROR;
	sqlite3_finalize(s);
	return r ? file_error(c) : OK;
}

static enum err attach(struct copying *c)
{
	enum err e = execute_with(c, "ATTACH ?1 AS snapshot", c->file.temporary, NULL);

	/* a file that is not whole is thrown away: no journal */
	return e ? e
		 : execute(c, "PRAGMA snapshot.journal_mode = OFF; PRAGMA snapshot.synchronous = OFF; "
			      "PRAGMA snapshot.cache_size = -32768; BEGIN");
}

static void add_columns(struct buf *b, const struct sql_table *t, bool types)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		buf_printf(b, "%s\"%s\"", i ? ", " : "", t->columns[i].name);
		if (types && *t->columns[i].type)
			buf_printf(b, " %s", t->columns[i].type);
	}
}

static enum err copy_table(struct copying *c, const struct copy_row *row, const struct sql_table *t)
{
	struct buf *b = &c->sql;

	buf_clear(b);
	buf_printf(b, "CREATE TABLE snapshot.%s(", t->name);
	add_columns(b, t, true);
	buf_printf(b, ", PRIMARY KEY(%s))%s;\nINSERT INTO snapshot.%s SELECT ", row->key,
		   strchr(row->key, ',') ? " WITHOUT ROWID" : "", t->name);
	add_columns(b, t, false);
	buf_printf(b, " FROM main.%s;\n", t->name);
	if (row->index)
		buf_printf(b, "CREATE INDEX snapshot.%s_by_%s ON %s(%s);\n", t->name, row->index, t->name, row->index);
	if (!buf_ok(b))
		return diag_set(&c->q.s->diag, ERR_NOMEM, "out of memory");
	c->q.text_max = strcmp(t->name, "strings") ? VALUE_CHARS : SQL_TEXT_MAX;
	return execute(c, buf_text(b));
}

static enum err tell(struct copying *c, const char *key, const char *value)
{
	return *value ? execute_with(c, "INSERT INTO snapshot.heapscope VALUES(?1, ?2)", key, value) : OK;
}

static enum err tell_number(struct copying *c, const char *key, const char *format, double n)
{
	char text[40];

	snprintf(text, sizeof(text), format, n);
	return n > 0 ? tell(c, key, text) : OK;
}

/* Where it comes from: what the header of the other formats says. */
static enum err copy_header(struct copying *c)
{
	struct session *s = c->q.s;
	struct identity id;
	enum err e = execute(c, "CREATE TABLE snapshot.heapscope(key TEXT, value TEXT)");

	identity_of(s, &id);
	if (e || (e = tell(c, "version", PACKAGE_VERSION)) || (e = tell_number(c, "pid", "%.0f", (double)id.pid)) ||
	    (e = tell(c, "interpreter", id.python)) || (e = tell_number(c, "time", "%.0f", (double)time(NULL))) ||
	    (e = tell_number(c, "start_time", "%.2f", id.start_time)) || (e = tell(c, "build_id", id.build_id)) ||
	    (e = tell(c, "library_build_id", id.library_id)))
		return e;
	vec_foreach (n, &s->notes)
		if (!e && n->kind == NOTE_PARTIAL && note_shown(&s->notes, n))
			e = tell(c, "incomplete", n->text);
	return e;
}

static enum err copy_all(struct copying *c)
{
	size_t n;
	const struct sql_table *const *tables = sql_tables(&n);
	enum err e = attach(c);

	for (size_t i = 0; i < n && !e; i++)
		if (rows[i].key)
			e = copy_table(c, &rows[i], tables[i]);
	if (!e)
		e = copy_header(c);
	return e ? e : execute(c, "COMMIT; DETACH snapshot");
}

static enum err finish(struct copying *c, struct copied *out)
{
	struct stat st;
	int error = fstat(c->file.fd, &st) ? errno : 0;

	*out = (struct copied){heap_facts(c->q.s->heap)->objects, error ? 0 : (uint64_t)st.st_size};
	return beside_finish(&c->file, error, &c->q.s->diag);
}

enum err sql_copy(struct session *s, const char *path, struct copied *out)
{
	struct copying c = {.file.fd = -1};
	enum err e = sqldb_open(&c.q, s);

	if (!e)
		e = beside_open(&c.file, path, &s->diag);
	if (!e && !c.file.temporary)
		e = diag_set(&s->diag, ERR_USAGE, "'%s' is no regular file: SQLite needs one", path);
	if (!e)
		e = copy_all(&c);
	sqldb_close(&c.q);
	if (!e)
		e = finish(&c, out);
	beside_release(&c.file);
	buf_release(&c.sql);
	return e;
}
