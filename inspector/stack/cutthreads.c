/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/cut.h"
#include "target/image.h"
#include "target/target.h"
#include "types/peek.h"

#define USER_LOWEST	0x10000
#define NATIVE_ID_MAX	(1 << 22) /* PID_MAX_LIMIT of the kernel */
#define THREAD_ID_ALIGN 64	  /* of glibc's struct pthread */
#define MALLOC_ALIGN	16
#define DICTS		3 /* of an interpreter, that are asked */

struct search {
	const struct python *py;
	struct found_threads *found;
	struct map pointers; /* thread pointers of the core's threads: what glibc calls a thread by; empty if unknown */
	uint32_t tid_offset;
	addr_t main; /* the main interpreter, where it is part of the runtime (3.11 and later), or 0 */
	bool failed; /* memory is out */
};

addr_t cut_ptr(const struct python *py, addr_t at, enum field_id f, bool *lost)
{
	uint64_t v;

	if (!layout_has(&py->L, f))
		return 0;
	if (!target_initial(py->t, at + py->L.f[f].offset) && peek_field(py, at, f, &v))
		return v;
	*lost = true;
	return 0;
}

static bool is_pointer(uint64_t v)
{
	return v >= USER_LOWEST && !(v & 7) && v < 1ull << 47;
}

static uint64_t word(const struct python *py, const uint8_t *at, enum field_id f)
{
	return load64(at + py->L.f[f].offset);
}

/* Can these bytes be a thread state's? Without a look at any other memory. */
static bool fits(const struct python *py, const uint8_t *at)
{
	static const enum field_id links[] = {F_tstate_next, F_tstate_prev, F_tstate_frame, F_tstate_dict,
					      F_tstate_datastack_chunk};
	uint64_t id = word(py, at, F_tstate_thread_id);

	if (!is_pointer(id) || id % THREAD_ID_ALIGN)
		return false;
	if (layout_has(&py->L, F_tstate_native_thread_id)) {
		uint64_t native = word(py, at, F_tstate_native_thread_id);

		if (!native || native > NATIVE_ID_MAX)
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		uint64_t v = layout_has(&py->L, links[i]) ? word(py, at, links[i]) : 0;

		if (v && !is_pointer(v))
			return false;
	}
	return true;
}

/* The dicts that every interpreter has; what of them is not there cannot speak against it. */
static bool has_dicts(const struct python *py, addr_t interp, unsigned *seen)
{
	static const enum field_id dicts[DICTS] = {F_interp_modules, F_interp_sysdict, F_interp_builtins};

	*seen = 0;
	for (size_t i = 0; i < DICTS; i++) {
		bool lost = false;
		addr_t dict = cut_ptr(py, interp, dicts[i], &lost);

		if (lost || !layout_has(&py->L, dicts[i]))
			continue;
		if (!is_pointer(dict) || (peek_type(py, dict) && !peek_is(py, dict, K_dict)))
			return false;
		*seen += peek_is(py, dict, K_dict);
	}
	return true;
}

/* Its list of threads leads back to it, and its modules are in a dict; one of both must be there. */
static bool is_interp(const struct search *q, addr_t at)
{
	const struct python *py = q->py;
	bool lost = false;
	addr_t head = cut_ptr(py, at, F_interp_tstate_head, &lost), back;
	unsigned dicts;

	if (at == q->main)
		return true;
	if ((!lost && !is_pointer(head)) || !has_dicts(py, at, &dicts))
		return false;
	back = head ? cut_ptr(py, head, F_tstate_interp, &lost) : 0;
	return lost ? dicts == DICTS : back == at;
}

static bool known_interp(struct search *q, addr_t at)
{
	uint64_t known = map_get(&q->found->interps, at);

	if (known == MAP_NONE) {
		known = is_interp(q, at);
		q->failed |= !map_put(&q->found->interps, at, known);
	}
	return known;
}

/* Does the neighbour, as far as it is there, lead back? */
static bool leads_back(const struct search *q, addr_t neighbour, enum field_id by, addr_t tstate, addr_t interp)
{
	bool lost = false;
	addr_t of, back;

	if (!neighbour)
		return true;
	of = cut_ptr(q->py, neighbour, F_tstate_interp, &lost);
	back = cut_ptr(q->py, neighbour, by, &lost);
	if (!layout_has(&q->py->L, by))
		back = tstate;
	return lost || (of == interp && back == tstate);
}

