/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/locks.h"
#include "stack/slots.h"
#include "stack/stacks.h"
#include "stack/withblocks.h"
#include "types/peek.h"
#include "types/repr.h"

#define FRAMES_LOOK 1000  /* of one thread, the innermost ones */
#define FRAMES_ALL  200000 /* of all */
#define CONTEXTS_MAX 4	  /* context managers made of generators, inside of each other */

_Static_assert(EXIT_STACK_MAX >= WITH_BLOCKS_MAX, "one array for both");

struct reading {
	struct lock_table *l;
	struct stacks *s;
	struct map objects; /* address -> index in l */
	struct map idents;  /* of threads -> index in s */
	struct with_reader with;
	uint64_t frames; /* that were looked at, and what context managers hold */
};

void locks_release(struct lock_table *l)
{
	vec_release(l);
	vec_release(&l->cycles);
	vec_release(&l->deadlocks);
	free(l->waits);
}

/* ---- what is waited for ---- */

static struct lock *get_lock(struct reading *r, enum waitable kind, addr_t object, bool *is_new)
{
	uint64_t at = map_get(&r->objects, object);
	struct lock lock = {.kind = kind, .object = object, .owner = -1};

	*is_new = at == MAP_NONE;
	if (!*is_new)
		return &r->l->at[at];
	if (!map_put(&r->objects, object, r->l->n) || !vec_push(r->l, lock))
		return NULL;
	return &r->l->at[r->l->n - 1];
}

static int thread_of(const struct reading *r, uint64_t ident)
{
	uint64_t at = ident ? map_get(&r->idents, ident) : MAP_NONE;

	return at == MAP_NONE ? -1 : (int)at;
}

static int thread_state_of(const struct reading *r, addr_t tstate)
{
	for (size_t i = 0; i < r->s->n; i++)
		if (r->s->at[i].tstate == tstate)
			return (int)i;
	return -1;
}

/* A GIL is owned by whoever holds it. */
static struct lock *add_gil(struct reading *r, const struct stack_thread *th)
{
	bool is_new;

	vec_foreach (g, &r->s->gils) {
		struct lock *lock;

		if (g->interp && g->interp != th->interp)
			continue;
		/* before 3.7 there is one, and it is no struct */
		lock = get_lock(r, WAIT_gil, g->at ? g->at : r->s->py->known[K_tstate_current],
				&is_new);
		if (lock && is_new && g->holder) {
			lock->owner = thread_state_of(r, g->holder);
			lock->evidence = OWNER_RECORDED;
			lock->held = HELD_YES;
			lock->ident = lock->owner >= 0 ? r->s->at[lock->owner].ident : 0;
		}
		return lock;
	}
	return NULL;
}

static struct lock *add_wait(struct reading *r, const struct wait *w)
{
	bool is_new;
	struct lock *lock = get_lock(r, w->kind, w->object, &is_new);

	if (!lock || !is_new)
		return lock;
	lock->held = w->object == w->lock ? w->held : HELD_UNKNOWN;
	lock->ident = w->owner;
	lock->owner = thread_of(r, w->owner);
	lock->evidence = w->owner ? OWNER_RECORDED : OWNER_UNKNOWN;
	return lock;
}

static bool add_waits(struct reading *r)
{
	for (size_t i = 0; i < r->s->n; i++) {
		const struct stack_thread *th = &r->s->at[i];
		bool gil = th->doing.gil == GIL_WAITS;
		struct lock *lock;

		r->l->waits[i] = -1;
		if (!gil && !th->wait.kind)
			continue;
		lock = gil ? add_gil(r, th) : add_wait(r, &th->wait);
		if (!lock)
			return gil && r->s->gils.n == 0;
		lock->waiters++;
		r->l->waits[i] = (int32_t)(lock - r->l->at);
	}
	return true;
}

/* ---- who has a lock that records no owner ---- */

static void add_candidate(struct lock *lock, uint32_t thread, const struct stack_thread *th,
			  uint32_t frame)
{
	if (lock->evidence == OWNER_RECORDED || lock->held == HELD_NO)
		return;
	if (lock->owner == (int)thread)
		return;
	if (!lock->candidates++) {
		lock->evidence = OWNER_WITH_BLOCK;
		lock->owner = (int)thread;
		lock->ident = th->ident;
		lock->owner_frame = frame;
	}
}

static addr_t generator_of(struct reading *r, addr_t object)
{
	struct buf name = {0};
	addr_t type = peek_type(r->s->py, object), gen = 0;

	type_repr_name(r->s->py, type, &name);
	if (!strcmp(buf_text(&name), "contextlib._GeneratorContextManager") ||
	    !strcmp(buf_text(&name), "contextlib.GeneratorContextManager"))
		gen = peek_attribute(r->s->py, object, "gen");
	buf_release(&name);
	return gen;
}

/* Condition.wait lets go of the lock in whose with block it is called. */
static addr_t let_go(struct reading *r, const struct pyframe *f)
{
	const char *name = r->s->codes.at[f->code].name, *dot = name ? strrchr(name, '.') : NULL;
	addr_t self;

	if (!name || strcmp(dot ? dot + 1 : name, "wait"))
		return 0;
	self = slot_self_argument(r->s->py, f, &r->s->codes.at[f->code]);
	return self && waitable_of(&r->s->waits, self) == WAIT_condition
		   ? waitable_lock(&r->s->waits, self)
		   : 0;
}

