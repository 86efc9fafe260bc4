/* SPDX-License-Identifier: Apache-2.0 */
/* threads: a row for each thread that runs Python, as `stack` shows them. */
#include "cmd/sql/db.h"
#include "cmd/stackshow.h"

enum { T_THREAD, T_TID, T_NAME, T_COMM, T_MAIN, T_INTERPRETER, T_IDENT, T_STATE, T_FRAMES, T_GIL, T_DOING };
static const struct sql_column columns[] = {
	[T_THREAD] = {"thread", "INTEGER", "0, 1, 2...; frames.thread says the same"},
	[T_TID] = {"tid", "INTEGER", "the system's number of it; NULL unknown"},
	[T_NAME] = {"name", "TEXT", "of threading"},
	[T_COMM] = {"comm", "TEXT", "of the system"},
	[T_MAIN] = {"main", "INTEGER", "1 for the process' first thread, else 0"},
	[T_INTERPRETER] = {"interpreter", "INTEGER", "number of the (sub-)interpreter"},
	[T_IDENT] = {"ident", "INTEGER", "threading.get_ident()"},
	[T_STATE] = {"state", "TEXT", "R running, S sleeping, D, T...; NULL unknown"},
	[T_FRAMES] = {"frames", "INTEGER", "how many it has"},
	[T_GIL] = {"gil", "TEXT", "holds, waits, or NULL"},
	[T_DOING] = {"doing", "TEXT", "what `stack` says that it does"},
};

struct threads_cursor {
	struct sql_cursor sql; /* first: the callbacks cast back */
	size_t at;
};

static double all_rows(struct sqldb *q)
{
	return 10;
}

static int threads_filter(struct sql_cursor *sql, const struct sql_plan *plan)
{
	(void)plan;
	((struct threads_cursor *)sql)->at = 0;
	sql->eof = !sql->q->stacks.n;
	return SQLITE_OK;
}

static int threads_next(struct sql_cursor *sql)
{
	sql->eof = ++((struct threads_cursor *)sql)->at >= sql->q->stacks.n;
	return SQLITE_OK;
}

static void text(sqlite3_context *out, const char *s)
{
	if (s && *s)
		sqlite3_result_text(out, s, -1, SQLITE_TRANSIENT);
}

static void doing_column(struct sqldb *q, const struct stack_thread *th, sqlite3_context *out)
{
	struct stack_view view = {.session = q->s, .stacks = q->stacks};

	stack_doing(&view, th, &q->text);
	if (q->text.n)
		sql_result_text(q, out);
}

/* What the system knows of it. */
static void system_column(const struct sqldb *q, const struct stack_thread *th, sqlite3_context *out, int column)
{
	const struct thread *os = th->os >= 0 ? &q->s->target->threads.at[th->os] : NULL;
	char state[2] = {os && os->state != '?' ? os->state : 0, 0};

	text(out, column == T_STATE ? state : os ? os->comm : NULL);
}

static void threads_column(struct sql_cursor *sql, sqlite3_context *out, int column)
{
	static const char *const gil[] = {NULL, "holds", "waits"};
	struct sqldb *q = sql->q;
	size_t at = ((struct threads_cursor *)sql)->at;
	const struct stack_thread *th = &q->stacks.at[at];

	switch (column) {
	case T_THREAD:
		sql_result_u64(out, at);
		break;
	case T_TID:
		if (th->tid)
			sqlite3_result_int(out, th->tid);
		break;
	case T_NAME:
		text(out, th->name);
		break;
	case T_MAIN:
		sqlite3_result_int(out, th->main);
		break;
	case T_INTERPRETER:
		if (!th->lost)
			sqlite3_result_int64(out, th->interp_id);
		break;
	case T_IDENT:
		if (!th->lost)
			sql_result_u64(out, th->ident);
		break;
	case T_FRAMES:
		sql_result_u64(out, th->chain.n);
		break;
	case T_GIL:
		text(out, gil[th->doing.gil]);
		break;
	case T_DOING:
		doing_column(q, th, out);
		break;
	default:
		system_column(q, th, out, column);
	}
}

static sqlite3_int64 threads_rowid(struct sql_cursor *sql)
{
	return (sqlite3_int64)((struct threads_cursor *)sql)->at;
}

const struct sql_table sql_table_threads = {
	.name = "threads",
	.brief = "threads that run Python",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
	.cursor_size = sizeof(struct threads_cursor),
	.need = sqldb_stacks,
	.rows = all_rows,
	.filter = threads_filter,
	.next = threads_next,
	.column = threads_column,
	.rowid = threads_rowid,
};
