/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/fold.h"

#define PERIOD_MAX	  8  /* functions that call each other in turn */
#define PERIOD_MAX_NATIVE 64 /* with the C functions between them */
#define TIMES_MIN  4 /* less than that is not worth a line of its own */

static bool same_place(const struct pyframe *a, const struct pyframe *b)
{
	return a->code == b->code && a->at == b->at;
}

struct folding {
	const struct stack_items *items;
	const struct chain *c;
	const struct native_chain *nc;
};

static bool same_item(const struct folding *w, size_t i, size_t k)
{
	const struct stack_item *a = items_outer(w->items, i), *b = items_outer(w->items, k);

	if (a->kind != b->kind || a->line != b->line)
		return false;
	return a->kind == ITEM_PYTHON ? same_place(&w->c->at[a->frame], &w->c->at[b->frame])
				      : w->nc->at[a->frame].place == w->nc->at[b->frame].place;
}

/* How often the `period` frames from i on come in a row. */
static size_t times_at(const struct folding *w, size_t i, size_t period)
{
	size_t k = i + period;

	while (k < w->items->n && same_item(w, k, k - period))
		k++;
	return (k - i) / period;
}

bool folds_make(struct folds *f, const struct stack_items *it, const struct chain *c, const struct native_chain *nc)
{
	const struct folding w = {it, c, nc};
	size_t longest = nc ? PERIOD_MAX_NATIVE : PERIOD_MAX;

	f->n = 0;
	for (size_t i = 0; i < it->n;) {
		struct fold best = {i, 1, 1};

		for (size_t period = 1; period <= longest && i + period < it->n; period++) {
			size_t times = times_at(&w, i, period);

			if (times >= TIMES_MIN) {
				best = (struct fold){i, period, times};
				break;
			}
		}
		if (!vec_push(f, best))
			return false;
		i += best.period * best.times;
	}
	return true;
}

uint64_t chain_hash(const struct codes *codes, const struct chain *c)
{
	uint64_t h = c->n + ((uint64_t)c->end << 32);

	for (size_t i = 0; i < c->n; i++)
		h = map_hash(h ^ (codes->at[c->at[i].code].identity + (uint32_t)c->at[i].at)) + i;
	return h;
}

bool chain_same_places(const struct codes *codes_a, const struct chain *a, const struct codes *codes_b,
		       const struct chain *b)
{
	if (a->n != b->n || a->end != b->end)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->at[i].at != b->at[i].at || !code_same(&codes_a->at[a->at[i].code], &codes_b->at[b->at[i].code]))
			return false;
	return true;
}
