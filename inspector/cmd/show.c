/* SPDX-License-Identifier: Apache-2.0 */
/* show: everything about one object. */
#include "cmd/plain.h"
#include "cmd/text.h"
#include "heap/find.h"
#include "heap/values.h"
#include "stack/codes.h"

struct showing {
	struct session *s;
	struct pick names;
	struct object o;
	struct out *out;
	uint64_t limit;
	bool full;
};

static const char *gc_text(const struct showing *sh, char buf[64], int *generation)
{
	*generation = -1;
	switch (heap_gc_state(sh->s->heap, &sh->o)) {
	case GC_NONE:
		return "not seen by the garbage collector";
	case GC_UNTRACKED:
		return "untracked";
	default:
		*generation = heap_generation(sh->s->heap, &sh->o);
		if (*generation < 0)
			return "tracked";
		if (*generation == 3)
			return "tracked, permanent generation";
		snprintf(buf, 64, "tracked, generation %d", *generation);
		return buf;
	}
}

static void say_place(const struct showing *sh)
{
	struct block_place b;
	const struct mapping *m;
	char text[256];

	if (heap_block(sh->s->heap, sh->o.addr, &b)) {
		snprintf(text, sizeof(text), "block %u of %u bytes in pool 0x%llx, arena 0x%llx",
			 b.index, b.size, (unsigned long long)b.pool, (unsigned long long)b.arena);
		out_fact_str(sh->out, NULL, "Allocation", text);
		out_fact_u64(sh->out, "block", NULL, COL_ADDRESS, b.block);
		out_fact_u64(sh->out, "block_size", NULL, COL_BYTES, b.size);
		out_fact_u64(sh->out, "pool", NULL, COL_ADDRESS, b.pool);
		out_fact_u64(sh->out, "arena", NULL, COL_ADDRESS, b.arena);
		return;
	}
	m = target_mapping(sh->s->target, sh->o.addr);
	snprintf(text, sizeof(text), "outside of pymalloc's arenas%s%.200s",
		 m && *m->path ? ", in " : "", m ? m->path : "");
	out_fact_str(sh->out, "allocation", "Allocation", text);
}

/* Reasons for which the object is a root: each may be a reference from outside of the heap. */
static uint64_t found_roots(const struct showing *sh)
{
	const struct root *r, *end = sh->s->roots->roots.at + sh->s->roots->roots.n;
	uint32_t id;
	uint64_t n = 0;

	if (heap_id(sh->s->heap, sh->o.addr, &id) && (r = rootset_of(sh->s->roots, id)))
		while (r + n < end && r[n].id == id)
			n++;
	return n;
}

/* References that were found, weak ones not; the count in the object is C's and has more. */
static uint64_t found_references(const struct showing *sh)
{
	uint32_t id, n = 0;

	if (heap_id(sh->s->heap, sh->o.addr, &id))
		graph_referrers(sh->s->graph, id, &n);
	return n;
}

static void say_root(const struct showing *sh)
{
	const struct root *r;
	struct buf b = {0};
	uint32_t id;

	if (!heap_id(sh->s->heap, sh->o.addr, &id) || !(r = rootset_of(sh->s->roots, id)))
		return;
	root_describe(sh->s->roots, r, &b);
	out_fact_str(sh->out, "root", "Root", buf_text(&b));
	buf_release(&b);
}

/* Where a function is written. */
static void say_source(const struct showing *sh)
{
	addr_t at = object_code(sh->s->heap, &sh->o);
	struct codes codes;
	uint32_t i;
	struct buf text = {0};

	codes_init(&codes, sh->s->python);
	i = at ? codes_get(&codes, at) : CODE_NONE;
	if (i != CODE_NONE && codes.at[i].file) {
		buf_printf(&text, "%s:%d", codes.at[i].file, codes.at[i].first_line);
		out_fact_str(sh->out, NULL, "Defined", buf_text(&text));
		out_fact_str(sh->out, "file", NULL, codes.at[i].file);
		out_fact_u64(sh->out, "line", NULL, COL_COUNT, (uint64_t)codes.at[i].first_line);
	}
	buf_release(&text);
	codes_release(&codes);
}

