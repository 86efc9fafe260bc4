/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of shortest paths has one node for each object. Nodes that hang under the same merged
 * node by the same kind of reference and are of the same type become one; the merged node with the
 * most bytes below it is opened next, until there are as many rows as are wanted. Everything is
 * linear in the references of the objects on the way.
 */
#include "cmd/largest.h"
#include "cmd/pathtree.h"
#include "cmd/textmap.h"
#include "heap/values.h"

struct branch {
	uint32_t above;	      /* index of the branch that it hangs on, PATH_NONE for roots */
	uint32_t first, next; /* children, in a list, the largest first; PATH_NONE ends it */
	char *label;
	const char *type;
	struct {
		VEC(uint32_t);
	} ids;
	uint64_t count, size;
	bool attributes; /* it is the __dict__ of something */
};
struct path_tree {
	struct session *s;
	const struct pick *chosen;
	const struct distances *ds;
	uint32_t *count; /* objects of the type at and below a node of the tree of paths */
	uint64_t *size;
	uint8_t *taken; /* bit by id: the object is in a branch */
	struct {
		VEC(struct branch);
	} branches;
	struct largest closed; /* branches that can be opened */
	uint64_t all_count, all_size;	/* of the type */
	uint64_t lost_count, lost_size; /* of them no root leads to */
	bool failed;
};

void label_of_kind(const struct heap *h, const struct object *from, const struct edge *e,
		   bool attributes, struct buf *out)
{
	struct edge as_attribute = *e;

	switch (e->kind) {
	case EDGE_INDEX:
		buf_str(out, "[*]");
		break;
	case EDGE_KEY:
		buf_str(out, "key");
		break;
	case EDGE_VALUE:
		if (attributes && value_is_str(h, e->aux)) {
			as_attribute.kind = EDGE_ATTR;
			edge_label(h, from, &as_attribute, out);
		} else {
			buf_str(out, "[*]");
		}
		break;
	case EDGE_STACK:
		buf_str(out, "value stack");
		break;
	case EDGE_CARRAY: /* the field without the index */
		as_attribute.kind = EDGE_CFIELD;
		as_attribute.aux = (uintptr_t)carray_label(from->type, e->aux);
		edge_label(h, from, &as_attribute, out);
		break;
	default:
		edge_label(h, from, e, out);
	}
}

static bool weigh_one(void *arg, const struct object *o)
{
	struct path_tree *t = arg;
	uint64_t size = object_size(typetab_ctx(t->s->types), o);
	uint32_t id;

	if (!pick_has(t->chosen, o) || !heap_id(t->s->heap, o->addr, &id))
		return !t->s->interrupted;
	size = size == SIZE_BAD ? 0 : size;
	t->all_count++;
	t->all_size += size;
	if (t->ds->distance[id] == PATH_NONE) {
		t->lost_count++;
		t->lost_size += size;
	} else {
		t->count[id] = 1;
		t->size[id] = size;
	}
	return !t->s->interrupted;
}

/* Counts and sizes go up the tree, the farthest objects first. */
static void weigh_all(struct path_tree *t)
{
	heap_each(t->s->heap, weigh_one, t);
	for (uint32_t i = t->ds->reached; i-- > 0;) {
		uint32_t id = t->ds->order[i], above = t->ds->parent[id];

		if (above == PATH_NONE || !t->count[id])
			continue;
		t->count[above] += t->count[id];
		t->size[above] += t->size[id];
	}
}

/* New branches are collected by their text; those of one branch are sorted when all are there. */
struct sorting {
	struct path_tree *t;
	struct text_map texts;
	struct {
		VEC(struct branch);
	} fresh;
	struct buf text;
	uint32_t above;
	const struct object *from;
	bool attributes;
};

static void add_to_branch(struct sorting *so, uint32_t id, const char *label, const char *type,
			  bool attributes)
{
	struct path_tree *t = so->t;
	uint32_t i;

	buf_clear(&so->text);
	buf_printf(&so->text, "%s\n%s", label, type);
	i = text_map_add(&so->texts, buf_text(&so->text));
	if (i == TEXT_NONE) {
		t->failed = true;
		return;
	}
	if (i == so->fresh.n) {
		struct branch b = {.above = so->above,
				   .first = PATH_NONE,
				   .next = PATH_NONE,
				   .type = type,
				   .label = strdup(label),
				   .attributes = attributes};

		if (!b.label || !vec_push(&so->fresh, b)) {
			free(b.label);
			t->failed = true;
			return;
		}
	}
	so->fresh.at[i].count += t->count[id];
	so->fresh.at[i].size += t->size[id];
	if (!vec_push(&so->fresh.at[i].ids, id))
		t->failed = true;
}

