/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/labels.h"
#include "heap/values.h"
#include "heap/walk.h"

struct edge_visit {
	struct visitor visitor; /* first: the callback casts back */
	const struct heap *h;
	edge_fn *fn;
	void *arg;
	uint32_t seen[EDGE_UNSURE + 1];
	bool ended;
};

static void on_each(struct visitor *v, addr_t to, enum edge_kind kind, uint64_t aux)
{
	struct edge_visit *w = (struct edge_visit *)v;
	struct edge e = {to, aux, w->seen[kind]++, kind};

	if (!w->ended && (w->h->points || space_has_object(&w->h->space, to)) && !w->fn(w->arg, &e))
		w->ended = true;
}

void edges_each(const struct heap *h, const struct object *o, edge_fn *fn, void *arg)
{
	struct edge_visit w = {{on_each}, h, fn, arg, {0}, false};

	object_refs(h->c, o, &w.visitor);
}

struct collecting {
	struct edges *out;
	addr_t to_only;
	size_t max;
	bool failed;
};

static bool collect_one(void *arg, const struct edge *e)
{
	struct collecting *c = arg;

	if (c->to_only && e->to != c->to_only)
		return true;
	if (!vec_push(c->out, *e)) {
		c->failed = true;
		return false;
	}
	return c->out->n < c->max;
}

bool edges_collect(const struct heap *h, const struct object *o, addr_t to_only, size_t max,
		   struct edges *out)
{
	struct collecting c = {out, to_only, max, false};

	if (max)
		edges_each(h, o, collect_one, &c);
	return !c.failed;
}

bool heap_object(const struct heap *h, addr_t addr, struct object *out)
{
	return (h->points || space_has_object(&h->space, addr)) && object_load(h->tt, addr, out);
}

bool heap_object_at(const struct heap *h, uint32_t id, struct object *out)
{
	return object_load(h->tt, heap_address(h, id), out);
}

