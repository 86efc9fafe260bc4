/* SPDX-License-Identifier: Apache-2.0 */
/* path: the shortest ways from a root to an object, and to all objects of a type merged into a
 * tree. */
#include "cmd/pathtree.h"
#include "cmd/text.h"

/* A path with the references that it takes. */
struct steps {
	struct session *s;
	const struct path *path;
	struct {
		VEC(struct edge);
	} edges; /* n - 1: how each object leads to the next */
	struct {
		VEC(struct object);
	} objects;
	bool failed;
};

/* Of several references to the same object the one that Python has words for. */
static bool is_better(const struct edge *a, const struct edge *b)
{
	static const uint8_t rank[] = {
	    [EDGE_ATTR] = 0,  [EDGE_SLOT] = 0, [EDGE_FIELD] = 1, [EDGE_VALUE] = 2,
	    [EDGE_INDEX] = 3, [EDGE_CELL] = 3, [EDGE_LOCAL] = 4, [EDGE_KEY] = 5,
	    [EDGE_STACK] = 6, [EDGE_CFIELD] = 6, [EDGE_WEAK] = 7, [EDGE_CARRAY] = 8,
	    [EDGE_UNSURE] = 9};

	return rank[a->kind] < rank[b->kind];
}

static bool steps_make(struct steps *st)
{
	struct edges found = {0};

	for (uint32_t i = 0; i < st->path->n && !st->failed; i++) {
		struct object o;
		struct edge best = {.kind = EDGE_UNSURE};

		if (!heap_object_at(st->s->heap, st->path->ids[i], &o) ||
		    !vec_push(&st->objects, o)) {
			st->failed = true;
			break;
		}
		if (i + 1 == st->path->n)
			break;
		found.n = 0;
		best.to = heap_address(st->s->heap, st->path->ids[i + 1]);
		if (!edges_collect(st->s->heap, &o, best.to, 16, &found))
			st->failed = true;
		for (size_t k = 0; k < found.n; k++)
			if (!k || is_better(&found.at[k], &best))
				best = found.at[k];
		if (!vec_push(&st->edges, best))
			st->failed = true;
	}
	vec_release(&found);
	return !st->failed;
}

/* The whole path as one expression; false if Python has none. */
static bool expression(const struct steps *st, struct buf *out)
{
	if (!root_expression(st->s->roots, st->path->root, out))
		return false;
	for (size_t i = 0; i < st->edges.n; i++) {
		const struct edge *next = i + 1 < st->edges.n ? &st->edges.at[i + 1] : NULL;
		bool merged;

		if (!edge_expression(st->s->heap, &st->objects.at[i], &st->edges.at[i], next,
				     &merged, out))
			return false;
		i += merged;
	}
	return buf_ok(out);
}

#define STEPS_SHOWN 40 /* of a longer path the beginning and the end */

struct saying {
	struct session *s;
	struct pick names;
	struct out *out;
	struct buf label, repr;
};

static void say_step(struct saying *sy, uint32_t number, const struct steps *st, uint32_t i)
{
	const struct object *o = &st->objects.at[i];

	buf_clear(&sy->label);
	if (!i)
		root_describe(sy->s->roots, st->path->root, &sy->label);
	else
		edge_label(sy->s->heap, &st->objects.at[i - 1], &st->edges.at[i - 1], &sy->label);
	out_row(sy->out, (union out_value[]){{.u = number},
					     {.u = i},
					     {.s = buf_text(&sy->label)},
					     {.u = o->addr},
					     {.s = pick_name(&sy->names, o)},
					     {.u = size_of(sy->s, o)},
					     {.s = text_row(sy->s, o->addr, &sy->repr)}});
}

static void say_path(struct saying *sy, uint32_t number, const struct steps *st)
{
	static const struct out_column columns[] = {
	    {"path", "Path", COL_COUNT, 0},	   {"step", "Step", COL_COUNT, 0},
	    {"label", "Reference", COL_STRING, 0}, {"address", "Address", COL_ADDRESS, 14},
	    {"type", "Type", COL_STRING, 0},	   {"size", "Size", COL_BYTES, 7},
	    {"repr", "Value", COL_STRING, 0},
	};
	uint32_t n = st->path->n;

	if (number == 1)
		out_table(sy->out, NULL, columns, ARRAY_SIZE(columns));
	for (uint32_t i = 0; i < n; i++) {
		if (n > 2 * STEPS_SHOWN && i == STEPS_SHOWN)
			i = n - STEPS_SHOWN;
		say_step(sy, number, st, i);
	}
}

