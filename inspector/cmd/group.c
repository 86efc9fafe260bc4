/* SPDX-License-Identifier: Apache-2.0 */
/* group: the objects of a type, counted by what they have in common. */
#include "cmd/owner.h"
#include "cmd/text.h"
#include "cmd/textmap.h"
#include "heap/values.h"

#define BY_MAX 8

struct key {
	enum {
		KEY_LEN,
		KEY_KEYS,
		KEY_OWNER,
		KEY_REFERRERS,
		KEY_REFCOUNT,
		KEY_VALUE,
		KEY_TYPE,
		KEY_PATH
	} kind;
	const char *title;
	struct attr_path path;
};
static const struct {
	const char *word;
	bool graph; /* needs who refers to whom */
} words[] = {[KEY_LEN] = {"len", false},	   [KEY_KEYS] = {"keys", false},
	     [KEY_OWNER] = {"owner", true},	   [KEY_REFERRERS] = {"referrers", true},
	     [KEY_REFCOUNT] = {"refcount", false}, [KEY_VALUE] = {"value", false},
	     [KEY_TYPE] = {"type", false}};

struct group {
	uint64_t count, size;
	addr_t example;
	uint32_t text;
};
struct grouping {
	struct session *s;
	struct pick pick;
	struct key keys[BY_MAX];
	size_t n;
	struct text_map texts; /* the keys' texts, separated by \1 */
	struct {
		VEC(struct group);
	} groups;
	struct owners owners;
	struct buf text;
	uint64_t count, size;
	bool failed;
};

static enum err key_parse(struct grouping *g, const char *text, bool *graph)
{
	struct key *k;

	if (g->n == BY_MAX)
		return diag_set(&g->s->diag, ERR_USAGE, "more than %d --by", BY_MAX);
	k = &g->keys[g->n++];
	k->title = text;
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(text, words[i].word)) {
			k->kind = i;
			*graph |= words[i].graph;
			return OK;
		}
	k->kind = KEY_PATH;
	if (*text != '.' && *text != '[')
		return diag_set(&g->s->diag, ERR_USAGE,
				"unknown --by '%s': len, keys, owner, referrers, refcount, value, "
				"type, or what an "
				"attribute holds (.name, ['key'], [0])",
				text);
	return attr_path_parse(text, &k->path, &g->s->diag);
}

struct keys_seen {
	struct session *s;
	struct {
		VEC(char *);
	} texts;
	bool failed;
};

