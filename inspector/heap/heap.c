/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <time.h>
#include "base/buf.h"
#include "heap/walk.h"

#define THREADS_MAX 8

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/*
 * Where in a block an object can start: at once, after a GC head, after a GC head and the
 * pre-header of types with managed dicts or weak references (two words, 3.11+; cpython.md C.1). The
 * debug allocator puts 16 bytes before that.
 */
static void find_presizes(struct heap *h)
{
	const struct python *py = h->py;
	uint32_t word2 = 16;

	h->hook_before = py->debug_hooks ? 16 : 0;
	h->presizes[h->n_presizes++] = h->hook_before;
	if (py->gc_head_size)
		h->presizes[h->n_presizes++] = h->hook_before + py->gc_head_size;
	if (layout_has_const(&py->L, C_TPFLAGS_MANAGED_DICT))
		h->presizes[h->n_presizes++] = h->hook_before + py->gc_head_size + word2;
}

static void *arena_thread(void *arg)
{
	walk_arenas(arg);
	return NULL;
}

/* Arenas are independent of each other: every processor takes the next one. */
static bool walk_arenas_together(struct heap *h, struct walker *first)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = (size_t)min_of(max_of(cpus, 1), THREADS_MAX), started = 0;
	struct walker *helpers[THREADS_MAX] = {0};
	pthread_t threads[THREADS_MAX];
	bool ok = true;

	for (; h->py->arenas.n > 8 && started + 1 < n; started++) {
		helpers[started] = walker_new(h);
		if (!helpers[started] ||
		    pthread_create(&threads[started], NULL, arena_thread, helpers[started]))
			break;
	}
	mark_gc_lists(first); /* slow for its jumps: beside the others' work */
	walk_arenas(first);
	for (size_t i = 0; i < n; i++) {
		struct walker *w = helpers[i];

		if (w && i < started)
			pthread_join(threads[i], NULL);
		if (w)
			ok &= walker_merge(w);
		for (size_t d = 0; w && d < w->doubts.n; d++)
			ok &= vec_push(&first->doubts, w->doubts.at[d]);
		walker_free(w);
	}
	return ok;
}

/* All sources. What a later one meets is mostly known by then. */
static bool find_objects(struct heap *h, struct walker *w)
{
	bool ok = walk_arenas_together(h, w);

	walk_gc_lists(w);
	walk_statics(w);
	walk_roots(w);
	walk_chunks(w);
	if (h->py->collecting)
		walk_gc_neighbours(w);
	heap_settle_doubts(h, w);
	walk_statics(w); /* types that were met on the way */
	return ok;
}

/* Numbers the objects, and gives the totals a row for every type. */
static bool number_objects(struct heap *h)
{
	uint64_t n = 0;

	vec_foreach (r, &h->im->ranges)
		for (addr_t page = r->start; page < r->end; page += IMAGE_PAGE) {
			struct space_leaf *l = space_leaf(&h->space, page);
			const uint64_t *words = &l->objects[space_word(page)];
			uint32_t here = 0;

			for (unsigned i = 0; i < SPACE_WORDS_PAGE; i++)
				here += (uint32_t)__builtin_popcountll(words[i]);
			if (!here)
				continue;
			l->rank[space_page(page)] = (uint32_t)n;
			if (!vec_push(&h->pages, ((struct heap_page){page, (uint32_t)n})))
				return false;
			n += here;
		}
	h->facts.objects = n;
	while (h->totals.n < typetab_count(h->tt))
		if (!vec_push(&h->totals, ((struct type_total){0})))
			return false;
	vec_foreach (t, &h->totals)
		h->facts.size += t->size;
	return n < UINT32_MAX;
}

#define UNKNOWN_SIZES_MAX 5 /* types to name */

