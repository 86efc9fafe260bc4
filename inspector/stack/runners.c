/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To 3.12 a sub-interpreter's thread state is noted as that of the thread which made the interpreter, whichever runs
 * its code. So where several thread states with frames are noted for one thread, the C stacks are asked: the thread
 * that runs a frame has the frame's address on its stack. One thread may run several, one inside of another.
 */
#include "stack/stacks.h"
#include "target/target.h"

#define CHUNK 4096
#define ELSEWHERE (UINT64_MAX - 1) /* in `noted`: more than one */

struct search {
	struct stacks *s;
	struct map wanted; /* address of an innermost frame -> index of its thread state */
	int *found;	   /* for each thread state: the thread that has its frame on its stack, -1 = none so far */
};

static void look(struct search *q, const uint64_t *words, size_t n, int os)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t at = map_get(&q->wanted, words[i]);

		/* the thread that it is noted for goes first */
		if (at != MAP_NONE && q->found[at] != q->s->at[at].os)
			q->found[at] = os;
	}
}

static void search_thread(struct search *q, int os)
{
	const struct python *py = q->s->py;
	addr_t at, end;
	uint64_t words[CHUNK / 8];

	if (!thread_stack(py, &py->t->threads.at[os], &at, &end))
		return;
	while (at < end) {
		size_t n = min_of(end - at, sizeof(words));

		if (!target_read(py->t, at, words, n))
			return;
		look(q, words, n / 8, os);
		at += n;
	}
}

/* Wants the frames of all that share a thread. False: there are none, or memory is out. */
static bool want(struct search *q)
{
	struct stacks *s = q->s;
	struct map noted = {0};
	bool ok = true;

	vec_foreach (th, s)
		if (ok && th->os >= 0 && th->chain.n)
			ok = map_put(&noted, th->os, map_get(&noted, th->os) == MAP_NONE ? 1 : ELSEWHERE);
	for (size_t i = 0; ok && i < s->n; i++) {
		const struct stack_thread *th = &s->at[i];

		if (th->os >= 0 && th->chain.n && map_get(&noted, th->os) == ELSEWHERE)
			ok = map_put(&q->wanted, th->chain.at[0].addr, i);
	}
	map_release(&noted);
	return ok && q->wanted.n;
}

void stacks_find_runners(struct stacks *s)
{
	struct search q = {.s = s};
	const struct target *t = s->py->t;

	if (want(&q) && (q.found = malloc(s->n * sizeof(*q.found)))) {
		memset(q.found, -1, s->n * sizeof(*q.found));
		for (size_t i = 0; i < t->threads.n; i++)
			search_thread(&q, (int)i);
		for (size_t i = 0; i < s->n; i++)
			if (q.found[i] >= 0) {
				s->at[i].on_stack = true;
				s->at[i].os = q.found[i];
				s->at[i].tid = t->threads.at[q.found[i]].tid;
				s->at[i].main = s->at[i].tid == t->pid;
			}
	}
	free(q.found);
	map_release(&q.wanted);
}