static void say_facts(const struct showing *sh, struct shown how)
{
	const struct typectx *c = typetab_ctx(sh->s->types);
	uint64_t len;
	char gc[64];
	int generation;
	const char *state = gc_text(sh, gc, &generation);
	struct buf value = {0};
	enum plain plain;

	out_facts(sh->out, "object");
	out_fact_u64(sh->out, "address", "Address", COL_ADDRESS, sh->o.addr);
	out_fact_str(sh->out, "type", "Type", pick_name(&sh->names, &sh->o));
	out_fact_u64(sh->out, "type_address", NULL, COL_ADDRESS, sh->o.type->addr);
	out_fact_u64(sh->out, "size", "Size", COL_BYTES, size_of(sh->s, &sh->o));
	if (object_length(c, &sh->o, &len))
		out_fact_u64(sh->out, "len", "Length", COL_COUNT, len);
	out_fact_u64(sh->out, "refcount", "References", COL_COUNT, object_refcount(c, sh->o.at));
	out_fact_u64(sh->out, "references_found", "  of them found", COL_COUNT,
		     found_references(sh));
	out_fact_u64(sh->out, "roots_found", "  from roots", COL_COUNT, found_roots(sh));
	say_root(sh);
	out_fact_str(sh->out, NULL, "Collector", state);
	out_fact_u64(sh->out, "gc_tracked", NULL, COL_BOOL,
		     heap_gc_state(sh->s->heap, &sh->o) == GC_TRACKED);
	out_fact(sh->out, "gc_generation", NULL, COL_SIGNED,
		 (union out_value){.i = generation < 0 ? INT64_MIN : generation});
	say_place(sh);
	say_source(sh);
	text_value(sh->s, sh->o.addr, how, &value);
	out_fact_str(sh->out, "repr", "Value", buf_text(&value));
	buf_clear(&value);
	plain = plain_value(sh->s->heap, sh->o.addr, PLAIN_MAX, &value);
	plain_facts(sh->out, plain, &value);
	buf_release(&value);
}

struct listing {
	const struct showing *sh;
	uint64_t rows, hidden;
	struct buf label, repr, whole;
	uint64_t dict; /* whose entries come next */
};

/* For JSON: with --full all of it. */
static const char *whole_value(struct listing *l, addr_t addr)
{
	if (!l->sh->full)
		return buf_text(&l->repr);
	buf_clear(&l->whole);
	text_value(l->sh->s, addr, SHOWN_FULL, &l->whole);
	return buf_text(&l->whole);
}

static bool say_edge(void *arg, const struct edge *e)
{
	struct listing *l = arg;
	const struct showing *sh = l->sh;
	struct object to;

	if (e->kind == EDGE_FIELD && e->aux && !strcmp((const char *)(uintptr_t)e->aux, "__dict__"))
		l->dict = e->to;
	if (sh->limit && l->rows >= sh->limit) {
		l->hidden++;
		return true;
	}
	if (!heap_object(sh->s->heap, e->to, &to))
		return true;
	l->rows++;
	buf_clear(&l->label);
	edge_label(sh->s->heap, &sh->o, e, &l->label);
	out_row(sh->out, (union out_value[]){{.s = buf_text(&l->label)},
					     {.u = e->to},
					     {.s = pick_name(&sh->names, &to)},
					     {.u = size_of(sh->s, &to)},
					     {.s = text_row(sh->s, e->to, &l->repr)},
					     {.s = whole_value(l, e->to)}});
	return true;
}

/* The entries of the dict read as attributes. */
static bool say_attribute(void *arg, const struct edge *e)
{
	struct listing *l = arg;
	struct edge as_attribute = *e;

	if (e->kind != EDGE_VALUE)
		return true;
	if (value_is_str(l->sh->s->heap, e->aux))
		as_attribute.kind = EDGE_ATTR;
	return say_edge(l, &as_attribute);
}

static void say_references(const struct showing *sh)
{
	static const struct out_column columns[] = {
	    {"label", "Reference", COL_STRING, 0}, {"address", "Address", COL_ADDRESS, 14},
	    {"type", "Type", COL_STRING, 0},	   {"size", "Size", COL_BYTES, 7},
	    {NULL, "Value", COL_STRING, 0},	   {"repr", NULL, COL_STRING, 0},
	};
	struct listing l = {.sh = sh};
	struct object dict;

	out_table(sh->out, NULL, columns, ARRAY_SIZE(columns));
	edges_each(sh->s->heap, &sh->o, say_edge, &l);
	if (l.dict && l.dict != sh->o.addr && heap_object(sh->s->heap, l.dict, &dict))
		edges_each(sh->s->heap, &dict, say_attribute, &l);
	if (l.hidden)
		out_text(sh->out, "... and %llu more references (--limit)",
			 (unsigned long long)l.hidden);
	out_total_u64(sh->out, "references", l.rows + l.hidden);
	buf_release(&l.label);
	buf_release(&l.repr);
	buf_release(&l.whole);
}

enum err cmd_show(struct session *s, const struct cmd_args *a, struct out *o)
{
	const struct cmd_value *depth = cmd_option(a, OPT_show_depth);
	struct showing sh = {.s = s, .out = o, .limit = cmd_option(a, OPT_show_limit)->u};
	struct shown how;
	enum err e = pick_object(s, cmd_argument(a, 0)->s, &sh.o);

	sh.full = cmd_option(a, OPT_show_full)->u;
	how = sh.full ? SHOWN_FULL : SHOWN_ONE;
	if (depth->given)
		how.depth = (unsigned)min_of(depth->u, 100);
	if (!e && !(e = pick_open(&sh.names, s, NULL)) && !(e = session_need(s, NEED_ROOTS))) {
		say_facts(&sh, how);
		say_references(&sh);
	}
	pick_release(&sh.names);
	return e;
}
