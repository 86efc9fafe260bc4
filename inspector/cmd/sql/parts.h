/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables that have several rows for an object: its attributes, its items. One object's are collected, shown, and
 * forgotten.
 */
#ifndef CMD_SQL_PARTS_H
#define CMD_SQL_PARTS_H

#include "cmd/sql/db.h"
#include "heap/labels.h"

struct part_row {
	struct edge edge;
	bool in_dict; /* an entry of the __dict__ */
};
struct parts_cursor {
	struct sql_cursor sql; /* first: the callbacks cast back */
	struct heap_cursor at;
	struct object o;
	uint32_t id, to; /* of o; where the plan ends */
	struct {
		VEC(struct part_row);
	} rows;
	uint32_t next; /* the row that is shown is next - 1 */
	struct object target;
	bool has_target;
	/* Collects the rows of c->o. False when memory is out. */
	bool (*collect)(struct parts_cursor *c);
};

int parts_filter(struct parts_cursor *c, const struct sql_plan *plan);
int parts_next(struct parts_cursor *c);
static inline const struct part_row *parts_row(const struct parts_cursor *c)
{
	return &c->rows.at[c->next - 1];
}
/** The columns target, type, value, repr, from 0 on. */
void parts_target_column(struct parts_cursor *c, sqlite3_context *out, int which);
#define PARTS_TARGET_COLUMNS                                                                                           \
	{"target", "INTEGER", "address of the value"}, {"type", "TEXT", "its type"},                                   \
		{"value", "", "the value as in `objects`"},                                                            \
	{                                                                                                              \
		"repr", "TEXT", "the value as Python would print it, cut to a line"                                    \
	}
sqlite3_int64 parts_rowid(struct sql_cursor *sql);
void parts_close(struct sql_cursor *sql);

#endif
