/* SPDX-License-Identifier: Apache-2.0 */
/* The connection: a database in memory without tables of its own, and values of Python in SQL. */
#include <errno.h>
#include "cmd/sql/condense.h"
#include "cmd/sql/db.h"
#include "cmd/text.h"
#include "heap/values.h"
#include "types/peek.h"

#define PROGRESS   10000 /* of SQLite's steps between two looks whether it is to end */

#define TABLE(name, key, index) extern const struct sql_table sql_table_##name;
#include "cmd/sql/tables.def"
#undef TABLE

const struct sql_table *const *sql_tables(size_t *n)
{
	static const struct sql_table *const tables[] = {
#define TABLE(name, key, index) &sql_table_##name,
#include "cmd/sql/tables.def"
#undef TABLE
	};

	*n = ARRAY_SIZE(tables);
	return tables;
}

static int on_progress(void *arg)
{
	const struct sqldb *q = arg;

	return q->s->interrupted != 0;
}

static enum err open_db(struct sqldb *q)
{
	int r = sqlite3_open_v2(":memory:", &q->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (!r)
		r = sql_register(q);
	if (!r)
		r = sql_register_sums(q);
	if (!r) /* what is sorted may be large, but it is the target's and goes to no file */
		r = sqlite3_exec(q->db, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
	if (r)
		return sqldb_error(q, NULL);
	sqlite3_progress_handler(q->db, PROGRESS, on_progress, q);
	return OK;
}

enum err sqldb_open(struct sqldb *q, struct session *s)
{
	enum err e;

	*q = (struct sqldb){.s = s, .text_max = SQL_TEXT_MAX, .weight = 1};
	e = pick_open(&q->pick, s, NULL);
	if (!e && !sql_names_init(&q->names, s, &q->pick))
		e = diag_set(&s->diag, ERR_NOMEM, "out of memory");
	return e ? e : open_db(q);
}

void sqldb_close(struct sqldb *q)
{
	sqlite3_close(q->db);
	sql_names_release(&q->names);
	edge_lists_release(&q->lists);
	if (q->have_stacks)
		stacks_release(&q->stacks);
	pick_release(&q->pick);
	buf_release(&q->text);
}

enum err sqldb_error(struct sqldb *q, const char *sql)
{
	struct diag *d = &q->s->diag;
	int code = q->db ? sqlite3_errcode(q->db) : SQLITE_NOMEM;
	int at = -1;

	if (q->failed)
		return q->failed;
	if (q->s->interrupted || code == SQLITE_INTERRUPT)
		return diag_set(d, ERR_INTERRUPTED, "interrupted");
	if (code == SQLITE_NOMEM)
		return diag_set(d, ERR_NOMEM, "out of memory");
	if (code == SQLITE_AUTH)
		return diag_set(d, ERR_USAGE, "only SELECT is possible: nothing can be changed or attached (%s)",
				sqlite3_errmsg(q->db));
#if SQLITE_VERSION_NUMBER >= 3038000
	at = sqlite3_error_offset(q->db);
#endif
	(void)!diag_set(d, ERR_USAGE, "%s", sqlite3_errmsg(q->db));
	if (sql && at >= 0)
		diag_point(d, sql, (size_t)at);
	return ERR_USAGE;
}

enum err sqldb_stacks(struct sqldb *q)
{
	enum err e;

	if (q->have_stacks)
		return OK;
	q->have_stacks = true;
	e = stacks_take(&q->stacks, q->s->python, &(struct stack_wants){0}, &q->s->diag);
	if (e)
		return e;
	vec_foreach (th, &q->stacks)
		stack_note_end(th, &q->s->notes);
	return OK;
}

void sql_result_text(struct sqldb *q, sqlite3_context *out)
{
	if (!buf_ok(&q->text))
		sqlite3_result_error_nomem(out);
	else
		sqlite3_result_text64(out, buf_text(&q->text), q->text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

void sql_result_repr(struct sqldb *q, addr_t addr, sqlite3_context *out)
{
	(void)text_row(q->s, addr, &q->text);
	sql_result_text(q, out);
}

static void result_int(struct sqldb *q, const struct object *o, sqlite3_context *out)
{
	int64_t n;

	if (peek_int64(q->s->python, o->addr, &n)) {
		sqlite3_result_int64(out, n);
		return;
	}
	buf_clear(&q->text);
	if (!value_literal(q->s->heap, o->addr, &q->text))
		return;
	errno = 0;
	n = strtoll(buf_text(&q->text), NULL, 10);
	if (!errno)
		sqlite3_result_int64(out, n);
	else
		sql_result_text(q, out); /* all its digits */
}

static void result_bytes(struct sqldb *q, const struct object *o, sqlite3_context *out)
{
	const struct layout *L = &q->s->python->L;
	uint64_t n = min_of(field_u64(L, o->at, F_varobject_ob_size), q->text_max);
	const uint8_t *at = image_at(q->s->target->image, o->addr + (uint32_t)L->f[F_bytes_ob_sval].offset, n);

	if (at)
		sqlite3_result_blob64(out, at, n, SQLITE_TRANSIENT);
}

void sql_result_value(struct sqldb *q, const struct object *o, sqlite3_context *out)
{
	const struct python *py = q->s->python;
	const struct layout *L = &py->L;
	addr_t type = o->type->addr;

	buf_clear(&q->text);
	if (type == py->known[K_bool]) {
		sqlite3_result_int(out, o->addr == py->known[K_true]);
	} else if (type == py->known[K_long] || type == py->known[K_int27]) {
		result_int(q, o, out);
	} else if (type == py->known[K_float] && layout_has(L, F_float_ob_fval)) {
		uint64_t bits = field_u64(L, o->at, F_float_ob_fval);
		double v;

		memcpy(&v, &bits, sizeof(v));
		sqlite3_result_double(out, v);
	} else if (type == py->known[K_bytes] && layout_has(L, F_bytes_ob_sval)) {
		result_bytes(q, o, out);
	} else if (python_string(py, o->addr, q->text_max, &q->text)) {
		sql_result_text(q, out);
	}
}
