/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include "heap/attrs.h"
#include "heap/labels.h"
#include "heap/values.h"
#include "heap/walk.h"

#define MRO_MAX 200 /* classes of one class' resolution order that are asked */

bool name_match_is(const struct heap *h, struct name_match *m, addr_t str)
{
	uint64_t known = map_get(&m->known, str);
	struct buf text = {0};

	if (known != MAP_NONE)
		return known;
	known =
	    value_is_str(h, str) && value_name(h, str, &text) && !strcmp(buf_text(&text), m->text);
	buf_release(&text);
	if (m->known.n < 1u << 20 && !map_put(&m->known, str, known))
		return known; /* out of memory: it is only slower */
	return known;
}

/* What a walk over an object's references looks for. */
struct lookup {
	const struct heap *h;
	struct attr_step *step;
	addr_t found, dict, mro;
};

static bool is_field(const struct edge *e, const char *name)
{
	return e->kind == EDGE_FIELD && e->aux && !strcmp((const char *)(uintptr_t)e->aux, name);
}

static bool find_own(void *arg, const struct edge *e)
{
	struct lookup *l = arg;
	struct name_match *name = &l->step->name;
	char slot[256];
	bool hit = false;

	if (e->kind == EDGE_ATTR)
		hit = name_match_is(l->h, name, e->aux);
	else if (e->kind == EDGE_SLOT)
		hit = target_read_string(l->h->py->t, e->aux, slot, sizeof(slot)) &&
		      !strcmp(slot, name->text);
	else if (is_field(e, "__dict__"))
		l->dict = e->to;
	else if (is_field(e, "__mro__"))
		l->mro = e->to;
	if (hit || is_field(e, name->text))
		l->found = e->to;
	return !l->found;
}

static bool find_key(void *arg, const struct edge *e)
{
	struct lookup *l = arg;

	if (e->kind == EDGE_VALUE && name_match_is(l->h, &l->step->name, e->aux))
		l->found = e->to;
	return !l->found;
}

static addr_t in_dict(const struct heap *h, addr_t dict, struct attr_step *step)
{
	struct lookup l = {.h = h, .step = step};
	struct object o;

	if (heap_object(h, dict, &o))
		edges_each(h, &o, find_key, &l);
	return l.found;
}

/* The attribute of one class alone, or of an old-style one and its first bases. */
static addr_t in_classes(const struct heap *h, addr_t class, struct attr_step *step)
{
	struct lookup l = {.h = h, .step = step};
	struct edges mro = {0};
	struct object o, tuple;

	if (!heap_object(h, class, &o))
		return 0;
	edges_each(h, &o, find_own, &l);
	if (!l.found && l.dict && !l.mro)
		l.found = in_dict(h, l.dict, step);
	if (!l.found && l.mro && heap_object(h, l.mro, &tuple) &&
	    edges_collect(h, &tuple, 0, MRO_MAX, &mro))
		vec_foreach (e, &mro) {
			struct object base;
			addr_t dict = heap_object(h, e->to, &base) ? object_dict(h, &base) : 0;

			if (!l.found && dict)
				l.found = in_dict(h, dict, step);
		}
	vec_release(&mro);
	return l.found;
}

static bool find_dict(void *arg, const struct edge *e)
{
	addr_t *dict = arg;

	if (is_field(e, "__dict__"))
		*dict = e->to;
	return !*dict;
}

addr_t object_dict(const struct heap *h, const struct object *o)
{
	addr_t dict = 0;

	edges_each(h, o, find_dict, &dict);
	return dict;
}

static addr_t class_of(const struct heap *h, const struct object *o)
{
	const struct layout *L = h->c->L;

	if (layout_has(L, F_instance27_in_class) && o->type->addr == h->py->known[K_instance27])
		return field_u64(L, o->at, F_instance27_in_class);
	return o->type->addr;
}

static addr_t follow_attr(const struct heap *h, struct attr_path *p, struct attr_step *step,
			  const struct object *o)
{
	struct lookup l = {.h = h, .step = step};
	addr_t class = class_of(h, o);
	uint64_t cached;

	if (!strcmp(step->name.text, "__class__"))
		return class;
	edges_each(h, o, find_own, &l);
	if (!l.found && l.dict)
		l.found = in_dict(h, l.dict, step);
	if (l.found)
		return l.found;
	if (step != p->at)
		return in_classes(h, class, step);
	cached = map_get(&p->class_attrs, class);
	if (cached == MAP_NONE) {
		cached = in_classes(h, class, step);
		if (!map_put(&p->class_attrs, class, cached))
			return cached;
	}
	return cached;
}