/* What was a thread state and is free memory now has neighbours that know nothing of it. */
static bool is_linked(const struct search *q, addr_t tstate, addr_t interp)
{
	const struct python *py = q->py;
	bool lost = false;
	addr_t next = cut_ptr(py, tstate, F_tstate_next, &lost), prev = cut_ptr(py, tstate, F_tstate_prev, &lost), head;

	if (!leads_back(q, next, F_tstate_prev, tstate, interp) || !leads_back(q, prev, F_tstate_next, tstate, interp))
		return false;
	if (prev || !layout_has(&py->L, F_tstate_prev))
		return true;
	lost = false;
	head = cut_ptr(py, interp, F_interp_tstate_head, &lost);
	return lost || head == tstate;
}

/* Is it the state of a thread that there is, and is its frame one? As far as that is known. */
static bool is_of_thread(const struct search *q, addr_t tstate)
{
	const struct python *py = q->py;
	addr_t frame = peek_ptr(py, tstate, F_tstate_frame), ident;
	uint32_t id;

	if (frame && peek_type(py, frame) && !peek_is(py, frame, K_frame))
		return false;
	ident = peek_ptr(py, tstate, F_tstate_thread_id);
	if (q->pointers.n)
		return map_get(&q->pointers, ident) != MAP_NONE;
	/* no notes: glibc's own word for the thread, if it is there */
	if (!target_read_u32(py->t, ident + q->tid_offset, &id))
		return true;
	return id && id <= NATIVE_ID_MAX && peek_int(py, tstate, F_tstate_native_thread_id, id) == id;
}

/* The interpreter's own structs are from malloc. What lies in a pool is an object that happens to fit. */
static bool is_object(const struct search *q, addr_t at)
{
	vec_foreach (a, &q->py->arenas)
		if (at >= a->start && at - a->start < a->size)
			return true;
	return false;
}

static void look(struct search *q, addr_t tstate, addr_t interp)
{
	struct found_thread th = {.tstate = tstate, .interp = interp, .id = peek_int(q->py, tstate, F_tstate_id, 0)};

	if (q->found->n < STACKS_THREADS_MAX && !is_object(q, tstate) && !is_object(q, interp) && is_of_thread(q, tstate) &&
	    known_interp(q, interp) && is_linked(q, tstate, interp))
		q->failed |= !vec_push(q->found, th);
}

/* Goes by the word that would be the pointer to the interpreter: it rules most out. */
static void search_page(struct search *q, const struct image *im, addr_t page)
{
	const struct layout *L = &q->py->L;
	uint32_t inside = (uint32_t)L->f[F_tstate_interp].offset;
	const uint8_t *bytes = image_at(im, page, IMAGE_PAGE), *at;

	if (!bytes || target_initial(q->py->t, page))
		return;
	for (uint32_t i = inside % 8; i < IMAGE_PAGE; i += 8) {
		uint64_t interp = load64(bytes + i);
		addr_t tstate = page + i - inside;

		if (!is_pointer(interp) || tstate % MALLOC_ALIGN)
			continue;
		at = image_at(im, tstate, L->size[S_tstate]);
		if (at && fits(q->py, at))
			look(q, tstate, interp);
	}
}

static int newest_first(const void *a, const void *b)
{
	const struct found_thread *x = a, *y = b;

	if (x->id != y->id)
		return x->id > y->id ? -1 : 1;
	return x->tstate > y->tstate ? -1 : x->tstate < y->tstate;
}

bool cut_find_threads(const struct python *py, struct found_threads *found)
{
	const struct image *im = py->t->image;
	struct search q = {.py = py, .found = found, .tid_offset = stacks_tid_offset(py->t)};

	if (py->runtime && layout_has(&py->L, F_runtime_main_interpreter))
		q.main = py->runtime + (uint32_t)py->L.f[F_runtime_main_interpreter].offset;
	vec_foreach (th, &py->t->threads)
		if (th->has_regs && th->fs_base)
			q.failed |= !map_put(&q.pointers, th->fs_base, 1);
	vec_foreach (r, &im->ranges)
		for (addr_t page = r->start; r->writable && page < r->end && !q.failed; page += IMAGE_PAGE)
			search_page(&q, im, page);
	map_release(&q.pointers);
	if (found->n)
		qsort(found->at, found->n, sizeof(*found->at), newest_first);
	return !q.failed;
}

void found_threads_release(struct found_threads *found)
{
	vec_release(found);
	map_release(&found->interps);
}
