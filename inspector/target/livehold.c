/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live process held still for point reads. As for an image, all ptrace calls are made by a thread
 * of their own that ends right after it let go (freeze.h); the caller reads meanwhile.
 */
#include <elf.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <time.h>
#include "base/map.h"
#include "target/freeze.h"
#include "target/live.h"
#include "target/obstacle.h"
#include "target/procinfo.h"
#include "target/regs.h"

#define HOLD_BUDGET   2.0 /* seconds until all threads must stand */
#define HELP_AFTER_MS 20  /* a freeze takes less, unless somebody waits for somebody */

struct hold {
	struct target *t;
	struct live *live;
	struct freezer freezer;
	struct thread_list standing; /* with registers, without names */
	pthread_t holder;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	bool stands, let_go; /* under the lock: the holder's word, and ours */
	double start, end;
	enum err err;
	struct diag diag;
};

static bool read_registers(struct hold *h)
{
	uint16_t machine = our_machine();

	vec_foreach (f, &h->freezer.threads) {
		struct thread th = {.tid = f->tid};
		uint64_t regs[64];
		struct iovec v = {regs, sizeof(regs)};

		if (!f->stopped || f->gone)
			continue;
		if (!ptrace(PTRACE_GETREGSET, f->tid, (void *)(uintptr_t)NT_PRSTATUS, &v))
			thread_set_regs(&th, machine, regs, v.iov_len);
		if (!vec_push(&h->standing, th))
			return false;
	}
	return true;
}

static void *hold_still(void *arg)
{
	struct hold *h = arg;
	enum err e;

	h->start = clock_seconds();
	e = freezer_freeze(&h->freezer, HOLD_BUDGET, &h->diag);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	if (!e && !read_registers(h)) {
		freezer_thaw(&h->freezer);
		e = diag_set(&h->diag, ERR_NOMEM, "out of memory");
	}
	pthread_mutex_lock(&h->lock);
	h->err = e;
	h->stands = true;
	pthread_cond_broadcast(&h->turn);
	while (!e && !h->let_go)
		pthread_cond_wait(&h->turn, &h->lock);
	pthread_mutex_unlock(&h->lock);
	if (!e)
		freezer_thaw(&h->freezer);
	h->end = clock_seconds();
	return NULL;
}

static void hold_free(struct hold *h)
{
	freezer_release(&h->freezer);
	vec_release(&h->standing);
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->turn);
	free(h);
}

/* Signals to us are the other threads' business. */
static int start_holder(struct hold *h)
{
	sigset_t all, old;
	int sys;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	sys = pthread_create(&h->holder, NULL, hold_still, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return sys;
}

/* Waits a little for the holder's word. Under the lock. */
static void wait_a_little(struct hold *h)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += HELP_AFTER_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&h->turn, &h->lock, &until);
}

/* Sees to it that the freeze comes to an end: a holder that is stuck is cancelled. */
static enum err wait_until_it_stands(struct hold *h)
{
	double start = clock_seconds();
	bool late = false, stands;
	enum err e;

	pthread_mutex_lock(&h->lock);
	while (!h->stands && !late) {
		wait_a_little(h);
		if (h->stands)
			break;
		freezer_help(h->live->pid);
		late = clock_seconds() - start > HOLD_BUDGET * 1.5 || target_interrupted(h->t);
	}
	stands = h->stands;
	e = h->err;
	if (!stands) /* it cannot be cancelled once it waits for our lock: then it is told to let go
		      */
		h->let_go = true;
	pthread_mutex_unlock(&h->lock);
	if (stands)
		return e;
	pthread_cancel(h->holder);
	return target_interrupted(h->t) ? ERR_INTERRUPTED : ERR_UNSUPPORTED;
}

static enum err begin(struct hold *h, struct diag *d)
{
	enum err e = freezer_init(&h->freezer, h->live->pid, h->t->options.interrupted, d);
	int sys;

	if (e)
		return e;
	if (!vec_reserve(&h->standing, h->t->threads.n + 64))
		return diag_set(d, ERR_NOMEM, "out of memory");
	sys = start_holder(h);
	if (sys)
		return diag_sys(d, ERR_NOMEM, sys, "no thread can be started");
	e = wait_until_it_stands(h);
	if (!e)
		return OK;
	pthread_join(h->holder, NULL);
	if (h->diag.code != e)
		return diag_set(d, e, "a thread could not be seized in time");
	*d = h->diag;
	return e;
}

/* Names and states as /proc gave them before, registers as they were while it stood. */
static void join_threads(struct hold *h)
{
	struct thread_list *old = &h->t->threads, swap;
	struct map known = {0};

	for (size_t i = 0; i < old->n; i++)
		if (!map_put(&known, old->at[i].tid, i))
			break;
	vec_foreach (th, &h->standing) {
		uint64_t at = map_get(&known, th->tid);
		struct thread regs = *th;

		if (at != MAP_NONE)
			*th = old->at[at];
		else
			proc_thread_describe(h->live->pid, th->tid, th);
		th->has_regs = regs.has_regs;
		th->sp = regs.sp;
		th->pc = regs.pc;
		th->fs_base = regs.fs_base;
		th->regs_size = regs.regs_size;
		memcpy(th->regs, regs.regs, sizeof(th->regs));
	}
	swap = *old;
	*old = h->standing;
	h->standing = swap;
	map_release(&known);
}

enum err live_hold(struct target *t, struct diag *d)
{
	struct live *l = t->state;
	struct hold *h;
	enum err e;

	if (obstacle_to_pause(t, &t->threads))
		return OK;
	h = calloc(1, sizeof(*h));
	if (!h)
		return diag_set(d, ERR_NOMEM, "out of memory");
	h->t = t;
	h->live = l;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->turn, NULL);
	e = begin(h, d);
	if (!e) {
		join_threads(h);
		l->hold = h;
		t->held = true;
		return OK;
	}
	hold_free(h);
	if (e == ERR_INTERRUPTED)
		return target_says_interrupted(d);
	if (e != ERR_PERMISSION && e != ERR_UNSUPPORTED)
		return e;
	obstacle_not_frozen(t, &t->threads, d);
	*d = (struct diag){0};
	t->pause = PAUSE_REFUSED;
	return OK;
}

void live_let_go(struct target *t)
{
	struct live *l = t->state;
	struct hold *h = l->hold;

	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->let_go = true;
	pthread_cond_broadcast(&h->turn);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->holder, NULL);
	l->hold = NULL;
	t->held = false;
	t->pause = PAUSE_FROZEN;
	t->pause_seconds = h->end - h->start;
	hold_free(h);
}
