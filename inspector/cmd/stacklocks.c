/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whom, and deadlocks: as text and as rows. */
#include <stdio.h>
#include "cmd/stackshow.h"
#include "target/target.h"

#define WAITERS_NAMED 8

static const struct out_column lock_columns[] = {
    {.name = "pid", .type = COL_COUNT},
    {.name = "object", .type = COL_ADDRESS},	  {.name = "type", .type = COL_STRING},
    {.name = "name", .type = COL_STRING},	  {.name = "locked", .type = COL_BOOL},
    {.name = "owner", .type = COL_COUNT}, /* tid */ {.name = "owner_ident", .type = COL_COUNT},
    {.name = "owner_evidence", .type = COL_STRING}, {.name = "owner_depth", .type = COL_COUNT},
    {.name = "candidates", .type = COL_COUNT},	  {.name = "waiters", .type = COL_COUNT},
};

static const struct out_column wait_columns[] = {
    {.name = "lock", .type = COL_COUNT}, /* index in "locks" */
    {.name = "tid", .type = COL_COUNT},
    {.name = "ident", .type = COL_COUNT},
};

static const struct out_column deadlock_columns[] = {
    {.name = "deadlock", .type = COL_COUNT}, /* number, from 0 */
    {.name = "pid", .type = COL_COUNT},
    {.name = "tid", .type = COL_COUNT},
    {.name = "ident", .type = COL_COUNT},
    {.name = "waits_for", .type = COL_ADDRESS},
    {.name = "held_by", .type = COL_COUNT}, /* tid */
    {.name = "owner_evidence", .type = COL_STRING},
    {.name = "timed", .type = COL_BOOL},
};

static const char *const evidence[] = {
    [OWNER_UNKNOWN] = NULL,
    [OWNER_RECORDED] = "recorded",
    [OWNER_WITH_BLOCK] = "with block",
};

static bool is_thread(const struct lock *lock)
{
	return lock->kind == WAIT_thread || lock->kind == WAIT_handle;
}

/* Can one thread have it? A Condition, an Event, a Queue is waited for until something happens. */
static bool can_be_held(const struct lock *lock)
{
	switch (lock->kind) {
	case WAIT_condition:
	case WAIT_event:
	case WAIT_barrier:
	case WAIT_queue:
	case WAIT_simplequeue:
	case WAIT_future:
	case WAIT_semaphore:
		return false;
	default:
		return true;
	}
}

static void add_owner(struct stack_view *v, const struct lock *lock, struct buf *b)
{
	const struct stack_thread *th = lock->owner >= 0 ? &v->stacks.at[lock->owner] : NULL;

	if (!th && !lock->ident) {
		if (can_be_held(lock))
			buf_str(b, lock->held == HELD_NO ? ", held by nobody" : ", owner unknown");
		return;
	}
	buf_str(b, is_thread(lock)				? ", which is "
		   : lock->evidence == OWNER_WITH_BLOCK ? ", likely held by "
							: ", held by ");
	if (th)
		stack_owner_name(v, th, b);
	else
		buf_printf(b, "no thread that is here (0x%llx)", (unsigned long long)lock->ident);
	if (lock->evidence == OWNER_WITH_BLOCK) {
		const struct pyframe *f = &th->chain.at[lock->owner_frame];

		buf_printf(b, " (in a with block of %s ", stack_name(v, f));
		buf_escaped(b, stack_file(v, f), strlen(stack_file(v, f)));
		buf_printf(b, ":%d)", stacks_place(&v->stacks, f).line);
	}
	if (lock->candidates > 1)
		buf_printf(b, ", one of %u that are in with blocks on it", lock->candidates);
}

static void add_waiters(struct stack_view *v, size_t index, struct buf *b)
{
	const struct lock_table *l = &v->stacks.locks;
	unsigned named = 0;
	char n[32];

	for (size_t i = 0; i < v->stacks.n && named < WAITERS_NAMED; i++) {
		if (locks_wait(l, i) != &l->at[index])
			continue;
		if (named++)
			buf_str(b, ", ");
		stack_thread_name(v, &v->stacks.at[i], b);
	}
	if (l->at[index].waiters > named)
		buf_printf(b, " and %s more", stack_grouped(l->at[index].waiters - named, n));
}

static void lock_text(struct stack_view *v, size_t index)
{
	const struct lock *lock = &v->stacks.locks.at[index];
	struct buf b = {0};

	stack_object(lock->kind, lock->object, lock->name, &b);
	add_owner(v, lock, &b);
	out_text(v->out, "  %s", buf_text(&b));
	buf_clear(&b);
	add_waiters(v, index, &b);
	out_text(v->out, "    waited for by %s", buf_text(&b));
	buf_release(&b);
}

