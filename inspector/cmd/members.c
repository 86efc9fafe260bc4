/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/members.h"
#include "cmd/plain.h"
#include "cmd/text.h"
#include "heap/attrs.h"
#include "heap/values.h"

#define KEY_MAX	  (1u << 16) /* bytes of a key as JSON */
#define VALUE_MAX 512	     /* of a value: larger ones are asked for one by one */

/* ---- which they are ---- */

struct visiting {
	const struct heap *h;
	const struct object *o;
	bool is_dict;
	addr_t dict; /* whose entries are the attributes */
	bool (*each)(void *arg, const struct edge *e);
	void *arg;
	bool ended;
};

static bool is_dict_field(const struct edge *e)
{
	return e->kind == EDGE_FIELD && e->aux && !strcmp((const char *)(uintptr_t)e->aux, "__dict__");
}

static bool visit_edge(void *arg, const struct edge *e)
{
	struct visiting *v = arg;

	if (is_dict_field(e))
		v->dict = e->to;
	if (v->is_dict && e->kind == EDGE_KEY) /* they come with the values */
		return true;
	v->ended = !v->each(v->arg, e);
	return !v->ended;
}

static bool visit_attribute(void *arg, const struct edge *e)
{
	struct visiting *v = arg;
	struct edge as_attribute = *e;

	if (e->kind != EDGE_VALUE)
		return true;
	if (value_is_str(v->h, e->aux))
		as_attribute.kind = EDGE_ATTR;
	return v->each(v->arg, &as_attribute);
}

/* The object's own references; the entries of its __dict__ as attributes. */
static void visit_members(const struct heap *h, const struct object *o, edge_fn *each, void *arg)
{
	uint64_t dict = heap_ctx(h)->L->c[C_TPFLAGS_DICT_SUBCLASS];
	struct visiting v = {.h = h, .o = o, .is_dict = o->type->flags & dict, .each = each, .arg = arg};
	struct object attributes;

	edges_each(h, o, visit_edge, &v);
	if (!v.ended && v.dict && v.dict != o->addr && heap_object(h, v.dict, &attributes))
		edges_each(h, &attributes, visit_attribute, &v);
}

struct counting {
	uint64_t n, enough;
};

static bool count_one(void *arg, const struct edge *e)
{
	struct counting *c = arg;

	return ++c->n <= c->enough;
}

uint64_t members_count(const struct heap *h, const struct object *o, uint64_t enough)
{
	struct counting c = {0, enough};

	visit_members(h, o, count_one, &c);
	return c.n;
}

/* ---- what they are ---- */

static const char *const kinds[] = {
    [EDGE_FIELD] = "field", [EDGE_INDEX] = "item",  [EDGE_KEY] = "member", [EDGE_VALUE] = "item",
    [EDGE_ATTR] = "attribute", [EDGE_SLOT] = "attribute", [EDGE_LOCAL] = "local", [EDGE_STACK] = "stack",
    [EDGE_CELL] = "cell",   [EDGE_WEAK] = "weak",   [EDGE_UNSURE] = "unsure",
};

static char *take(struct members *m, struct buf *b)
{
	char *text = buf_ok(b) ? (b->at ? b->at : strdup("")) : NULL;

	m->failed |= !text;
	if (!buf_ok(b))
		buf_release(b);
	*b = (struct buf){0};
	return text;
}

static void release(struct member *one)
{
	free(one->label);
	free(one->name);
	free(one->key);
	free(one->value);
	free(one->type);
	free(one->repr);
}

static char *key_of(struct members *m, const struct edge *e)
{
	struct buf b = {0};

	if (e->kind == EDGE_INDEX)
		buf_printf(&b, "%llu", (unsigned long long)e->aux);
	else if (e->kind != EDGE_VALUE || plain_any(m->view->heap, e->aux, KEY_MAX, &b) != PLAIN_WHOLE)
		return NULL;
	return take(m, &b);
}

static char *name_of(struct members *m, const struct edge *e)
{
	struct buf b = {0};

	if ((e->kind == EDGE_FIELD || e->kind == EDGE_ATTR || e->kind == EDGE_SLOT || e->kind == EDGE_LOCAL) &&
	    edge_name(m->view->heap, &m->o, e, &b))
		return take(m, &b);
	buf_release(&b);
	return NULL;
}

static bool describe(struct members *m, const struct edge *e, struct member *out)
{
	const struct heap *h = m->view->heap;
	struct buf b = {0};
	struct object to;
	uint64_t size;

	if (!heap_object(h, e->to, &to))
		return false;
	size = object_size(heap_ctx(h), &to);
	*out = (struct member){.kind = kinds[e->kind], .address = e->to, .size = size == SIZE_BAD ? OUT_NULL : size};
	if (e->kind == EDGE_VALUE || e->kind == EDGE_ATTR)
		out->key_address = e->aux;
	edge_label(h, &m->o, e, &b);
	out->label = take(m, &b);
	view_type_name(m->view, &to, &b);
	out->type = take(m, &b);
	text_row(m->view->s, e->to, &b);
	out->repr = take(m, &b);
	out->name = name_of(m, e);
	out->key = key_of(m, e);
	if (plain_value(h, e->to, VALUE_MAX, &b) == PLAIN_WHOLE)
		out->value = take(m, &b);
	return true;
}

/* ---- rows ---- */

static void say(struct members *m, const struct member *one)
{
	out_row(m->out, (union out_value[]){{.s = one->kind},
					    {.s = one->label},
					    {.s = one->name},
					    {.s = one->key},
					    {.u = one->key_address ? one->key_address : OUT_NULL},
					    {.u = one->address},
					    {.s = one->type},
					    {.u = one->size},
					    {.s = one->repr},
					    {.s = one->value}});
}

static bool take_one(void *arg, const struct edge *e)
{
	struct members *m = arg;
	struct member one = {0};

	if (m->limit && m->said >= m->limit) {
		m->hidden++;
		return true;
	}
	if (!describe(m, e, &one))
		return true;
	m->said++;
	if (m->out)
		say(m, &one);
	if (!m->out && vec_push(&m->list, one))
		return !m->failed && !m->view->s->interrupted;
	m->failed |= !m->out;
	release(&one);
	return !m->failed && !m->view->s->interrupted && !out_failed(m->out);
}

void members_read(struct members *m)
{
	m->read = true;
	visit_members(m->view->heap, &m->o, take_one, m);
}

void members_say(struct members *m, struct out *out)
{
	static const struct out_column columns[] = {
	    {"kind", NULL, COL_STRING, 0},	    {"label", "Reference", COL_STRING, 0},
	    {"name", NULL, COL_STRING, 0},	    {"key", NULL, COL_JSON, 0},
	    {"key_address", NULL, COL_ADDRESS, 0},  {"address", "Address", COL_ADDRESS, 14},
	    {"type", "Type", COL_STRING, 0},	    {"size", "Size", COL_BYTES, 7},
	    {"repr", "Value", COL_STRING, 0},	    {"value", NULL, COL_JSON, 0},
	};

	out_table(out, NULL, columns, ARRAY_SIZE(columns));
	m->out = out;
	vec_foreach (one, &m->list)
		say(m, one);
	if (!m->read)
		visit_members(m->view->heap, &m->o, take_one, m);
	if (m->hidden)
		out_text(out, "... and %llu more (--limit)", (unsigned long long)m->hidden);
	out_total_u64(out, "members", m->said + m->hidden);
	out_total_u64(out, "shown", m->said);
}

void members_release(struct members *m)
{
	vec_foreach (one, &m->list)
		release(one);
	vec_release(&m->list);
}
