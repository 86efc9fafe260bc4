/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/sql/parts.h"

int parts_next(struct parts_cursor *c)
{
	struct sqldb *q = c->sql.q;

	while (c->next == c->rows.n) {
		if (q->s->interrupted)
			return SQLITE_INTERRUPT;
		c->rows.n = c->next = 0;
		if (!heap_cursor_next(q->s->heap, &c->at, &c->o, &c->id) || c->id >= c->to) {
			c->sql.eof = true;
			return SQLITE_OK;
		}
		if (!c->collect(c))
			return SQLITE_NOMEM;
	}
	c->next++;
	c->has_target = heap_object(q->s->heap, parts_row(c)->edge.to, &c->target);
	return SQLITE_OK;
}

int parts_filter(struct parts_cursor *c, const struct sql_plan *plan)
{
	c->rows.n = c->next = 0;
	c->to = plan->to;
	heap_cursor_init(c->sql.q->s->heap, plan->from < plan->to ? plan->from : UINT32_MAX, &c->at);
	return parts_next(c);
}

void parts_target_column(struct parts_cursor *c, sqlite3_context *out, int which)
{
	struct sqldb *q = c->sql.q;

	if (which == 0)
		sql_result_u64(out, parts_row(c)->edge.to);
	else if (which == 1 && c->has_target)
		sqlite3_result_text(out, q->names.at[sql_names_rank(&q->names, &c->target)], -1, SQLITE_STATIC);
	else if (which == 2 && c->has_target)
		sql_result_value(q, &c->target, out);
	else if (which == 3)
		sql_result_repr(q, parts_row(c)->edge.to, out);
}

sqlite3_int64 parts_rowid(struct sql_cursor *sql)
{
	const struct parts_cursor *c = (const struct parts_cursor *)sql;

	return (sqlite3_int64)c->id << 32 | (c->next - 1);
}

void parts_close(struct sql_cursor *sql)
{
	vec_release(&((struct parts_cursor *)sql)->rows);
}