static bool find_item(void *arg, const struct edge *e)
{
	struct lookup *l = arg;
	struct attr_step *step = l->step;
	struct buf text = {0};

	if (e->kind == EDGE_INDEX && e->aux == (uint64_t)step->index)
		l->found = e->to;
	if (e->kind == EDGE_VALUE && value_literal(l->h, e->aux, &text) &&
	    strtoll(buf_text(&text), NULL, 10) == step->index &&
	    (isdigit(*text.at) || *text.at == '-'))
		l->found = e->to;
	buf_release(&text);
	return !l->found;
}

static addr_t follow_step(const struct heap *h, struct attr_path *p, struct attr_step *step,
			  addr_t from)
{
	struct lookup l = {.h = h, .step = step};
	struct object o;
	uint64_t n;

	if (!heap_object(h, from, &o))
		return 0;
	if (step->kind == STEP_ATTR)
		return follow_attr(h, p, step, &o);
	if (step->kind == STEP_KEY) {
		edges_each(h, &o, find_key, &l);
		return l.found;
	}
	if (step->index >= 0 || !object_length(h->c, &o, &n)) {
		edges_each(h, &o, find_item, &l);
	} else if ((uint64_t)-step->index <= n) {
		struct attr_step last = {.kind = STEP_INDEX, .index = step->index + (int64_t)n};

		l.step = &last;
		edges_each(h, &o, find_item, &l);
	}
	return l.found;
}

addr_t attr_path_follow(const struct heap *h, struct attr_path *p, addr_t from)
{
	vec_foreach (step, p)
		from = from ? follow_step(h, p, step, from) : 0;
	return from;
}

/* ---- parsing ---- */

struct parsing {
	const char *text, *at;
	struct diag *d;
};

static enum err bad(const struct parsing *p, const char *what)
{
	enum err e = diag_set(p->d, ERR_USAGE, "bad expression: %s", what);

	diag_point(p->d, p->text, (size_t)(p->at - p->text));
	return e;
}

static enum err take_text(struct parsing *p, const char *start, size_t n, struct attr_step *step)
{
	step->name.text = strndup(start, n);
	return step->name.text ? OK : diag_set(p->d, ERR_NOMEM, "out of memory");
}

static enum err parse_name(struct parsing *p, struct attr_step *step)
{
	const char *start = p->at;

	while (*p->at == '_' || isalnum((unsigned char)*p->at) || (unsigned char)*p->at >= 0x80)
		p->at++;
	if (p->at == start || isdigit((unsigned char)*start)) {
		p->at = start;
		return bad(p, "an attribute's name is expected here");
	}
	step->kind = STEP_ATTR;
	return take_text(p, start, (size_t)(p->at - start), step);
}

static enum err parse_key(struct parsing *p, struct attr_step *step)
{
	char quote = *p->at++;
	const char *start = p->at;
	enum err e;

	while (*p->at && *p->at != quote)
		p->at++;
	if (!*p->at)
		return bad(p, "the string is not closed");
	step->kind = STEP_KEY;
	e = take_text(p, start, (size_t)(p->at - start), step);
	p->at++;
	return e;
}

static enum err parse_item(struct parsing *p, struct attr_step *step)
{
	char *end;
	enum err e = OK;

	if (*p->at == '\'' || *p->at == '"') {
		e = parse_key(p, step);
	} else if (isdigit((unsigned char)*p->at) || *p->at == '-') {
		step->kind = STEP_INDEX;
		step->index = strtoll(p->at, &end, 10);
		p->at = end;
	} else {
		e = bad(p, "a number or a string in quotes is expected here");
	}
	if (!e && *p->at++ != ']') {
		p->at--;
		e = bad(p, "']' is expected here");
	}
	return e;
}

static enum err parse_step(struct parsing *p, struct attr_path *out)
{
	struct attr_step step = {0};
	enum err e;

	if (*p->at == '[') {
		p->at++;
		e = parse_item(p, &step);
	} else if (*p->at == '.' || p->at == p->text) {
		p->at += *p->at == '.';
		e = parse_name(p, &step);
	} else {
		e = bad(p, "'.' or '[' is expected here");
	}
	if (!e && !vec_push(out, step))
		e = diag_set(p->d, ERR_NOMEM, "out of memory");
	if (e)
		free(step.name.text);
	return e;
}

enum err attr_path_parse(const char *text, struct attr_path *out, struct diag *d)
{
	struct parsing p = {text, text, d};
	enum err e = OK;

	*out = (struct attr_path){0};
	do
		e = parse_step(&p, out);
	while (!e && *p.at);
	return e;
}

void attr_path_release(struct attr_path *p)
{
	vec_foreach (step, p) {
		free(step->name.text);
		map_release(&step->name.known);
	}
	vec_release(p);
	map_release(&p->class_attrs);
}