/* 1 "a" waits for Lock 0x1, held by 2 "b", which waits for Lock 0x2, held by 1 "a". */
static void cycle_text(struct stack_view *v, size_t i)
{
	const struct lock_table *l = &v->stacks.locks;
	bool timed = false;
	size_t n;
	const uint32_t *cycle = locks_cycle(l, i, &n);
	struct buf b = {0};

	out_text(v->out, n > 1 ? "Deadlock of %zu threads:" : "Deadlock of a thread with itself:", n);
	for (size_t k = 0; k < n; k++) {
		const struct stack_thread *th = &v->stacks.at[cycle[k]];
		const struct lock *lock = locks_wait(l, cycle[k]);

		buf_clear(&b);
		stack_thread_name(v, th, &b);
		buf_str(&b, " waits for ");
		stack_object(lock->kind, lock->object, lock->name, &b);
		add_owner(v, lock, &b);
		out_text(v->out, "  %s", buf_text(&b));
		timed |= th->doing.timed;
	}
	if (timed)
		out_text(v->out, "  It may end by a time-out");
	buf_release(&b);
}

void stack_locks_text(struct stack_view *v, bool several)
{
	const struct lock_table *l = &v->stacks.locks;
	char of[48] = "";

	if (several)
		snprintf(of, sizeof(of), " in process %d", v->session->target->pid);
	out_text(v->out, "%s", "");
	if (l->n)
		out_text(v->out, "Waited for%s:", of);
	else
		out_text(v->out, "No thread waits for another one or for an object%s", of);
	for (size_t i = 0; i < l->n; i++)
		lock_text(v, i);
	for (size_t i = 0; i < l->deadlocks.n; i++) {
		out_text(v->out, "%s", "");
		cycle_text(v, i);
	}
}

static uint64_t tid_of(const struct stack_view *v, int thread)
{
	int tid = thread >= 0 ? v->stacks.at[thread].tid : 0;

	return tid ? (uint64_t)tid : OUT_NULL;
}

static uint64_t pid_of(const struct stack_view *v)
{
	int pid = v->session->target->pid;

	return pid ? (uint64_t)pid : OUT_NULL;
}

static void lock_row(struct stack_view *v, const struct lock *lock)
{
	bool block = lock->evidence == OWNER_WITH_BLOCK;

	out_row(v->out, (union out_value[]){
			    {.u = pid_of(v)},
			    {.u = lock->object},
			    {.s = waitable_name(lock->kind)},
			    {.s = lock->name},
			    {.u = lock->held == HELD_UNKNOWN ? OUT_NULL : lock->held == HELD_YES},
			    {.u = tid_of(v, lock->owner)},
			    {.u = lock->ident ? lock->ident : OUT_NULL},
			    {.s = evidence[lock->evidence]},
			    {.u = block ? lock->owner_frame : OUT_NULL},
			    {.u = lock->candidates},
			    {.u = lock->waiters},
			});
}

/* `first`: number of the process' first lock. */
static void wait_rows(struct stack_view *v, size_t first)
{
	const struct lock_table *l = &v->stacks.locks;

	for (size_t i = 0; i < v->stacks.n; i++) {
		const struct lock *lock = locks_wait(l, i);

		if (lock)
			out_row(v->out, (union out_value[]){
					    {.u = first + (size_t)(lock - l->at)},
					    {.u = tid_of(v, (int)i)},
					    {.u = v->stacks.at[i].ident},
					});
	}
}

static void deadlock_rows(struct stack_view *v, size_t i, size_t number)
{
	const struct lock_table *l = &v->stacks.locks;
	size_t n;
	const uint32_t *cycle = locks_cycle(l, i, &n);

	for (size_t k = 0; k < n; k++) {
		const struct stack_thread *th = &v->stacks.at[cycle[k]];
		const struct lock *lock = locks_wait(l, cycle[k]);

		out_row(v->out, (union out_value[]){
				    {.u = number},
				    {.u = pid_of(v)},
				    {.u = tid_of(v, (int)cycle[k])},
				    {.u = th->ident},
				    {.u = lock->object},
				    {.u = tid_of(v, lock->owner)},
				    {.s = evidence[lock->evidence]},
				    {.u = th->doing.timed},
				});
	}
}

void stack_locks_rows(struct stack_set *set)
{
	size_t locks = 0, deadlocks = 0;

	out_table(set->out, "locks", lock_columns, ARRAY_SIZE(lock_columns));
	vec_foreach (v, set)
		vec_foreach (lock, &(*v)->stacks.locks)
			lock_row(*v, lock);
	out_table(set->out, "waits", wait_columns, ARRAY_SIZE(wait_columns));
	vec_foreach (v, set) {
		wait_rows(*v, locks);
		locks += (*v)->stacks.locks.n;
	}
	out_table(set->out, "deadlocks", deadlock_columns, ARRAY_SIZE(deadlock_columns));
	vec_foreach (v, set)
		for (size_t i = 0; i < (*v)->stacks.locks.deadlocks.n; i++)
			deadlock_rows(*v, i, deadlocks++);
	out_total_u64(set->out, "deadlocks", deadlocks);
}
