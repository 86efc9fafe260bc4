/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/attrs.h"
#include "heap/labels.h"
#include "heap/values.h"
#include "heap/walk.h"
#include "types/peek.h"

#define MRO_MAX	  200	     /* classes of one class' resolution order that are asked */
#define KNOWN_MAX (1u << 20) /* strings whose reading is remembered */

/* Does the object read like the step's name? */
static bool reads_so(const struct heap *h, struct attr_step *step, addr_t str)
{
	uint64_t known = map_get(&step->known, str);

	if (known != MAP_NONE)
		return known;
	known = string_equals(h->py, str, step->key.text, step->key.n);
	if (step->known.n < KNOWN_MAX && !map_put(&step->known, str, known))
		return known; /* out of memory: it is only slower */
	return known;
}

/* What a walk over an object's references looks for. */
struct lookup {
	const struct heap *h;
	struct attr_step *step;
	int64_t index;
	addr_t found, dict, mro, bases;
};

static bool is_field(const struct edge *e, const char *name)
{
	return e->kind == EDGE_FIELD && e->aux && !strcmp((const char *)(uintptr_t)e->aux, name);
}

static bool find_own(void *arg, const struct edge *e)
{
	struct lookup *l = arg;
	const char *name = l->step->key.text;
	char slot[256];
	bool hit = false;

	if (e->kind == EDGE_ATTR)
		hit = reads_so(l->h, l->step, e->aux);
	else if (e->kind == EDGE_SLOT)
		hit = target_read_string(l->h->py->t, e->aux, slot, sizeof(slot)) &&
		      !strcmp(slot, name);
	else if (is_field(e, "__dict__"))
		l->dict = e->to;
	else if (is_field(e, "__mro__"))
		l->mro = e->to;
	else if (is_field(e, "__bases__"))
		l->bases = e->to;
	if (hit || is_field(e, name))
		l->found = e->to;
	return !l->found;
}