/* Sizes that are not sys.getsizeof()'s, or only in part: said, not guessed. */
static void say_unknown_sizes(struct heap *h)
{
	struct buf names = {0};
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->totals.n; i++) {
		const struct typeinfo *ti = typetab_at(h->tt, i);

		if (ti->own_sizeof && h->totals.at[i].count && n++ < UNKNOWN_SIZES_MAX)
			buf_printf(&names, "%s%s", n > 1 ? ", " : "", ti->name);
	}
	if (n > UNKNOWN_SIZES_MAX)
		buf_printf(&names, " and %u more types", n - UNKNOWN_SIZES_MAX);
	if (n && buf_ok(&names))
		notes_add(h->notes, NOTE_INFO,
			  "sizes of %s are those of their structs alone: what sys.getsizeof() says of them "
			  "is left to code of theirs",
			  buf_text(&names));
	buf_release(&names);
}

static void say_limits(struct heap *h)
{
	const struct python *py = h->py;

	say_unknown_sizes(h);
	if (!py->arenas.n && !py->cut && py->object_allocator != ALLOC_PYMALLOC)
		notes_add(h->notes, NOTE_INFO,
			  "this interpreter runs without pymalloc: objects are found from the "
			  "garbage collector's lists, from roots and by references; unreferenced "
			  "atoms of up to 512 bytes cannot be found");
	if (py->collecting)
		notes_add(h->notes, NOTE_INFO,
			  "a garbage collection is going on: its half-sorted lists were read too");
	if (h->facts.damaged)
		notes_add(h->notes, NOTE_PARTIAL,
			  "%llu damaged objects, pools or lists were passed over",
			  (unsigned long long)h->facts.damaged);
}

static enum err heap_build(struct heap *h, struct diag *d)
{
	struct walker *w = walker_new(h);
	bool ok;

	if (!w)
		return diag_set(d, ERR_NOMEM, "out of memory");
	heap_mark_pools(h);
	ok = find_objects(h, w);
	if (ok && heap_interrupted(h)) {
		walker_free(w);
		return diag_set(d, ERR_INTERRUPTED, "interrupted");
	}
	ok = ok && walker_merge(w) && heap_settle_witnesses(h);
	if (ok)
		heap_settle_claims(h, w);
	ok = ok && !w->failed && number_objects(h);
	walker_free(w);
	if (!ok)
		return diag_set(d, ERR_NOMEM, "out of memory while the heap was walked");
	say_limits(h);
	return OK;
}

static struct heap *heap_new(struct python *py, struct typetab *types, struct notes *notes)
{
	struct heap *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->py = py;
	h->tt = types;
	h->c = typetab_ctx(types);
	h->im = h->c->im;
	h->notes = notes;
	return h;
}

enum err heap_open_points(struct python *py, struct typetab *types, struct notes *notes,
			  struct heap **out, struct diag *d)
{
	*out = heap_new(py, types, notes);
	if (!*out)
		return diag_set(d, ERR_NOMEM, "out of memory");
	(*out)->points = true;
	return OK;
}

enum err heap_open(struct python *py, struct typetab *types, struct notes *notes, struct heap **out,
		   struct diag *d)
{
	struct heap *h = heap_new(py, types, notes);
	double start = now();
	enum err e;

	if (!h)
		return diag_set(d, ERR_NOMEM, "out of memory");
	find_presizes(h);
	e = space_init(&h->space, h->im) ? heap_build(h, d)
					 : diag_set(d, ERR_NOMEM, "out of memory");
	if (e) {
		heap_close(h);
		return e;
	}
	h->facts.seconds = now() - start;
	*out = h;
	return OK;
}

void heap_close(struct heap *h)
{
	if (!h)
		return;
	space_release(&h->space);
	vec_release(&h->totals);
	vec_release(&h->classes);
	map_release(&h->class_index);
	vec_release(&h->pages);
	free(h);
}

const struct python *heap_python(const struct heap *h)
{
	return h->py;
}

const struct typectx *heap_ctx(const struct heap *h)
{
	return h->c;
}

const struct heap_facts *heap_facts(const struct heap *h)
{
	return &h->facts;
}

const struct type_total *heap_totals(const struct heap *h)
{
	return h->totals.at;
}

const struct class_total *heap_classes(const struct heap *h, size_t *n)
{
	*n = h->classes.n;
	return h->classes.at;
}