bool is_identifier(const char *s, size_t n)
{
	static const char *const keywords[] = {
	    "False",  "None",	 "True",     "and",  "as",     "assert", "async",  "await",
	    "break",  "class",	 "continue", "def",  "del",    "elif",	 "else",   "except",
	    "exec",   "finally", "for",	     "from", "global", "if",	 "import", "in",
	    "is",     "lambda",	 "nonlocal", "not",  "or",     "pass",	 "print",  "raise",
	    "return", "try",	 "while",    "with", "yield"};

	if (!n || (*s >= '0' && *s <= '9'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!(s[i] == '_' || (s[i] >= '0' && s[i] <= '9') ||
		      ((s[i] | 32) >= 'a' && (s[i] | 32) <= 'z')))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (strlen(keywords[i]) == n && !memcmp(keywords[i], s, n))
			return false;
	return true;
}

bool edge_name(const struct heap *h, const struct object *from, const struct edge *e,
	       struct buf *out)
{
	char slot[256];

	switch (e->kind) {
	case EDGE_FIELD:
		buf_str(out, e->aux ? (const char *)(uintptr_t)e->aux : "?");
		return e->aux;
	case EDGE_ATTR:
		return value_name(h, e->aux, out);
	case EDGE_SLOT:
		if (!target_read_string(h->py->t, e->aux, slot, sizeof(slot)))
			return false;
		buf_escaped(out, slot, strlen(slot));
		return true;
	case EDGE_VALUE:
		return value_name(h, e->aux, out);
	case EDGE_LOCAL:
		return code_local_name(h, object_code(h, from), e->aux, out);
	default:
		return false;
	}
}

static void add_name(const struct heap *h, const struct object *from, const struct edge *e,
		     const char *before, struct buf *out)
{
	buf_str(out, before);
	if (!edge_name(h, from, e, out))
		buf_printf(out, "<0x%llx>", (unsigned long long)e->aux);
}

const char *carray_label(const struct typeinfo *ti, uint64_t aux)
{
	uint32_t offset = (uint32_t)(aux >> 32);

	for (uint16_t i = 0; i < ti->n_arrays; i++)
		if (ti->arrays[i].offset == offset)
			return ti->arrays[i].label;
	return ti->items_label && offset == ti->basicsize ? ti->items_label : "?";
}

void edge_label(const struct heap *h, const struct object *from, const struct edge *e,
		struct buf *out)
{
	unsigned long long aux = e->aux;

	switch (e->kind) {
	case EDGE_FIELD:
	case EDGE_ATTR:
	case EDGE_SLOT:
		add_name(h, from, e, ".", out);
		break;
	case EDGE_INDEX:
		buf_printf(out, "[%llu]", aux);
		break;
	case EDGE_KEY:
		buf_str(out, "key ");
		value_brief(h, e->to, out);
		break;
	case EDGE_VALUE:
		buf_char(out, '[');
		value_brief(h, e->aux, out);
		buf_char(out, ']');
		break;
	case EDGE_LOCAL:
		add_name(h, from, e, "local ", out);
		break;
	case EDGE_STACK:
		buf_printf(out, "value stack %llu", aux);
		break;
	case EDGE_CELL:
		buf_printf(out, "closure cell %llu", aux);
		break;
	case EDGE_WEAK:
		buf_str(out, "weakly");
		break;
	case EDGE_CFIELD:
		buf_printf(out, "C field %s", (const char *)(uintptr_t)e->aux);
		break;
	case EDGE_CARRAY:
		buf_printf(out, "C field %s[%u]", carray_label(from->type, aux), (uint32_t)aux);
		break;
	case EDGE_UNSURE:
		buf_printf(out, "word at +%llu (unsure)", aux);
		break;
	}
}

static bool is_dunder_dict(const struct edge *e)
{
	return e->kind == EDGE_FIELD && e->aux &&
	       !strcmp((const char *)(uintptr_t)e->aux, "__dict__");
}

/* ".x" for a value under a str key that is an identifier. */
static bool attribute_expression(const struct heap *h, addr_t key, struct buf *out)
{
	struct buf name = {0};
	bool ok = value_is_str(h, key) && value_name(h, key, &name) &&
		  is_identifier(buf_text(&name), name.n);

	if (ok)
		buf_printf(out, ".%s", buf_text(&name));
	buf_release(&name);
	return ok;
}

/* A class attribute that is a descriptor gives something else when it is got from the class. */
static bool class_gives_it(const struct heap *h, addr_t value)
{
	static const enum known_id plain[] = {K_dict,	   K_list,    K_tuple,	  K_set,
					      K_frozenset, K_unicode, K_string27, K_long,
					      K_int27,	   K_float,   K_bytes,	  K_bytearray};
	struct object o;

	if (!object_load(h->tt, value, &o))
		return false;
	if (o.type->flags & h->c->L->c[C_TPFLAGS_TYPE_SUBCLASS])
		return true;
	for (unsigned i = 0; i < ARRAY_SIZE(plain); i++)
		if (h->py->known[plain[i]] == o.type->addr)
			return true;
	return false;
}

static bool field_expression(const char *name, struct buf *out)
{
	/* C fields that Python shows under the same name or not at all */
	static const struct {
		const char *field, *expression; /* NULL: no expression */
	} odd[] = {
	    {"tp_cache", NULL},
	    {"mbuf", NULL},
	    {"origin_or_finalizer", NULL},
	    {"one", NULL},
	    {"en_sit", NULL},
	    {"en_result", NULL},
	    {"it_seq", NULL},
	    {"di_dict", NULL},
	    {"di_result", NULL},
	    {"si_set", NULL},
	    {"dv_dict", NULL},
	    {"di_odict", NULL},
	    {"di_current", NULL},
	    {"defenc", NULL},
	    {"mapping", NULL},
	    {"descr", NULL},
	    {"prop_name", NULL},
	    {"mm_class", NULL},
	    {"obj", NULL},
	    {"managed buffer", NULL},
	    {"it_callable", NULL},
	    {"f_locals_cache", NULL},
	};

	if (!name || !is_identifier(name, strlen(name)))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		if (!strcmp(odd[i].field, name))
			return false;
	buf_printf(out, ".%s", name);
	return true;
}

static bool index_expression(const struct object *from, const struct edge *e, struct buf *out)
{
	if (!strcmp(from->type->name, "cell"))
		buf_str(out, ".cell_contents");
	else
		buf_printf(out, "[%llu]", (unsigned long long)e->aux);
	return true;
}

/* dict[key], or the n-th value where the key cannot be written down. */
static bool value_expression(const struct heap *h, const struct edge *e, struct buf *out)
{
	buf_char(out, '[');
	if (!value_literal(h, e->aux, out))
		return false;
	buf_char(out, ']');
	return true;
}

/* list(it)[n]: what was appended so far is the inner expression. */
static void nth_expression(const struct edge *e, struct buf *out)
{
	struct buf inner = *out;

	*out = (struct buf){.failed = inner.failed};
	buf_printf(out, "list(%s)[%u]", buf_text(&inner), e->nth);
	buf_release(&inner);
}

/* How to get from an object that has locals to its frame. */
static bool frame_expression(const char *type, struct buf *out)
{
	static const struct {
		const char *type, *frame;
	} frames[] = {{"frame", ""},
		      {"generator", ".gi_frame"},
		      {"coroutine", ".cr_frame"},
		      {"async_generator", ".ag_frame"}};

	for (unsigned i = 0; i < ARRAY_SIZE(frames); i++)
		if (!strcmp(type, frames[i].type)) {
			buf_str(out, frames[i].frame);
			return true;
		}
	return false;
}

bool edge_expression(const struct heap *h, const struct object *from, const struct edge *e,
		     const struct edge *next, bool *merged, struct buf *out)
{
	bool is_type = from->type->flags & h->c->L->c[C_TPFLAGS_TYPE_SUBCLASS];

	*merged = false;
	switch (e->kind) {
	case EDGE_FIELD:
		if (is_dunder_dict(e) && next && next->kind == EDGE_VALUE &&
		    (!is_type || class_gives_it(h, next->to)) &&
		    attribute_expression(h, next->aux, out)) {
			*merged = true;
			return true;
		}
		return field_expression((const char *)(uintptr_t)e->aux, out);
	case EDGE_ATTR:
		if (attribute_expression(h, e->aux, out))
			return true;
		buf_str(out, ".__dict__");
		return value_expression(h, e, out);
	case EDGE_SLOT:
		buf_char(out, '.');
		return edge_name(h, from, e, out);
	case EDGE_INDEX:
		return index_expression(from, e, out);
	case EDGE_VALUE:
		return value_expression(h, e, out);
	case EDGE_KEY:
		nth_expression(e, out);
		return true;
	case EDGE_LOCAL:
		if (!frame_expression(from->type->name, out))
			return false;
		buf_str(out, ".f_locals['");
		if (!edge_name(h, from, e, out))
			return false;
		buf_str(out, "']");
		return true;
	case EDGE_WEAK:
		buf_str(out, "()");
		return !strcmp(from->type->name, "weakref") ||
		       !strcmp(from->type->name, "weakref.ReferenceType");
	default:
		return false;
	}
}
