/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which thread of the operating system a thread state belongs to. On Linux with glibc the
 * interpreter's ident is pthread_t, the address of glibc's struct pthread: the thread pointer of
 * that thread (fs on x86-64), and the thread's id lies in it. That holds whoever made the thread
 * and in every PID namespace.
 */
#include "stack/stacks.h"
#include "target/target.h"

/* Where struct pthread has the id: the same in glibc 2.31 to 2.43; libc's own word for it (for
 * debuggers) goes first. */
#define PTHREAD_TID 720

uint32_t stacks_tid_offset(struct target *t)
{
	uint32_t said = python_pthread_tid_offset(t);

	return said ? said : PTHREAD_TID;
}

/* To the index in target.threads, by thread pointer and by the id that the process itself sees. */
struct lookup {
	struct map by_pointer, by_inner_id;
	uint32_t tid_offset; /* 0 = it was not asked for yet */
};

static void lookup_fill(struct lookup *l, const struct target *t)
{
	for (size_t i = 0; i < t->threads.n; i++) {
		const struct thread *th = &t->threads.at[i];

		/* out of memory: that thread is not found, and says so */
		if (th->has_regs && th->fs_base && !map_put(&l->by_pointer, th->fs_base, i))
			return;
		if (th->ns_tid > 0 && !map_put(&l->by_inner_id, th->ns_tid, i))
			return;
	}
}

static int find(const struct map *m, uint64_t key)
{
	uint64_t at = key ? map_get(m, key) : MAP_NONE;

	return at == MAP_NONE ? -1 : (int)at;
}

int stacks_inner_id(struct target *t, uint64_t ident, uint32_t offset)
{
	uint32_t id;

	return ident && target_read_u32(t, ident + offset, &id) && id <= INT32_MAX ? (int)id : 0;
}

static void match(struct stacks *s, struct stack_thread *th, struct lookup *l)
{
	struct target *t = s->py->t;
	int noted = th->native_id > 0 ? th->native_id : 0, id = 0;

	th->os = find(&l->by_pointer, th->ident);
	if (th->os < 0) {
		if (!l->tid_offset)
			l->tid_offset = stacks_tid_offset(t);
		id = stacks_inner_id(t, th->ident, l->tid_offset);
		th->os = find(&l->by_inner_id, id);
	}
	if (th->os < 0) /* the interpreter does not hear of every fork: its word comes last */
		th->os = find(&l->by_inner_id, noted);
	if (th->os >= 0)
		th->tid = t->threads.at[th->os].tid;
	else /* a core that was cut off before its notes says nothing of threads */
		th->tid = t->threads.n || noted ? noted : id;
	th->main = th->os >= 0 && th->tid == t->pid;
}

/* The only thread without a thread state is that of the only stack without one. */
static void match_lost(struct stacks *s)
{
	const struct target *t = s->py->t;
	struct stack_thread *lost = NULL;
	struct map taken = {0};
	size_t n = 0;

	vec_foreach (th, s) {
		if (th->lost) {
			lost = th;
			n++;
		}
		if (th->os >= 0 && !map_put(&taken, th->os, 1))
			n = 2; /* memory is out: it stays unknown */
	}
	for (size_t i = 0; n == 1 && taken.n + 1 == t->threads.n && i < t->threads.n; i++)
		if (map_get(&taken, i) == MAP_NONE) {
			lost->os = (int)i;
			lost->tid = t->threads.at[i].tid;
			lost->main = lost->tid == t->pid;
		}
	map_release(&taken);
}

void stacks_match(struct stacks *s)
{
	struct lookup l = {0};

	lookup_fill(&l, s->py->t);
	vec_foreach (th, s)
		if (!th->lost)
			match(s, th, &l);
	match_lost(s);
	map_release(&l.by_pointer);
	map_release(&l.by_inner_id);
	stacks_find_runners(s);
	stacks_find_orphans(s);
}
