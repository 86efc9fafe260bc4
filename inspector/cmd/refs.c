/* SPDX-License-Identifier: Apache-2.0 */
/* referents and referrers: what an object refers to, who refers to it; as a tree with --depth. */
#include "cmd/text.h"

#define KEEP_MAX (SIZE_MAX / 8) /* more than there can be */

struct node {
	addr_t addr;
	uint32_t depth, id;
	uint64_t size;
	addr_t from; /* the node above, 0 at the top */
	bool again;  /* it stands further up already */
};
struct tree {
	struct session *s;
	struct out *out;
	struct pick names;
	struct between between;
	bool backward;
	uint32_t depth;
	uint64_t limit; /* of rows in all */
	struct map seen;
	struct {
		VEC(struct node);
	} todo; /* a stack: the next one to show is the last */
	uint64_t rows, direct;
	bool failed;
	struct buf label, repr;
};

static int smaller_first(const void *pa, const void *pb)
{
	const struct node *a = pa, *b = pb;

	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return a->addr > b->addr ? -1 : a->addr < b->addr;
}

/*
 * The neighbours of a node, each once, the largest last. Of millions only the largest matter: the
 * rest can never be shown.
 */
static void push_neighbours(struct tree *t, const struct node *above)
{
	uint32_t n, last = UINT32_MAX;
	const uint32_t *ids = t->backward ? graph_referrers(t->s->graph, above->id, &n)
					  : graph_refs(t->s->graph, above->id, &n);
	uint8_t *here = t->backward ? NULL : calloc(graph_objects(t->s->graph) / 8 + 1, 1);
	size_t first = t->todo.n, keep = KEEP_MAX;

	if (t->limit)
		keep = min_of((size_t)(t->limit - min_of(t->rows, t->limit)), KEEP_MAX);
	t->failed |= !t->backward && !here;
	for (uint32_t i = 0; i < n && !t->failed; i++) {
		struct node node = {.depth = above->depth + 1, .id = ids[i], .from = above->addr};
		struct object o;

		if (ids[i] == last || (here && here[ids[i] / 8] >> ids[i] % 8 & 1))
			continue;
		last = ids[i];
		if (here)
			here[ids[i] / 8] |= (uint8_t)(1u << ids[i] % 8);
		if (!heap_object_at(t->s->heap, ids[i], &o))
			continue;
		node.addr = o.addr;
		node.size = size_of(t->s, &o);
		if (!vec_push(&t->todo, node))
			t->failed = true;
		if (t->todo.n - first > 2 * keep + 10000) {
			qsort(t->todo.at + first, t->todo.n - first, sizeof(node), smaller_first);
			memmove(t->todo.at + first, t->todo.at + t->todo.n - keep,
				keep * sizeof(node));
			t->todo.n = first + keep;
		}
	}
	if (t->todo.n > first)
		qsort(t->todo.at + first, t->todo.n - first, sizeof(struct node), smaller_first);
	free(here);
}

static void say_node(struct tree *t, const struct node *n, const struct object *o, bool again)
{
	struct object from;

	buf_clear(&t->label);
	buf_printf(&t->label, "%*s", (int)min_of((n->depth - 1) * 2, 200), "");
	if (t->backward)
		text_labels(t->s, &t->between, o, n->from, &t->label);
	else if (heap_object(t->s->heap, n->from, &from))
		text_labels(t->s, &t->between, &from, n->addr, &t->label);
	out_row(t->out, (union out_value[]){
			    {.u = n->depth},
			    {.s = buf_text(&t->label)},
			    {.s = buf_text(&t->label) + strspn(buf_text(&t->label), " ")},
			    {.u = n->addr},
			    {.s = pick_name(&t->names, o)},
			    {.u = n->size},
			    {.u = n->from},
			    {.u = again},
			    {.s = again ? "(shown above)" : text_row(t->s, n->addr, &t->repr)},
			    {.s = again ? NULL : buf_text(&t->repr)}});
	t->rows++;
}