/* Is the thread in with blocks on locks that are waited for? */
static void look_at_objects(struct reading *r, uint32_t thread, uint32_t frame, addr_t gone,
			    const addr_t *objects, unsigned n, unsigned depth)
{
	/* an ExitStack may hold others: of damaged ones very many */
	for (unsigned k = 0; k < n && (!depth || r->frames++ < FRAMES_ALL); k++) {
		addr_t lock = waitable_lock(&r->s->waits, objects[k]), inner[EXIT_STACK_MAX];
		uint64_t at = lock && lock != gone ? map_get(&r->objects, lock) : MAP_NONE;
		struct pyframe f;
		unsigned inside;

		if (at != MAP_NONE)
			add_candidate(&r->l->at[at], thread, &r->s->at[thread], frame);
		if (lock || depth >= CONTEXTS_MAX)
			continue;
		/* contextlib.contextmanager: a generator that stands in with blocks of its own */
		if (frame_of_generator(&r->s->codes, generator_of(r, objects[k]), &f))
			inside = with_blocks(&r->with, &f, inner);
		else
			inside = exit_stack_objects(r->s->py, objects[k], inner);
		look_at_objects(r, thread, frame, gone, inner, inside, depth + 1);
	}
}

static void look_at_frames(struct reading *r, uint32_t thread)
{
	const struct stack_thread *th = &r->s->at[thread];
	addr_t found[WITH_BLOCKS_MAX], gone = 0;

	for (uint32_t i = 0; i < th->chain.n && i < FRAMES_LOOK && r->frames < FRAMES_ALL; i++) {
		const struct pyframe *f = &th->chain.at[i];
		unsigned n = with_blocks(&r->with, f, found);
		addr_t waited = let_go(r, f);

		r->frames++;
		gone = waited ? waited : gone;
		look_at_objects(r, thread, i, gone, found, n, 0);
	}
}

static bool wants_candidates(const struct lock_table *l)
{
	vec_foreach (lock, l)
		if (lock->evidence == OWNER_UNKNOWN && lock->held != HELD_NO)
			return true;
	return false;
}

bool locks_read(struct lock_table *l, struct stacks *s)
{
	struct reading r = {.l = l, .s = s, .with = {.py = s->py, .codes = &s->codes}};
	bool ok, wanted;

	l->waits = calloc(s->n + 1, sizeof(*l->waits));
	ok = l->waits != NULL;
	l->n_waits = ok ? s->n : 0;
	ok = ok && stacks_idents(s, &r.idents) && add_waits(&r);
	wanted = ok && wants_candidates(l);
	for (uint32_t i = 0; wanted && i < s->n; i++)
		look_at_frames(&r, i);
	map_release(&r.objects);
	map_release(&r.idents);
	with_reader_release(&r.with);
	return ok;
}

const struct lock *locks_wait(const struct lock_table *l, size_t thread)
{
	size_t at = thread - l->added;

	return at < l->n_waits && l->waits[at] >= 0 ? &l->at[l->waits[at]] : NULL;
}

void locks_moved(struct lock_table *l)
{
	l->added++;
	vec_foreach (lock, l)
		lock->owner += lock->owner >= 0;
	vec_foreach (thread, &l->cycles)
		++*thread;
}

/* ---- cycles ---- */

/* The thread that must move before this one can; -1 = nobody known. */
static int next_of(const struct lock_table *l, uint32_t thread)
{
	const struct lock *lock = locks_wait(l, thread);

	return lock && lock->candidates <= 1 && lock->kind != WAIT_semaphore ? lock->owner : -1;
}

static bool add_cycle(struct lock_table *l, uint32_t from)
{
	uint32_t at = from;

	if (!vec_push(&l->deadlocks, (uint32_t)l->cycles.n))
		return false;
	do {
		if (!vec_push(&l->cycles, at))
			return false;
		at = (uint32_t)next_of(l, at);
	} while (at != from);
	return true;
}

/* Each thread waits for one at most: from every thread along the arrows, each once. */
static bool find_cycles(struct lock_table *l, size_t n)
{
	uint32_t *seen = calloc(n + 1, sizeof(*seen)); /* 0 no, else in whose walk */
	bool ok = seen != NULL;

	for (uint32_t i = 0; ok && i < n; i++) {
		int at = (int)i;

		while (at >= 0 && !seen[at]) {
			seen[at] = i + 1;
			at = next_of(l, (uint32_t)at);
		}
		if (at >= 0 && seen[at] == i + 1)
			ok = add_cycle(l, (uint32_t)at);
	}
	free(seen);
	return ok;
}

const uint32_t *locks_cycle(const struct lock_table *l, size_t i, size_t *n)
{
	size_t first = l->deadlocks.at[i];

	*n = (i + 1 < l->deadlocks.n ? l->deadlocks.at[i + 1] : l->cycles.n) - first;
	return &l->cycles.at[first];
}

bool locks_finish(struct lock_table *l, const struct stacks *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (l->waits[i] >= 0 && !l->at[l->waits[i]].name)
			l->at[l->waits[i]].name = s->at[i].wait.name;
	return find_cycles(l, s->n);
}
