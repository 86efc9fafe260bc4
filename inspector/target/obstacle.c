/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <time.h>
#include "target/internal.h"
#include "target/obstacle.h"
#include "target/procinfo.h"

#define SLEEP_LOOKS 20 /* 5 ms apart: a short wait for a disk is no obstacle */

static const struct thread *first_traced(const struct thread_list *threads)
{
	vec_foreach (t, threads)
		if (t->tracer)
			return t;
	return NULL;
}

/* @return true if somebody traces it. */
static bool say_tracer(struct target *t, const struct thread_list *threads)
{
	const struct thread *traced = first_traced(threads);
	struct proc_status s = {0};
	bool stands = true;

	if (!traced)
		return false;
	if (proc_status_get(traced->tracer, &s) || !s.name[0])
		snprintf(s.name, sizeof(s.name), "?");
	vec_foreach (th, threads)
		stands &= th->state == 't' || th->state == 'T' || th->state == 'Z';
	notes_add(t->notes, NOTE_INFO,
		  "process %d is traced by process %d (%s), so it was read without a freeze%s",
		  t->pid, traced->tracer, s.name,
		  stands ? "; it stands" : "; it was running, so the picture may be torn");
	return true;
}

static bool is_stopped(const struct thread_list *threads)
{
	bool stopped = false;

	vec_foreach (t, threads) {
		if (t->state == 'T')
			stopped = true;
		else if (t->state != 'Z' && t->state != 'X')
			return false;
	}
	return stopped;
}

/* A thread that stays in state D cannot be stopped before it wakes up. */
static const struct thread *deep_sleeper(const struct target *t, const struct thread_list *threads)
{
	struct timespec nap = {0, 5000000};
	struct thread now;

	vec_foreach (th, threads) {
		now = *th;
		for (int i = 0; now.state == 'D' && i < SLEEP_LOOKS; i++) {
			if (target_interrupted(t))
				return NULL; /* who comes next sees it too */
			nanosleep(&nap, NULL);
			proc_thread_describe(t->pid, th->tid, &now);
		}
		if (now.state == 'D')
			return th;
	}
	return NULL;
}

bool obstacle_to_pause(struct target *t, const struct thread_list *threads)
{
	const struct thread *sleeper;

	if (t->options.no_pause) {
		t->pause = PAUSE_NONE;
		notes_add(t->notes, NOTE_INFO,
			  "process %d was not paused, as asked: the picture may be torn", t->pid);
		return true;
	}
	t->pause = PAUSE_REFUSED;
	if (say_tracer(t, threads))
		return true;
	if (is_stopped(threads)) {
		notes_add(t->notes, NOTE_INFO,
			  "process %d is stopped (state T), so it was read as it stands, without a "
			  "freeze",
			  t->pid);
		return true;
	}
	sleeper = deep_sleeper(t, threads);
	if (sleeper) {
		notes_add(t->notes, NOTE_INFO,
			  "thread %d (%s) of process %d is in an uninterruptible sleep (state D), "
			  "so it was read "
			  "without a freeze; the picture may be torn",
			  sleeper->tid, sleeper->comm, t->pid);
		return true;
	}
	return false;
}

void obstacle_not_frozen(struct target *t, const struct thread_list *threads,
			 const struct diag *why)
{
	struct thread_list now = {0};
	bool traced = proc_threads(t->pid, &now) && say_tracer(t, &now);

	vec_release(&now);
	if (!traced)
		notes_add(t->notes, NOTE_INFO,
			  "process %d could not be frozen (%s), so it was read without; the "
			  "picture may be torn",
			  t->pid, diag_text(why));
}