static void say_tree(struct tree *t)
{
	static const struct out_column columns[] = {
	    {"depth", NULL, COL_COUNT, 0},   {NULL, "Reference", COL_STRING, 0},
	    {"label", NULL, COL_STRING, 0},  {"address", "Address", COL_ADDRESS, 14},
	    {"type", "Type", COL_STRING, 0}, {"size", "Size", COL_BYTES, 7},
	    {"of", NULL, COL_ADDRESS, 0},    {"shown_above", NULL, COL_BOOL, 0},
	    {NULL, "Value", COL_STRING, 0},  {"repr", NULL, COL_STRING, 0},
	};

	out_table(t->out, NULL, columns, ARRAY_SIZE(columns));
	while (t->todo.n && !t->failed && !t->s->interrupted && (!t->limit || t->rows < t->limit)) {
		struct node n = t->todo.at[--t->todo.n];
		bool again = map_get(&t->seen, n.id) != MAP_NONE;
		struct object o;

		if (!heap_object(t->s->heap, n.addr, &o))
			continue;
		say_node(t, &n, &o, again);
		if (again)
			continue;
		if (!map_put(&t->seen, n.id, 1))
			t->failed = true;
		if (n.depth < t->depth)
			push_neighbours(t, &n);
	}
}

/* A root is held from outside: that is a referrer too. */
static void say_root(struct tree *t, uint32_t id, struct out *o)
{
	const struct root *r = t->backward ? rootset_of(t->s->roots, id) : NULL;
	struct buf b = {0};

	if (!r)
		return;
	root_describe(t->s->roots, r, &b);
	out_text(o, "It is a root: %s", buf_text(&b));
	out_total_str(o, "root", buf_text(&b));
	buf_release(&b);
}

static void say_count(struct tree *t, struct out *o)
{
	bool cut = t->todo.n > 0 ||
		   (t->depth == 1 && t->direct > t->rows && t->limit && t->rows >= t->limit);

	out_text(o, "%llu reference%s%s%s", (unsigned long long)t->direct, t->direct == 1 ? "" : "s",
		 !t->backward ? "" : t->direct == 1 ? " leads to it" : " lead to it",
		 cut ? "; not all are shown (--limit)" : "");
	out_total_u64(o, "references", t->direct);
	out_total_u64(o, "shown", t->rows);
	out_total_u64(o, "cut", cut);
}

static enum err run(struct session *s, const struct cmd_args *a, struct out *o, bool backward,
		    uint64_t depth, uint64_t limit)
{
	struct tree t = {.s = s,
			 .out = o,
			 .backward = backward,
			 .limit = limit,
			 .depth = (uint32_t)min_of(max_of(depth, 1), 1000000)};
	struct object of;
	struct node top = {0};
	uint32_t n = 0;
	enum err e = pick_object(s, cmd_argument(a, 0)->s, &of);

	if (e || (e = pick_open(&t.names, s, NULL)) ||
	    (backward && (e = session_need(s, NEED_ROOTS)))) {
		pick_release(&t.names);
		return e;
	}
	top.addr = of.addr;
	if (heap_id(s->heap, of.addr, &top.id)) {
		(void)(backward ? graph_referrers(s->graph, top.id, &n)
				: graph_refs(s->graph, top.id, &n));
		t.failed = !map_put(&t.seen, top.id, 1);
		say_root(&t, top.id, o);
		push_neighbours(&t, &top);
	}
	t.direct = n;
	say_tree(&t);
	say_count(&t, o);
	e = t.failed	     ? diag_set(&s->diag, ERR_NOMEM, "out of memory")
	    : s->interrupted ? diag_set(&s->diag, ERR_INTERRUPTED, "interrupted")
			     : OK;
	pick_release(&t.names);
	between_release(&t.between);
	map_release(&t.seen);
	vec_release(&t.todo);
	buf_release(&t.label);
	buf_release(&t.repr);
	return e;
}

enum err cmd_referents(struct session *s, const struct cmd_args *a, struct out *o)
{
	return run(s, a, o, false, cmd_option(a, OPT_referents_depth)->u,
		   cmd_option(a, OPT_referents_limit)->u);
}

enum err cmd_referrers(struct session *s, const struct cmd_args *a, struct out *o)
{
	return run(s, a, o, true, cmd_option(a, OPT_referrers_depth)->u,
		   cmd_option(a, OPT_referrers_limit)->u);
}
