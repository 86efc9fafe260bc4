/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The garbage collector's lists: circular, doubly linked through the GC heads. They give what lies
 * outside of the pools (objects of more than 512 bytes), and whatever else the walk through the
 * pools did not take for an object.
 */
#include "heap/walk.h"

/* Links carry flags in their low bits: collecting, finalized, unreachable, old space (cpython.md
 * B.1). */
#define GC_LINK_MASK (~(uint64_t)3)

static addr_t gc_link(struct walker *w, addr_t head, enum field_id link)
{
	const struct typectx *c = w->h->c;
	const uint8_t *at = image_at(w->h->im, head, c->L->size[S_gchead]);

	return at ? field_u64(c->L, at, link) & GC_LINK_MASK : 0;
}

enum list_end { BACK_AT_HEAD, WILD_LINK, ASTRAY };

struct list_walk {
	addr_t before, last; /* the last two nodes */
	enum list_end end;
};

/*
 * Follows one list in one direction, back to its head, and marks what is on it. One that does not
 * come back was damaged, or caught in a change: a wild link, a cycle that leaves the head out
 * (Brent's way to see it).
 */
static struct list_walk gc_list_mark(struct walker *w, addr_t head, enum field_id link)
{
	uint32_t pre = w->h->py->gc_head_size;
	struct list_walk walk = {head, head, BACK_AT_HEAD};
	uint64_t steps = 0, limit = 1;
	addr_t at = head, mark = head;

	while ((at = gc_link(w, at, link)) != head) {
		if (!at || at & 7 || at == mark) {
			walk.end = at && at == mark ? ASTRAY : WILD_LINK;
			return walk;
		}
		if (++steps == limit) {
			mark = at;
			limit *= 2;
			if (heap_interrupted(w->h))
				return walk;
		}
		space_set_listed(&w->h->space, at + pre);
		walk.before = walk.last;
		walk.last = at;
	}
	return walk;
}

/*
 * A process can be stopped at any instruction of a change. While an object is put at a list's end
 * the one before leads to it, and it leads nowhere yet. While lists are joined in a collection, one
 * ends in the other. Nothing is lost then, and nothing is damaged.
 */
static bool is_in_change(struct walker *w, addr_t head, const struct list_walk *walk)
{
	addr_t end = gc_link(w, head, F_gchead_gc_prev);

	if (walk->end == ASTRAY)
		return w->h->py->collecting;
	return !gc_link(w, walk->last, F_gchead_gc_next) && image_delta(w->h->im, walk->last) &&
	       (end == walk->before || end == walk->last);
}

void mark_gc_lists(struct walker *w)
{
	const struct python *py = w->h->py;

	vec_foreach (list, &py->gc_lists) {
		struct list_walk walk;

		if (!py->gc_head_size)
			continue;
		walk = gc_list_mark(w, list->head, F_gchead_gc_next);
		if (walk.end == BACK_AT_HEAD || is_in_change(w, list->head, &walk))
			continue;
		(void)gc_list_mark(w, list->head, F_gchead_gc_prev);
		if (!vec_push(&w->broken, list->generation))
			w->failed = true;
	}
}

static void say_broken(struct walker *w)
{
	w->damaged += w->broken.n;
	vec_foreach (generation, &w->broken)
		notes_add(w->h->notes, NOTE_PARTIAL,
			  "the garbage collector's list of generation %d is broken%s; read from "
			  "both ends",
			  *generation, w->h->py->collecting ? " (a collection is going on)" : "");
}

/* Bits that the page has on lists and not among the objects. */
static uint64_t only_listed(const struct space_leaf *l, size_t word)
{
	return l->listed[word] & ~l->objects[word];
}

static void offer_listed(struct walker *w, const struct space_leaf *l, addr_t page)
{
	for (unsigned i = 0; i < SPACE_WORDS_PAGE; i++)
		for (uint64_t bits = only_listed(l, space_word(page) + i); bits; bits &= bits - 1)
			walker_offer(w, page + ((addr_t)i * 64 + (addr_t)__builtin_ctzll(bits)) * 8,
				     true);
}

/* One whose count is 0 is about to be freed: a process can be caught at that. */
static bool is_dying(struct walker *w, addr_t addr)
{
	struct object o;

	return walker_load(w, addr, &o) && !object_refcount(w->h->c, o.at);
}

/* Whatever is on a list is an object, so what cannot be read as one is damaged. */
static void count_unread(struct walker *w, const struct space_leaf *l, addr_t page)
{
	for (unsigned i = 0; i < SPACE_WORDS_PAGE; i++)
		for (uint64_t bits = only_listed(l, space_word(page) + i); bits; bits &= bits - 1)
			w->damaged += !is_dying(
			    w, page + ((addr_t)i * 64 + (addr_t)__builtin_ctzll(bits)) * 8);
}

static void each_page(struct walker *w,
		      void (*fn)(struct walker *, const struct space_leaf *, addr_t))
{
	const struct heap *h = w->h;

	vec_foreach (r, &h->im->ranges)
		for (addr_t page = r->start; page < r->end; page += IMAGE_PAGE)
			fn(w, space_leaf(&h->space, page), page);
}

/* What is on a list and was not taken for an object so far. */
void walk_gc_lists(struct walker *w)
{
	w->way = BY_GC_LIST;
	say_broken(w);
	each_page(w, offer_listed);
	walker_drain(w);
	each_page(w, count_unread);
}

/* Until the chain comes to what is known, or was here before: every link is followed once. */
static void follow_links(struct walker *w, addr_t head, enum field_id link)
{
	uint32_t pre = w->h->py->gc_head_size;

	for (addr_t at = gc_link(w, head, link); at && !(at & 7); at = gc_link(w, at, link)) {
		if (space_has_object(&w->h->space, at + pre) ||
		    space_is_listed(&w->h->space, at + pre))
			return;
		space_set_listed(&w->h->space, at + pre);
		walker_offer(w, at + pre, true);
	}
}

static bool follow_object(void *arg, const struct object *o)
{
	struct walker *w = arg;
	addr_t head = o->addr - w->h->py->gc_head_size;

	if (o->type->gc) {
		follow_links(w, head, F_gchead_gc_next);
		follow_links(w, head, F_gchead_gc_prev);
	}
	return true;
}

void walk_gc_neighbours(struct walker *w)
{
	uint64_t before;

	w->way = BY_GC_LIST;
	do {
		before = w->found[BY_GC_LIST];
		heap_each(w->h, follow_object, w);
		walker_drain(w);
	} while (w->found[BY_GC_LIST] > before && !w->failed && !heap_interrupted(w->h));
}