/* One line for each path: its expression, where there is one. */
static void say_summary(struct saying *sy, const struct steps *all, size_t n)
{
	static const struct out_column columns[] = {
	    {"path", "Path", COL_COUNT, 0},  {"steps", "Steps", COL_COUNT, 0},
	    {"kind", NULL, COL_STRING, 0},   {"expression", "Expression", COL_STRING, 0},
	    {"root", "Root", COL_STRING, 0},
	};

	out_table(sy->out, "paths", columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < n; i++) {
		struct buf text = {0}, root = {0};
		bool ok = expression(&all[i], &text);

		root_describe(sy->s->roots, all[i].path->root, &root);
		out_row(sy->out, (union out_value[]){{.u = i + 1},
						     {.u = all[i].path->n - 1},
						     {.s = root_kind_name(all[i].path->root->kind)},
						     {.s = ok ? buf_text(&text) : NULL},
						     {.s = buf_text(&root)}});
		buf_release(&text);
		buf_release(&root);
	}
	out_text(sy->out, "%s", "");
}

static enum err say_paths(struct saying *sy, const struct paths *found)
{
	struct steps *all = calloc(max_of(found->n, 1), sizeof(*all));
	bool ok = all;

	for (size_t i = 0; ok && i < found->n; i++) {
		all[i].s = sy->s;
		all[i].path = &found->at[i];
		ok = steps_make(&all[i]);
	}
	if (ok)
		say_summary(sy, all, found->n);
	for (size_t i = 0; ok && i < found->n; i++)
		say_path(sy, (uint32_t)i + 1, &all[i]);
	for (size_t i = 0; all && i < found->n; i++) {
		vec_release(&all[i].edges);
		vec_release(&all[i].objects);
	}
	free(all);
	return ok ? OK : diag_set(&sy->s->diag, ERR_NOMEM, "out of memory");
}

/* Nothing that we know of holds it: say what is known. */
static void say_unheld(struct saying *sy, const struct object *o, uint32_t id)
{
	uint32_t n;

	graph_referrers(sy->s->graph, id, &n);
	if (n)
		out_text(sy->out,
			 "No root leads to it: %u references come from objects that no root leads "
			 "to either (garbage, or "
			 "held by C memory that is not searched).",
			 n);
	else
		out_text(sy->out,
			 "Nothing that was searched refers to it; its reference count is %llu "
			 "(leaked, or held by C "
			 "memory that is not searched).",
			 (unsigned long long)object_refcount(typetab_ctx(sy->s->types), o->at));
}

static enum err path_to_object(struct saying *sy, const struct cmd_args *a)
{
	struct session *s = sy->s;
	struct paths found = {0};
	struct object o;
	uint32_t id = 0,
		 count = (uint32_t)min_of(max_of(cmd_option(a, OPT_path_count)->u, 1), 1000);
	enum err e = pick_object(s, cmd_argument(a, 0)->s, &o);

	if (e || (e = session_need_distances(s)))
		return e;
	heap_id(s->heap, o.addr, &id);
	e = paths_find(s->graph, s->roots, &s->distances, id, count, &found, &s->diag);
	if (!e) {
		out_total_u64(sy->out, "paths", found.n);
		if (!found.n)
			say_unheld(sy, &o, id);
		else
			e = say_paths(sy, &found);
	}
	paths_release(&found);
	return e;
}

/* The graph for --through weak is another one; the session keeps the one that it has. */
static enum err graph_for(struct session *s, const struct cmd_args *a)
{
	enum err e;

	if (!cmd_option(a, OPT_path_through)->given)
		return session_need(s, NEED_ROOTS);
	graph_close(s->graph);
	s->graph = NULL;
	distances_release(&s->distances);
	e = graph_open(s->heap, true, &s->graph, &s->diag);
	return e ? e : session_need(s, NEED_ROOTS);
}

enum err cmd_path(struct session *s, const struct cmd_args *a, struct out *o)
{
	const char *type = cmd_option(a, OPT_path_type)->s;
	struct saying sy = {.s = s, .out = o};
	enum err e;

	if (!type == !cmd_argument(a, 0))
		return diag_set(
		    &s->diag, ERR_USAGE,
		    type ? "give an address or --type, not both"
			 : "which object? give its address, or --type TYPE for all of a type");
	e = pick_open(&sy.names, s, type);
	if (!e)
		e = graph_for(s, a);
	if (!e && type)
		e = path_tree(s, &sy.names, cmd_option(a, OPT_path_limit)->u, o);
	else if (!e)
		e = path_to_object(&sy, a);
	if (cmd_option(a, OPT_path_through)->given && s->graph) { /* nobody else wants this one */
		distances_release(&s->distances);
		graph_close(s->graph);
		s->graph = NULL;
	}
	pick_release(&sy.names);
	buf_release(&sy.label);
	buf_release(&sy.repr);
	return e;
}
