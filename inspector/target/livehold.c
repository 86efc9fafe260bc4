/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live process held still for point reads. As for an image, all ptrace calls are made by a thread
 * of their own that ends right after it let go (freeze.h); the caller reads meanwhile.
 */
#include <pthread.h>
#include <signal.h>
#include "target/freeze.h"
#include "target/live.h"
#include "target/obstacle.h"

#define HOLD_BUDGET 2.0 /* seconds until all threads must stand */

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

static void *hold_still(void *arg)
{
	struct hold *h = arg;
	enum err e;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	e = freezer_freeze(&h->freezer, HOLD_BUDGET, &h->diag);
	if (!e && !live_registers(&h->freezer, &h->standing)) {
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

/* @return whether the holder has said how it went. */
static bool stands_within(struct hold *h, long ms)
{
	struct timespec until = clock_in(ms);
	bool stands;

	pthread_mutex_lock(&h->lock);
	while (!h->stands && !pthread_cond_timedwait(&h->turn, &h->lock, &until))
		;
	stands = h->stands;
	pthread_mutex_unlock(&h->lock);
	return stands;
}

/* Sees to it that the freeze comes to an end, one way or the other. @return whether the holder runs
 * on. */
static bool watch(struct hold *h)
{
	while (!stands_within(h, FREEZER_HELP_MS)) {
		freezer_help(h->live->pid);
		if (clock_seconds() - h->start > HOLD_BUDGET * 1.5 || target_interrupted(h->t))
			pthread_cancel(h->holder);
		if (pthread_tryjoin_np(h->holder, NULL))
			continue;
		if (!h->stands)
			h->err = diag_set(
			    &h->diag, target_interrupted(h->t) ? ERR_INTERRUPTED : ERR_UNSUPPORTED,
			    "a thread could not be seized in time");
		return false;
	}
	if (h->err)
		pthread_join(h->holder, NULL);
	return !h->err;
}

static enum err begin(struct hold *h, struct diag *d)
{
	enum err e = freezer_init(&h->freezer, h->live->pid, h->t->options.interrupted, d);
	int sys;

	if (e)
		return e;
	if (!vec_reserve(&h->standing, h->t->threads.n + 64))
		return diag_set(d, ERR_NOMEM, "out of memory");
	h->start = clock_seconds();
	sys = start_holder(h);
	if (sys)
		return diag_sys(d, ERR_NOMEM, sys, "no thread can be started");
	if (watch(h))
		return OK;
	*d = h->diag;
	return h->err;
}

static void take_threads(struct hold *h)
{
	struct thread_list before = h->t->threads;

	live_join_threads(h->live->pid, &before, &h->standing);
	h->t->threads = h->standing;
	h->standing = before;
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
		take_threads(h);
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