static bool see_key(void *arg, const struct edge *e)
{
	struct keys_seen *k = arg;
	struct buf b = {0};
	char *text;

	if (e->kind != EDGE_VALUE && e->kind != EDGE_KEY && e->kind != EDGE_ATTR &&
	    e->kind != EDGE_SLOT)
		return true;
	if (e->kind == EDGE_KEY)
		text_value(k->s, e->to, SHOWN_ROW, &b);
	else if (e->kind == EDGE_SLOT)
		return true;
	else
		text_value(k->s, e->aux, SHOWN_ROW, &b);
	text = strdup(buf_text(&b));
	buf_release(&b);
	if (text && vec_push(&k->texts, text))
		return true;
	free(text);
	k->failed = true;
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

#define KEYS_SHOWN 50

/* The keys of a dict, or the names of an object's attributes, as a set. */
static void keys_text(struct grouping *g, const struct object *o, struct buf *out)
{
	struct keys_seen k = {.s = g->s};
	addr_t dict = object_dict(g->s->heap, o);
	struct object of = *o;
	const char *last = NULL;
	size_t n = 0;

	if (dict && !(o->type->flags & g->s->python->L.c[C_TPFLAGS_DICT_SUBCLASS]))
		(void)!heap_object(g->s->heap, dict, &of);
	edges_each(g->s->heap, &of, see_key, &k);
	if (k.texts.n)
		qsort(k.texts.at, k.texts.n, sizeof(*k.texts.at), by_text);
	buf_char(out, '{');
	vec_foreach (t, &k.texts) {
		if ((!last || strcmp(last, *t)) && n++ < KEYS_SHOWN)
			buf_printf(out, "%s%s", n > 1 ? ", " : "", *t);
		last = *t;
	}
	buf_str(out, n > KEYS_SHOWN ? ", ...}" : "}");
	vec_foreach (t, &k.texts)
		free(*t);
	vec_release(&k.texts);
	g->failed |= k.failed;
}

static void key_text(struct grouping *g, struct key *k, const struct object *o, struct buf *out)
{
	const struct typectx *c = typetab_ctx(g->s->types);
	uint64_t n;
	addr_t to;

	switch (k->kind) {
	case KEY_LEN:
		if (object_length(c, o, &n))
			buf_printf(out, "%llu", (unsigned long long)n);
		break;
	case KEY_KEYS:
		keys_text(g, o, out);
		break;
	case KEY_OWNER:
		owner_text(&g->owners, o, out);
		break;
	case KEY_REFERRERS:
		referrers_text(&g->owners, o, out);
		break;
	case KEY_REFCOUNT:
		buf_printf(out, "%llu", (unsigned long long)object_refcount(c, o->at));
		break;
	case KEY_VALUE:
		text_value(g->s, o->addr, SHOWN_KEY, out);
		break;
	case KEY_TYPE:
		buf_str(out, pick_name(&g->pick, o));
		break;
	case KEY_PATH:
		to = attr_path_follow(g->s->heap, &k->path, o->addr);
		if (to)
			text_value(g->s, to, SHOWN_KEY, out);
		else
			buf_str(out, "(none)");
		break;
	}
}

static bool group_one(void *arg, const struct object *o)
{
	struct grouping *g = arg;
	uint64_t size;
	uint32_t i;

	if (g->s->interrupted || !pick_has(&g->pick, o))
		return !g->s->interrupted;
	buf_clear(&g->text);
	for (size_t k = 0; k < g->n; k++) {
		if (k)
			buf_char(&g->text, '\1');
		key_text(g, &g->keys[k], o, &g->text);
	}
	i = text_map_add(&g->texts, buf_text(&g->text));
	if (i == TEXT_NONE ||
	    (i == g->groups.n &&
	     !vec_push(&g->groups, ((struct group){.text = i, .example = o->addr})))) {
		g->failed = true;
		return false;
	}
	size = size_of(g->s, o);
	g->groups.at[i].count++;
	g->groups.at[i].size += size;
	g->count++;
	g->size += size;
	return !g->failed;
}

static int by_count(const void *pa, const void *pb)
{
	const struct group *a = pa, *b = pb;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return a->text < b->text ? -1 : a->text > b->text;
}

static int by_size(const void *pa, const void *pb)
{
	const struct group *a = pa, *b = pb;

	return a->size != b->size ? (a->size > b->size ? -1 : 1) : by_count(pa, pb);
}

static void say_group(struct grouping *g, const struct group *at, struct out *o)
{
	char *parts = strdup(text_map_at(&g->texts, at->text)), *rest = parts;
	union out_value row[3 + BY_MAX] = {{.u = at->count}, {.u = at->size}, {.u = at->example}};

	if (!parts) {
		g->failed = true;
		return;
	}
	for (size_t k = 0; k < g->n; k++)
		row[3 + k].s = strsep(&rest, "\1");
	out_row(o, row);
	free(parts);
}

static void say_groups(struct grouping *g, uint64_t limit, struct out *o)
{
	struct out_column columns[3 + BY_MAX] = {{"count", "Count", COL_COUNT, 7},
						 {"size", "Size", COL_BYTES, 9},
						 {"example", "Example", COL_ADDRESS, 14}};
	size_t shown = limit ? min_of(g->groups.n, limit) : g->groups.n;

	for (size_t k = 0; k < g->n; k++)
		columns[3 + k] =
		    (struct out_column){g->keys[k].title, g->keys[k].title, COL_STRING, 0};
	out_table(o, NULL, columns, 3 + g->n);
	for (size_t i = 0; i < shown; i++)
		say_group(g, &g->groups.at[i], o);
	out_text(o, "%llu objects, %llu bytes in %zu groups%s", (unsigned long long)g->count,
		 (unsigned long long)g->size, g->groups.n,
		 shown < g->groups.n ? "; not all are shown (--limit)" : "");
	out_total_u64(o, "objects", g->count);
	out_total_u64(o, "size", g->size);
	out_total_u64(o, "groups", g->groups.n);
}

static enum err prepare(struct grouping *g, const struct cmd_args *a)
{
	const struct cmd_value *by = cmd_option(a, OPT_group_by);
	bool graph = false;
	enum err e;

	if (!by->given || !by->list.n)
		return diag_set(&g->s->diag, ERR_USAGE, "--by is missing: group by what?");
	for (size_t i = 0; i < by->list.n; i++)
		if ((e = key_parse(g, by->list.at[i], &graph)))
			return e;
	e = pick_open(&g->pick, g->s, cmd_argument(a, 0)->s);
	if (!e && graph && !(e = session_need(g->s, NEED_ROOTS)))
		e = session_need_distances(g->s);
	return e;
}

enum err cmd_group(struct session *s, const struct cmd_args *a, struct out *o)
{
	struct grouping g = {.s = s, .owners.s = s};

	enum err e = prepare(&g, a);

	g.owners.names = &g.pick;
	if (!e) {
		heap_each(s->heap, group_one, &g);
		if (g.groups.n)
			qsort(g.groups.at, g.groups.n, sizeof(*g.groups.at),
			      cmd_option(a, OPT_group_sort)->u ? by_size : by_count);
		if (!g.failed && !s->interrupted)
			say_groups(&g, cmd_option(a, OPT_group_limit)->u, o);
		e = g.failed	     ? diag_set(&s->diag, ERR_NOMEM, "out of memory")
		    : s->interrupted ? diag_set(&s->diag, ERR_INTERRUPTED, "interrupted")
				     : OK;
	}
	for (size_t k = 0; k < g.n; k++)
		attr_path_release(&g.keys[k].path);
	owners_release(&g.owners);
	pick_release(&g.pick);
	text_map_release(&g.texts);
	vec_release(&g.groups);
	buf_release(&g.text);
	return e;
}
