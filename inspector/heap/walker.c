/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/walk.h"

static void on_ref(struct visitor *v, addr_t to, enum edge_kind kind, uint64_t aux);
static void on_buffer(struct buffers *b, addr_t start, uint64_t len);

struct walker *walker_new(struct heap *h)
{
	struct walker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->visitor.ref = on_ref;
	w->buffers.own = on_buffer;
	w->h = h;
	return w;
}

void walker_free(struct walker *w)
{
	if (!w)
		return;
	vec_release(&w->totals);
	vec_release(&w->class_totals);
	vec_release(&w->todo);
	vec_release(&w->doubts);
	vec_release(&w->broken);
	map_release(&w->classes);
	map_release(&w->rejected);
	free(w);
}

static void total_add(struct type_total *t, const struct type_total *more)
{
	t->count += more->count;
	t->size += more->size;
	t->max = max_of(t->max, more->max);
}

static bool totals_reach(struct walker *w, uint32_t id)
{
	while (w->totals.n <= id)
		if (!vec_push(&w->totals, ((struct type_total){0})))
			return false;
	return true;
}

static struct class_total *class_total_for(struct walker *w, addr_t class_object)
{
	uint64_t i = map_get(&w->classes, class_object);

	if (i == MAP_NONE) {
		i = w->class_totals.n;
		if (!map_put(&w->classes, class_object, i) ||
		    !vec_push(&w->class_totals,
			      ((struct class_total){.class_object = class_object})))
			return NULL;
	}
	return &w->class_totals.at[i];
}

static void walker_count(struct walker *w, const struct object *o, uint64_t size)
{
	const struct layout *L = w->h->c->L;
	struct type_total one = {1, size, size};
	struct class_total *ct;

	if (unlikely(o->type->id >= w->totals.n) && !totals_reach(w, o->type->id)) {
		w->failed = true;
		return;
	}
	total_add(&w->totals.at[o->type->id], &one);
	if (o->type->addr != w->h->py->known[K_instance27] || !layout_has(L, F_instance27_in_class))
		return;
	ct = class_total_for(w, field_u64(L, o->at, F_instance27_in_class));
	if (ct)
		total_add(&ct->total, &one);
	else
		w->failed = true;
}

void walker_count_only(struct walker *w, const struct object *o)
{
	uint64_t size = object_size(w->h->c, o);

	if (size != SIZE_BAD)
		walker_count(w, o, size);
}

void walker_take(struct walker *w, const struct object *o, enum found_by way)
{
	uint64_t size = object_size(w->h->c, o);

	if (unlikely(size == SIZE_BAD)) {
		w->damaged++;
		space_clear_object(&w->h->space, o->addr);
		return;
	}
	w->found[way]++;
	walker_count(w, o, size);
	object_refs(w->h->c, o, &w->visitor);
	object_buffers(w->h->c, o, &w->buffers);
}

/*
 * Every reference of every object comes by here. Nearly all lead into pools, which are walked
 * anyway, or to the same few objects outside (types, None, small ints): both end after one look.
 */
static void on_ref(struct visitor *v, addr_t to, enum edge_kind kind, uint64_t aux)
{
	struct walker *w = (struct walker *)v;
	addr_t *seen = &w->recent[(to >> 4) & (ARRAY_SIZE(w->recent) - 1)];

	(void)aux;
	if (likely(space_is_pool(&w->h->space, to)) || *seen == to)
		return;
	*seen = to;
	if (kind == EDGE_UNSURE && !chunk_holds_object(w, to))
		return;
	walker_offer(w, to, false);
}

static void on_buffer(struct buffers *b, addr_t start, uint64_t len)
{
	struct walker *w = (struct walker *)((char *)b - offsetof(struct walker, buffers));

	if (len)
		space_claim(&w->h->space, start);
}

bool walker_probe(struct walker *w, addr_t addr, struct object *o)
{
	const struct typectx *c = w->h->c;
	uint64_t refcount;

	if (!walker_load(w, addr, o))
		return false;
	refcount = object_refcount(c, o->at);
	return refcount && refcount < REFCOUNT_MAX && object_plausible(c, o);
}

void walker_offer(struct walker *w, addr_t addr, bool in_pools)
{
	struct space *s = &w->h->space;

	if (addr & 7 || !image_delta(w->h->im, addr) || space_has_object(s, addr) ||
	    (!in_pools && space_is_pool(s, addr)) || map_get(&w->rejected, addr) != MAP_NONE)
		return;
	/* Marked first: of two walkers that see it at once, one takes it. */
	if (!space_set_object(s, addr))
		return;
	if (!vec_push(&w->todo, addr))
		w->failed = true;
}

void walker_drain(struct walker *w)
{
	while (w->todo.n && !w->failed) {
		addr_t addr = w->todo.at[--w->todo.n];
		struct object o;

		if (walker_probe(w, addr, &o)) {
			walker_take(w, &o, w->way);
			if (o.type->heap)
				walker_offer(w, o.type->addr, false);
			continue;
		}
		space_clear_object(&w->h->space, addr);
		if (!map_put(&w->rejected, addr, 1))
			w->failed = true;
	}
}

static bool merge_totals(struct heap *h, struct walker *w)
{
	while (h->totals.n < w->totals.n)
		if (!vec_push(&h->totals, ((struct type_total){0})))
			return false;
	for (size_t i = 0; i < w->totals.n; i++)
		total_add(&h->totals.at[i], &w->totals.at[i]);
	return true;
}

static bool merge_classes(struct heap *h, struct walker *w)
{
	vec_foreach (more, &w->class_totals) {
		uint64_t i = map_get(&h->class_index, more->class_object);

		if (i != MAP_NONE)
			total_add(&h->classes.at[i].total, &more->total);
		else if (!map_put(&h->class_index, more->class_object, h->classes.n) ||
			 !vec_push(&h->classes, *more))
			return false;
	}
	return true;
}

bool walker_merge(struct walker *w)
{
	struct heap *h = w->h;

	h->facts.by_arena += w->found[BY_ARENA];
	h->facts.by_gc_list += w->found[BY_GC_LIST];
	h->facts.by_reference += w->found[BY_REFERENCE];
	h->facts.by_static += w->found[BY_STATIC];
	h->facts.by_chunk += w->found[BY_CHUNK];
	h->facts.damaged += w->damaged;
	return !w->failed && merge_totals(h, w) && merge_classes(h, w);
}