/* A value by its key: equal strings are known by their address after the first time. */
static bool find_key(void *arg, const struct edge *e)
{
	struct lookup *l = arg;

	if (e->kind != EDGE_VALUE)
		return true;
	if (l->step->key.kind == LITERAL_STR ? reads_so(l->h, l->step, e->aux)
					     : literal_equals(l->h->py, &l->step->key, e->aux))
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

/* The classes of a tuple, each for itself. */
static addr_t in_tuple(const struct heap *h, addr_t classes, struct attr_step *step)
{
	struct edges list = {0};
	struct object tuple, base;
	addr_t found = 0;

	if (heap_object(h, classes, &tuple) && edges_collect(h, &tuple, 0, MRO_MAX, &list))
		vec_foreach (e, &list)
			if (!found && e->kind == EDGE_INDEX && heap_object(h, e->to, &base))
				found = in_dict(h, object_dict(h, &base), step);
	vec_release(&list);
	return found;
}

/* 2.7's classes without a type: depth first, as Python looks for it. Steps are bounded: bases may form a cycle. */
static addr_t in_old_classes(const struct heap *h, addr_t class, struct attr_step *step,
			     unsigned *left)
{
	struct lookup l = {.h = h, .step = step};
	struct edges list = {0};
	struct object o, tuple;

	if (!*left || !heap_object(h, class, &o))
		return 0;
	--*left;
	edges_each(h, &o, find_own, &l);
	l.found = l.dict ? in_dict(h, l.dict, step) : 0;
	if (!l.found && l.bases && heap_object(h, l.bases, &tuple) &&
	    edges_collect(h, &tuple, 0, MRO_MAX, &list))
		vec_foreach (e, &list)
			if (!l.found && e->kind == EDGE_INDEX)
				l.found = in_old_classes(h, e->to, step, left);
	vec_release(&list);
	return l.found;
}

static bool is_old_class(const struct heap *h, const struct object *o)
{
	addr_t type = h->py->known[K_classobj27];

	return type && o->type->addr == type;
}

/* What a class or one of its bases holds under the name. */
static addr_t in_classes(const struct heap *h, addr_t class, struct attr_step *step)
{
	unsigned left = MRO_MAX;
	struct object o;
	addr_t mro;

	if (!heap_object(h, class, &o))
		return 0;
	if (is_old_class(h, &o))
		return in_old_classes(h, class, step, &left);
	mro = peek_ptr(h->py, class, F_type_tp_mro);
	return mro ? in_tuple(h, mro, step) : in_dict(h, object_dict(h, &o), step);
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

addr_t object_class(const struct heap *h, const struct object *o)
{
	const struct layout *L = h->c->L;

	if (layout_has(L, F_instance27_in_class) && o->type->addr == h->py->known[K_instance27])
		return field_u64(L, o->at, F_instance27_in_class);
	return o->type->addr;
}

static bool is_class(const struct heap *h, const struct object *o)
{
	return o->type->flags & h->c->L->c[C_TPFLAGS_TYPE_SUBCLASS] || is_old_class(h, o);
}

addr_t attr_own(const struct heap *h, struct attr_step *step, const struct object *o)
{
	struct lookup l = {.h = h, .step = step};

	if (!strcmp(step->key.text, "__class__"))
		return object_class(h, o);
	edges_each(h, o, find_own, &l);
	if (!l.found && l.dict)
		l.found = in_dict(h, l.dict, step);
	if (!l.found && is_class(h, o))
		l.found = in_classes(h, o->addr, step);
	return l.found;
}

addr_t attr_of_class(const struct heap *h, struct attr_step *step, const struct object *o)
{
	return in_classes(h, object_class(h, o), step);
}

/* What stands in a class for a slot of its instances: one that is not set has no value. */
static bool is_slot(const struct heap *h, addr_t found)
{
	return peek_is(h->py, found, K_memberdescr) &&
	       peek_python_class(h->py, peek_ptr(h->py, found, F_descr_d_type));
}

static addr_t follow_attr(const struct heap *h, struct attr_path *p, struct attr_step *step,
			  const struct object *o)
{
	addr_t class = object_class(h, o), found = attr_own(h, step, o);
	uint64_t cached;

	if (found)
		return found;
	if (step != p->at) {
		found = attr_of_class(h, step, o);
		return is_slot(h, found) ? 0 : found;
	}
	cached = map_get(&p->class_attrs, class);
	if (cached == MAP_NONE) {
		cached = in_classes(h, class, step);
		if (is_slot(h, cached))
			cached = 0;
		if (!map_put(&p->class_attrs, class, cached))
			return cached; /* out of memory: it is only slower */
	}
	return cached;
}

static bool find_index(void *arg, const struct edge *e)
{
	struct lookup *l = arg;

	if (e->kind == EDGE_INDEX && e->aux == (uint64_t)l->index)
		l->found = e->to;
	return !l->found;
}

addr_t attr_item(const struct heap *h, struct attr_step *step, const struct object *o)
{
	uint64_t sequence = h->c->L->c[C_TPFLAGS_LIST_SUBCLASS] | h->c->L->c[C_TPFLAGS_TUPLE_SUBCLASS];
	struct lookup l = {.h = h, .step = step, .index = step->key.i};
	uint64_t n;

	if (step->key.kind == LITERAL_INT && !(o->type->flags & h->c->L->c[C_TPFLAGS_DICT_SUBCLASS]) &&
	    object_length(h->c, o, &n)) {
		if (l.index < 0)
			l.index += (int64_t)n;
		if (l.index < 0 || (uint64_t)l.index >= n)
			return 0;
		if (o->type->flags & sequence)
			return peek_item(h->py, o->addr, l.index);
		edges_each(h, o, find_index, &l);
	} else {
		edges_each(h, o, find_key, &l);
	}
	return l.found;
}

addr_t attr_path_follow(const struct heap *h, struct attr_path *p, addr_t from)
{
	vec_foreach (step, p) {
		struct object o;

		if (!from || !heap_object(h, from, &o))
			return 0;
		from = step->kind == STEP_ATTR ? follow_attr(h, p, step, &o) : attr_item(h, step, &o);
	}
	return from;
}