static bool is_dict_of(const struct edge *e)
{
	return e->kind == EDGE_FIELD && e->aux &&
	       !strcmp((const char *)(uintptr_t)e->aux, "__dict__");
}

static bool sort_edge(void *arg, const struct edge *e)
{
	struct sorting *so = arg;
	struct path_tree *t = so->t;
	struct buf label = {0};
	struct object to;
	uint32_t id, from;

	if (!heap_id(t->s->heap, e->to, &id) || !heap_id(t->s->heap, so->from->addr, &from) ||
	    t->ds->parent[id] != from || !t->count[id] || t->taken[id / 8] >> id % 8 & 1 ||
	    !heap_object(t->s->heap, e->to, &to))
		return !t->failed;
	t->taken[id / 8] |= (uint8_t)(1u << id % 8);
	if (is_dict_of(e) && !so->attributes &&
	    !pick_has(t->chosen, &to)) { /* its values are attributes: no level of its own */
		const struct object *outer = so->from;

		so->from = &to;
		so->attributes = true;
		edges_each(t->s->heap, &to, sort_edge, so);
		so->from = outer;
		so->attributes = false;
		return !t->failed;
	}
	label_of_kind(t->s->heap, so->from, e, so->attributes, &label);
	add_to_branch(so, id, buf_text(&label), pick_name(t->chosen, &to), is_dict_of(e));
	buf_release(&label);
	return !t->failed;
}

static int larger_first(const void *pa, const void *pb)
{
	const struct branch *a = pa, *b = pb;

	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strcmp(a->label, b->label);
}

/* Hangs the new branches under the one that was opened, as a list. */
static void hang(struct sorting *so, uint32_t above)
{
	struct path_tree *t = so->t;
	uint32_t last = PATH_NONE;

	if (so->fresh.n)
		qsort(so->fresh.at, so->fresh.n, sizeof(*so->fresh.at), larger_first);
	vec_foreach (b, &so->fresh) {
		uint32_t here = (uint32_t)t->branches.n;

		if (!largest_push(&t->closed, b->size, here) || !vec_push(&t->branches, *b)) {
			t->failed = true;
			free(b->label);
			vec_release(&b->ids);
			continue;
		}
		if (last != PATH_NONE)
			t->branches.at[last].next = here;
		else if (above != PATH_NONE)
			t->branches.at[above].first = here;
		last = here;
	}
	vec_release(&so->fresh);
	text_map_release(&so->texts);
	buf_release(&so->text);
}

static void root_label(struct session *s, const struct root *r, struct buf *out)
{
	static const char *const merged[ROOT_KINDS] = {
	    [ROOT_FRAME] = "running frames",
	    [ROOT_STACK] = "value stacks of running frames",
	    [ROOT_THREAD] = "thread states",
	    [ROOT_INTERP] = "interpreter state",
	    [ROOT_STATIC] = "static types and objects",
	    [ROOT_GLOBAL] = "C globals",
	    [ROOT_NATIVE] = "native stacks and registers",
	    [ROOT_INTERNED] = "interned strings"};

	if (merged[r->kind])
		buf_str(out, merged[r->kind]);
	else
		root_describe(s->roots, r, out);
}

static void open_roots(struct path_tree *t)
{
	struct sorting so = {.t = t, .above = PATH_NONE};

	for (uint32_t i = 0; i < t->ds->reached && !t->failed; i++) {
		uint32_t id = t->ds->order[i];
		struct buf label = {0};
		const struct root *r;
		struct object o;

		if (t->ds->parent[id] != PATH_NONE || !t->count[id] ||
		    !(r = rootset_of(t->s->roots, id)) || !heap_object_at(t->s->heap, id, &o))
			continue;
		t->taken[id / 8] |= (uint8_t)(1u << id % 8);
		root_label(t->s, r, &label);
		add_to_branch(&so, id, buf_text(&label), pick_name(t->chosen, &o), false);
		buf_release(&label);
	}
	hang(&so, PATH_NONE);
}

static void open_branch(struct path_tree *t, uint32_t i)
{
	struct sorting so = {.t = t, .above = i};
	struct branch *b = &t->branches.at[i];

	for (size_t k = 0; k < b->ids.n && !t->failed && !t->s->interrupted; k++) {
		struct object o;

		if (!heap_object_at(t->s->heap, b->ids.at[k], &o))
			continue;
		so.from = &o;
		so.attributes = b->attributes;
		edges_each(t->s->heap, &o, sort_edge, &so);
	}
	vec_release(&b->ids);
	hang(&so, i);
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x > y ? -1 : x < y;
}

/* How large the smallest of the `limit` largest is; a branch is never larger than the one it hangs
 * on. */
