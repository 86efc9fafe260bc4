/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stacks of a process that runs on. What was read of a chain, one piece after the other, need not have been there at
 * one moment: a generator that has yielded meanwhile ends the chain in its middle. To read it twice alike proves
 * nothing where a thread comes back to the same place again and again. So all words that the chain follows from are
 * read once more, in one go, twice: that takes little more time than a generator needs for a turn and back. And as a
 * thread's outermost frame stays for long, and a chain that is torn ends elsewhere, two such chains must end alike.
 * Where they end in a generator they are torn most likely, for it is run by some other frame but where C code alone runs
 * it: then very many must.
 */
#include "stack/frames.h"
#include "target/target.h"

#define TRIES_MAX  200
#define LOOKS	   2
#define ALIKE	   1   /* chains that end like the one before */
#define ALIKE_GENERATORS 100

struct look {
	addr_t *at;
	uint64_t *now;
	size_t cap;
};

static bool look_reserve(struct look *l, size_t n)
{
	if (n <= l->cap)
		return true;
	free(l->at);
	free(l->now);
	l->at = malloc(n * sizeof(*l->at));
	l->now = malloc(n * sizeof(*l->now));
	l->cap = l->at && l->now ? n : 0;
	return l->cap;
}

static bool same_word(const struct chain_word *w, uint64_t now)
{
	uint64_t mask = w->size < 8 ? (1ull << (8 * w->size)) - 1 : UINT64_MAX;

	return (now & mask) == (w->value & mask);
}

/* Are the words what they were? */
static bool holds(struct target *t, const struct chain_words *words, struct look *l)
{
	for (size_t i = 0; i < words->n; i++)
		l->at[i] = words->at[i].at;
	for (int k = 0; k < LOOKS; k++) {
		if (!target_read_words(t, l->at, words->n, l->now))
			return false;
		for (size_t i = 0; i < words->n; i++)
			if (!same_word(&words->at[i], l->now[i]))
				return false;
	}
	return true;
}

static addr_t outermost(const struct chain *c)
{
	return c->n ? c->at[c->n - 1].addr : 0;
}

static bool ends_in_generator(const struct chain *c, const struct codes *codes)
{
	const uint64_t *k = codes->py->L.c;

	return c->n && codes->at[c->at[c->n - 1].code].flags &
			   (k[C_CO_GENERATOR] | k[C_CO_COROUTINE] | k[C_CO_ASYNC_GENERATOR]);
}

bool chain_read_moving(struct chain *c, struct codes *codes, addr_t tstate, uint64_t *again)
{
	struct target *t = codes->py->t;
	struct chain_words words = {0};
	struct look look = {0};
	bool ok = true, right = false;
	int alike = -1;
	addr_t end = 0;

	for (int i = 0; ok && !right && i < TRIES_MAX; i++) {
		*again += i > 1;
		target_forget(t);
		ok = chain_read_with(c, codes, tstate, &words) && look_reserve(&look, words.n + 1);
		if (!ok || !holds(t, &words, &look))
			continue;
		alike = alike >= 0 && end == outermost(c) ? alike + 1 : 0;
		end = outermost(c);
		right = alike >= (ends_in_generator(c, codes) ? ALIKE_GENERATORS : ALIKE);
	}
	target_forget(t);
	if (ok && !right)
		c->end = CHAIN_TORN;
	free(look.at);
	free(look.now);
	vec_release(&words);
	return ok;
}
