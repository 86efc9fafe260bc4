/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In a core that was cut off the owner of a buffer can be missing while the buffer is there, and
 * the bytes in it can be those of an object: claims (claims.c) do not settle that. So an object in
 * heap memory counts only if something else speaks for it: an object refers to it, or its neighbour
 * on a list of the garbage collector knows it. A copy of an object's bytes has neither, as others
 * know the original's address. What nobody speaks for is left out and counted.
 */
#include "heap/walk.h"

struct witnesses {
	struct visitor visitor; /* first: the callback casts back */
	struct heap *h;
	struct space seen; /* objects that others refer to */
	addr_t asked;	   /* the object that is being asked: it cannot speak for itself */
	uint64_t left_out;
};

static bool may_hold_owners(const struct mapping *m)
{
	return m->module < 0 && (m->prot & MAP_WRITE) && !(m->prot & MAP_SHARED_) &&
	       (!m->path[0] || !strcmp(m->path, "[heap]"));
}

/* Is heap memory missing? Everything else can be told apart without. The topmost memory is the main
 * thread's stack, which a core loses first. */
static bool lacks_owners(const struct heap *h)
{
	const struct target *t = h->py->t;
	const struct mapping *stack = NULL;

	if (!t->missing_bytes)
		return false;
	if (h->py->cut)
		return true;
	vec_foreach (m, &t->mappings)
		if (m->prot & MAP_WRITE)
			stack = m;
	vec_foreach (m, &t->mappings)
		if (m != stack && may_hold_owners(m) && !image_delta(h->im, m->end - IMAGE_PAGE))
			return true;
	return false;
}

static void on_ref(struct visitor *v, addr_t to, enum edge_kind kind, uint64_t aux)
{
	struct witnesses *w = (struct witnesses *)v;

	(void)aux;
	if (kind != EDGE_WEAK && kind != EDGE_UNSURE && to != w->asked &&
	    space_has_object(&w->h->space, to))
		(void)space_set_object(&w->seen, to);
}

static bool ask(void *arg, const struct object *o)
{
	struct witnesses *w = arg;

	w->asked = o->addr;
	object_refs(w->h->c, o, &w->visitor);
	if (o->type->heap)
		on_ref(&w->visitor, o->type->addr, EDGE_FIELD, 0);
	return !heap_interrupted(w->h);
}

static addr_t link_of(const struct heap *h, addr_t head, enum field_id link)
{
	const struct layout *L = h->c->L;
	const uint8_t *at = head & 7 ? NULL : image_at(h->im, head, L->size[S_gchead]);

	return at ? field_u64(L, at, link) & L->c[C_GC_PTR_MASK] : 0;
}

bool object_is_listed(const struct heap *h, const struct object *o)
{
	addr_t head = o->addr - h->py->gc_head_size;

	if (!o->type->gc || !h->py->gc_head_size)
		return false;
	return link_of(h, link_of(h, head, F_gchead_gc_next), F_gchead_gc_prev) == head ||
	       link_of(h, link_of(h, head, F_gchead_gc_prev), F_gchead_gc_next) == head;
}

/* Static objects of programs and libraries are in nobody's buffer. */
static bool judge(void *arg, const struct object *o)
{
	struct witnesses *w = arg;

	if (space_has_object(&w->seen, o->addr) || target_module(w->h->py->t, o->addr) ||
	    object_is_listed(w->h, o))
		return true;
	space_clear_object(&w->h->space, o->addr);
	w->left_out++;
	return true;
}

bool heap_settle_witnesses(struct heap *h)
{
	struct witnesses w = {.visitor = {on_ref}, .h = h};
	bool ok;

	if (!lacks_owners(h))
		return true;
	ok = space_init(&w.seen, h->im);
	if (ok) {
		heap_each(h, ask, &w);
		heap_each(h, judge, &w);
		ok = !w.left_out || heap_recount(h);
	}
	space_release(&w.seen);
	if (w.left_out)
		notes_add(h->notes, NOTE_PARTIAL,
			  "%llu places look like objects but nothing in the memory that is there "
			  "speaks for them: they are left out",
			  (unsigned long long)w.left_out);
	return ok;
}
