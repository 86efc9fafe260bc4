/* SPDX-License-Identifier: Apache-2.0 */
/* items: what a container holds: elements of sequences, members of sets, entries of dicts. */
#include "cmd/sql/parts.h"
#include "heap/values.h"

enum { ITEM_OBJECT, ITEM_POSITION, ITEM_KEY_TARGET, ITEM_KEY, ITEM_TARGET };
static const struct sql_column columns[] = {
	[ITEM_OBJECT] = {"object", "INTEGER", "address of the container"},
	[ITEM_POSITION] = {"position", "INTEGER", "the index; in dicts and sets 0, 1, 2... in the order of their tables"},
	[ITEM_KEY_TARGET] = {"key_target", "INTEGER", "address of the key; NULL unless it is a dict"},
	[ITEM_KEY] = {"key", "", "the key's value as in `objects`; of other keys the text that Python would print"},
	PARTS_TARGET_COLUMNS,
};

static double all_rows(struct sqldb *q)
{
	return (double)heap_facts(q->s->heap)->objects;
}

struct collecting {
	struct parts_cursor *c;
	enum edge_kind kind;
	bool failed;
};

static bool take_item(void *arg, const struct edge *e)
{
	struct collecting *l = arg;

	if (e->kind == l->kind && !vec_push(&l->c->rows, ((struct part_row){.edge = *e})))
		l->failed = true;
	return !l->failed;
}

/* By the type's base, so that attributes of a subclass are not taken for items. False: it is no container. */
static bool kind_of_items(const struct sqldb *q, const struct object *o, enum edge_kind *kind)
{
	const addr_t *known = q->s->python->known;
	const struct layout *L = &q->s->python->L;

	if (o->type->flags & (L->c[C_TPFLAGS_LIST_SUBCLASS] | L->c[C_TPFLAGS_TUPLE_SUBCLASS])) {
		*kind = EDGE_INDEX;
		return true;
	}
	if (o->type->flags & L->c[C_TPFLAGS_DICT_SUBCLASS]) {
		*kind = EDGE_VALUE;
		return true;
	}
	for (const struct typeinfo *ti = o->type; ti; ti = ti->base) {
		bool set = ti->addr == known[K_set] || ti->addr == known[K_frozenset];

		if (set || !strcmp(ti->name, "collections.deque")) {
			*kind = set ? EDGE_KEY : EDGE_INDEX;
			return true;
		}
	}
	return false;
}

static bool collect(struct parts_cursor *c)
{
	struct collecting l = {.c = c};

	if (kind_of_items(c->sql.q, &c->o, &l.kind))
		edges_each(c->sql.q->s->heap, &c->o, take_item, &l);
	return !l.failed;
}

static int items_filter(struct sql_cursor *sql, const struct sql_plan *plan)
{
	struct parts_cursor *c = (struct parts_cursor *)sql;

	c->collect = collect;
	return parts_filter(c, plan);
}

static int items_next(struct sql_cursor *sql)
{
	return parts_next((struct parts_cursor *)sql);
}

static void key_column(struct parts_cursor *c, addr_t key, sqlite3_context *out)
{
	struct sqldb *q = c->sql.q;
	const addr_t *known = q->s->python->known;
	struct object o;
	bool plain = heap_object(q->s->heap, key, &o) &&
		     (value_is_str(q->s->heap, key) || o.type->addr == known[K_long] ||
		      o.type->addr == known[K_int27] || o.type->addr == known[K_float] ||
		      o.type->addr == known[K_bool] || o.type->addr == known[K_bytes]);

	if (plain)
		sql_result_value(q, &o, out);
	else
		sql_result_repr(q, key, out);
}

static void items_column(struct sql_cursor *sql, sqlite3_context *out, int column)
{
	struct parts_cursor *c = (struct parts_cursor *)sql;
	const struct edge *e = &parts_row(c)->edge;

	if (column == ITEM_OBJECT)
		sql_result_u64(out, c->o.addr);
	else if (column == ITEM_POSITION)
		sql_result_u64(out, e->kind == EDGE_INDEX ? e->aux : c->next - 1);
	else if (column == ITEM_KEY_TARGET && e->kind == EDGE_VALUE)
		sql_result_u64(out, e->aux);
	else if (column == ITEM_KEY && e->kind == EDGE_VALUE)
		key_column(c, e->aux, out);
	else if (column >= ITEM_TARGET)
		parts_target_column(c, out, column - ITEM_TARGET);
}

const struct sql_table sql_table_items = {
	.name = "items",
	.brief = "what lists, tuples, dicts, sets and deques hold",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
	.of_objects = true,
	.cursor_size = sizeof(struct parts_cursor),
	.rows = all_rows,
	.filter = items_filter,
	.next = items_next,
	.column = items_column,
	.rowid = parts_rowid,
	.close = parts_close,
};