static uint64_t size_to_show(struct path_tree *t, uint64_t limit)
{
	uint64_t *sizes, least = 0;
	size_t n = t->branches.n;

	if (!limit || n <= limit || !(sizes = malloc(n * sizeof(*sizes))))
		return 0;
	for (size_t i = 0; i < n; i++)
		sizes[i] = t->branches.at[i].size;
	qsort(sizes, n, sizeof(*sizes), by_number);
	least = sizes[limit - 1];
	free(sizes);
	return least;
}

static void say_branch(struct path_tree *t, struct out *o, const struct branch *b, unsigned depth,
		       struct buf *text)
{
	buf_clear(text);
	buf_printf(text, "%*s%s", (int)min_of(depth * 2, 200), "", b->label);
	out_row(o, (union out_value[]){
		       {.u = depth},
		       {.u = b->count},
		       {.d = t->all_count ? 100.0 * (double)b->count / (double)t->all_count : 0},
		       {.u = b->size},
		       {.s = buf_text(text)},
		       {.s = b->label},
		       {.s = b->type}});
}

/* From the first root down and along, without recursion: up again by `above`. */
static void say_branches(struct path_tree *t, struct out *o, uint64_t limit)
{
	static const struct out_column columns[] = {
	    {"depth", NULL, COL_COUNT, 0},    {"count", "Count", COL_COUNT, 7},
	    {NULL, "%", COL_PERCENT, 3},      {"size", "Size", COL_BYTES, 9},
	    {NULL, "Held by", COL_STRING, 0}, {"label", NULL, COL_STRING, 0},
	    {"type", "Type", COL_STRING, 0},
	};
	uint64_t least = size_to_show(t, limit), rows = 0, hidden = 0;
	uint32_t i = t->branches.n ? 0 : PATH_NONE;
	unsigned depth = 0;
	struct buf text = {0};

	out_table(o, NULL, columns, ARRAY_SIZE(columns));
	while (i != PATH_NONE) {
		const struct branch *b = &t->branches.at[i];
		bool show = b->size >= least && (!limit || rows < limit);

		if (show) {
			say_branch(t, o, b, depth, &text);
			rows++;
		} else {
			hidden++;
		}
		if (show && b->first != PATH_NONE) {
			i = b->first;
			depth++;
			continue;
		}
		while (b->next == PATH_NONE && b->above != PATH_NONE) {
			b = &t->branches.at[b->above];
			depth--;
		}
		i = b->next;
	}
	if (hidden)
		out_text(o, "%llu smaller branches are not shown (--limit)",
			 (unsigned long long)hidden);
	out_total_u64(o, "shown", rows);
	buf_release(&text);
}

static void say_all(struct path_tree *t, struct out *o, uint64_t limit)
{
	out_total_u64(o, "count", t->all_count);
	out_total_u64(o, "size", t->all_size);
	out_total_u64(o, "unreachable_count", t->lost_count);
	out_total_u64(o, "unreachable_size", t->lost_size);
	out_text(o, "%llu objects, %llu bytes", (unsigned long long)t->all_count,
		 (unsigned long long)t->all_size);
	if (t->lost_count)
		out_text(o, "No root leads to %llu of them, %llu bytes",
			 (unsigned long long)t->lost_count, (unsigned long long)t->lost_size);
	say_branches(t, o, limit);
}

static void path_tree_release(struct path_tree *t)
{
	vec_foreach (b, &t->branches) {
		free(b->label);
		vec_release(&b->ids);
	}
	vec_release(&t->branches);
	vec_release(&t->closed);
	free(t->count);
	free(t->size);
	free(t->taken);
}

enum err path_tree(struct session *s, const struct pick *chosen, uint64_t limit, struct out *o)
{
	struct path_tree t = {.s = s, .chosen = chosen, .ds = &s->distances};
	size_t n = (size_t)graph_objects(s->graph) + 1;
	enum err e = session_need_distances(s);

	if (e)
		return e;
	t.count = calloc(n, sizeof(*t.count));
	t.size = calloc(n, sizeof(*t.size));
	t.taken = calloc(n / 8 + 1, 1);
	t.failed = !t.count || !t.size || !t.taken;
	if (!t.failed) {
		weigh_all(&t);
		open_roots(&t);
	}
	for (uint64_t opened = 0; !t.failed && !s->interrupted && (!limit || opened < limit);
	     opened++) {
		uint32_t i;

		if (!largest_pop(&t.closed, &i))
			break;
		open_branch(&t, i);
	}
	if (!t.failed && !s->interrupted)
		say_all(&t, o, limit);
	e = t.failed	     ? diag_set(&s->diag, ERR_NOMEM, "out of memory for the tree of paths")
	    : s->interrupted ? diag_set(&s->diag, ERR_INTERRUPTED, "interrupted")
			     : OK;
	path_tree_release(&t);
	return e;
}
