/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which C stack belongs to which thread state. Mostly that is the system's thread; but several
 * interpreters may run on one thread, each called by the one before, and then its C stack is cut into
 * pieces: each has as many evaluation loops as the interpreter's frames need, and the address of its
 * innermost frame is a word of the piece, as the loop keeps it there. Only one way to cut may fit.
 */
#include "stack/merge.h"
#include "stack/stacks.h"
#include "target/target.h"

#define SHARERS_MAX 4		   /* interpreters on one thread whose order is tried */
#define PIECE_MAX   (16u << 20) /* bytes of stack that are looked through for one frame */

struct share {
	struct stacks *s;
	struct natives *n;
	struct native_reader reader;
	const struct native_chain *c;
	struct { VEC(size_t); } loops; /* frames of the chain, innermost first */
	struct stack_thread *of[SHARERS_MAX];
	size_t n_of;
};

static bool is_loop(const struct share *w, size_t i)
{
	const struct native_place *places = w->n->places.at, *p = &places[w->c->at[i].place];

	return p->eval && !(p->part && i + 1 < w->c->n && places[w->c->at[i + 1].place].eval);
}

static bool find_loops(struct share *w)
{
	bool ok = true;

	w->loops.n = 0;
	for (size_t i = 0; ok && i < w->c->n; i++)
		if (is_loop(w, i))
			ok = vec_push(&w->loops, i);
	return ok;
}

static size_t entries_of(const struct stack_thread *th)
{
	size_t n = 0;

	vec_foreach (f, &th->chain)
		n += f->entry != ENTRY_NO;
	return n;
}

static bool has_word(struct share *w, addr_t from, addr_t to, addr_t word)
{
	uint64_t v;

	from = round_up(from, 8);
	to = min_of(to, from + PIECE_MAX);
	for (addr_t a = from; a < to; a += 8)
		if (native_read(&w->reader, a, &v, sizeof(v)) && v == word)
			return true;
	return false;
}

/* The stack pointer above frame i. */
static addr_t above(const struct share *w, size_t i)
{
	return i + 1 < w->c->n ? w->c->at[i + 1].sp : w->c->at[i].sp;
}

/* Does the order fit, innermost first? */
static bool fits(struct share *w, const size_t order[SHARERS_MAX])
{
	size_t loop = 0;

	for (size_t k = 0; k < w->n_of; k++) {
		const struct stack_thread *th = w->of[order[k]];
		addr_t from = loop ? above(w, w->loops.at[loop - 1]) : w->c->at[0].sp;

		if (!has_word(w, from, above(w, w->loops.at[loop]), th->chain.at[0].addr))
			return false;
		loop += entries_of(th);
	}
	return true;
}

static void swap(size_t *a, size_t *b)
{
	size_t was = *a;

	*a = *b;
	*b = was;
}

/* The next order of 0, 1, 2...; false after the last. */
static bool next_order(size_t order[SHARERS_MAX], size_t n)
{
	size_t i = n - 1, k = n - 1;

	while (i && order[i - 1] >= order[i])
		i--;
	if (!i)
		return false;
	while (order[k] <= order[i - 1])
		k--;
	swap(&order[i - 1], &order[k]);
	for (size_t from = i, to = n - 1; from < to; from++, to--)
		swap(&order[from], &order[to]);
	return true;
}

static bool find_order(struct share *w, size_t found[SHARERS_MAX])
{
	size_t order[SHARERS_MAX] = {0, 1, 2, 3}, ways = 0, entries = 0;

	for (size_t i = 0; i < w->n_of; i++) {
		if (w->of[i]->chain.end != CHAIN_WHOLE)
			return false;
		entries += entries_of(w->of[i]);
	}
	if (w->c->end != NATIVE_WHOLE || entries != w->loops.n)
		return false;
	do {
		if (fits(w, order) && ++ways == 1)
			memcpy(found, order, sizeof(order));
	} while (next_order(order, w->n_of));
	return ways == 1;
}

/* A chain of its own for each, up to the loop of the one that called it. False: memory is out. */
static bool cut(struct share *w, const size_t order[SHARERS_MAX])
{
	size_t loop = 0, from = 0;

	for (size_t k = 0; k < w->n_of; k++) {
		struct stack_thread *th = w->of[order[k]];
		struct native_chain piece = {.end = NATIVE_WHOLE, .late = w->c->late};
		size_t to;

		loop += entries_of(th);
		to = k + 1 < w->n_of ? w->loops.at[loop] : w->c->n;
		if (!vec_reserve(&piece, to - from))
			return false;
		memcpy(piece.at, w->c->at + from, (to - from) * sizeof(*piece.at));
		piece.n = to - from;
		if (!vec_push(&w->n->chains, piece)) {
			vec_release(&piece);
			return false;
		}
		/* the vector may have moved; the chains of the system's threads come first in it */
		w->c = &w->n->chains.at[th->os];
		th->native = (int)w->n->chains.n - 1;
		from = to;
	}
	return true;
}

/* The thread states with frames on that thread of the system, if they are several. */
static bool share_one(struct share *w, size_t os)
{
	size_t order[SHARERS_MAX], sharers = 0;

	w->n_of = 0;
	w->c = &w->n->chains.at[os];
	vec_foreach (th, w->s) {
		if (th->os != (int)os || !th->chain.n)
			continue;
		if (!sharers++)
			th->native = (int)os;
		if (w->n_of < SHARERS_MAX)
			w->of[w->n_of++] = th;
	}
	if (sharers < 2)
		return true;
	if (!find_loops(w))
		return false;
	if (sharers == w->n_of && find_order(w, order))
		return cut(w, order);
	w->of[0]->native_apart = true;
	return true;
}

bool stacks_share_natives(struct stacks *s, struct natives *n, const struct native_copy *copy)
{
	struct share w = {.s = s, .n = n, .reader = {.t = s->py->t, .copy = copy}};
	size_t threads = n->chains.n;
	uint8_t *seen = calloc(threads + 1, 1); /* thread states with frames, up to 2 */
	bool ok = seen;

	vec_foreach (th, s) {
		th->native = -1;
		if (!ok || th->os < 0 || (size_t)th->os >= threads || !th->chain.n)
			continue;
		if (!seen[th->os])
			th->native = th->os;
		seen[th->os] = (uint8_t)min_of(seen[th->os] + 1, 2);
	}
	/* where no frames of Python's are, one shows it */
	vec_foreach (th, s) {
		if (ok && th->os >= 0 && (size_t)th->os < threads && !seen[th->os]) {
			th->native = th->os;
			seen[th->os] = 1;
		}
	}
	for (size_t i = 0; ok && i < threads; i++)
		ok = seen[i] < 2 || share_one(&w, i);
	vec_release(&w.loops);
	free(seen);
	return ok;
}
