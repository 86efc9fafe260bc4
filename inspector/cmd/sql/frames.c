/* SPDX-License-Identifier: Apache-2.0 */
/* frames: a row for each frame of each thread, innermost first. */
#include "cmd/sql/db.h"

enum { F_THREAD, F_TID, F_DEPTH, F_FUNCTION, F_FILE, F_LINE, F_ADDRESS };
static const struct sql_column columns[] = {
	[F_THREAD] = {"thread", "INTEGER", "threads.thread"},
	[F_TID] = {"tid", "INTEGER", "the system's number of the thread; NULL unknown"},
	[F_DEPTH] = {"depth", "INTEGER", "0 is the innermost frame"},
	[F_FUNCTION] = {"function", "TEXT", "qualified name, where the version has one"},
	[F_FILE] = {"file", "TEXT", "as the code has it"},
	[F_LINE] = {"line", "INTEGER", "where it stands; NULL unknown"},
	[F_ADDRESS] = {"address", "INTEGER", "of the frame; an object up to Python 3.10, memory of the interpreter later"},
};

struct frames_cursor {
	struct sql_cursor sql; /* first: the callbacks cast back */
	size_t thread, depth;
};

static double all_rows(struct sqldb *q)
{
	return 100;
}

/* To a frame, from a place that may be behind the last one of its thread. */
static int settle(struct frames_cursor *c)
{
	const struct stacks *s = &c->sql.q->stacks;

	while (c->thread < s->n && c->depth >= s->at[c->thread].chain.n) {
		c->thread++;
		c->depth = 0;
	}
	c->sql.eof = c->thread >= s->n;
	return SQLITE_OK;
}

static int frames_filter(struct sql_cursor *sql, const struct sql_plan *plan)
{
	struct frames_cursor *c = (struct frames_cursor *)sql;

	(void)plan;
	c->thread = c->depth = 0;
	return settle(c);
}

static int frames_next(struct sql_cursor *sql)
{
	struct frames_cursor *c = (struct frames_cursor *)sql;

	c->depth++;
	return settle(c);
}

static void frames_column(struct sql_cursor *sql, sqlite3_context *out, int column)
{
	struct frames_cursor *c = (struct frames_cursor *)sql;
	struct stacks *s = &sql->q->stacks;
	const struct stack_thread *th = &s->at[c->thread];
	const struct pyframe *f = &th->chain.at[c->depth];
	const struct code *code = &s->codes.at[f->code];
	int line;

	switch (column) {
	case F_THREAD:
		sql_result_u64(out, c->thread);
		break;
	case F_TID:
		if (th->tid)
			sqlite3_result_int(out, th->tid);
		break;
	case F_DEPTH:
		sql_result_u64(out, c->depth);
		break;
	case F_FUNCTION:
		sqlite3_result_text(out, code->name, -1, SQLITE_TRANSIENT);
		break;
	case F_FILE:
		sqlite3_result_text(out, code->file, -1, SQLITE_TRANSIENT);
		break;
	case F_LINE:
		line = stacks_place(s, f).line;
		if (line >= 0)
			sqlite3_result_int(out, line);
		break;
	case F_ADDRESS:
		sql_result_u64(out, f->addr);
		break;
	}
}

static sqlite3_int64 frames_rowid(struct sql_cursor *sql)
{
	const struct frames_cursor *c = (const struct frames_cursor *)sql;

	return (sqlite3_int64)c->thread << 32 | (sqlite3_int64)c->depth;
}

const struct sql_table sql_table_frames = {
	.name = "frames",
	.brief = "where the threads stand",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
	.cursor_size = sizeof(struct frames_cursor),
	.need = sqldb_stacks,
	.rows = all_rows,
	.filter = frames_filter,
	.next = frames_next,
	.column = frames_column,
	.rowid = frames_rowid,
};
