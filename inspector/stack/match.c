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

static uint32_t tid_offset(struct target *t)
{
	addr_t at;
	uint64_t size;
	uint32_t desc[3]; /* bits, elements, offset: nptl_db/structs.def */

	if (target_find_symbol(t, "_thread_db_pthread_tid", &at, &size) && size >= sizeof(desc) &&
	    target_read(t, at, desc, sizeof(desc)) && desc[0] == 32 && desc[2] < 65536)
		return desc[2];
	return PTHREAD_TID;
}

/* To the index in target.threads, by thread pointer and by the id that the process itself sees. */
struct lookup {
	struct map by_pointer, by_inner_id;
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

static int inner_id(struct target *t, const struct stack_thread *th, uint32_t offset)
{
	uint32_t id;

	if (th->native_id > 0)
		return th->native_id;
	return th->ident && target_read_u32(t, th->ident + offset, &id) && id <= INT32_MAX ? (int)id
											   : 0;
}

void stacks_match(struct stacks *s)
{
	struct target *t = s->py->t;
	struct lookup l = {0};
	uint32_t offset = 0;

	lookup_fill(&l, t);
	vec_foreach (th, s) {
		th->os = find(&l.by_pointer, th->ident);
		if (th->os < 0) {
			if (!offset)
				offset = tid_offset(t);
			th->os = find(&l.by_inner_id, inner_id(t, th, offset));
		}
		th->tid = th->os >= 0 ? t->threads.at[th->os].tid : th->native_id;
		th->main = th->os >= 0 && th->tid == t->pid;
	}
	map_release(&l.by_pointer);
	map_release(&l.by_inner_id);
	stacks_find_runners(s);
}
