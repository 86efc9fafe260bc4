/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image of a live process. Before the freeze everything is prepared; while it stands only maps,
 * pagemap, memory and registers are read; whatever else is done after it runs again.
 *
 * All ptrace calls are made by a thread of their own that ends right afterwards. The end of a
 * tracer makes the kernel release what it traces, so nothing can be left behind, not even a thread
 * that never came to its stop.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include "target/freeze.h"
#include "target/live.h"
#include "target/livecopy.h"
#include "target/modules.h"
#include "target/obstacle.h"
#include "target/procinfo.h"
#include "target/procmaps.h"

#define FREEZE_BUDGET 2.0 /* seconds until all threads must stand */

struct snapshot { /* the work, and what it needs */
	struct target *t;
	struct live *live;
	struct pagemap pagemap;
	struct livecopy copy;
	struct freezer freezer;
	struct buf maps, auxv;
	struct mapping_list mappings;
	struct page_ranges ranges;
	struct thread_list before;   /* as /proc described them before the freeze */
	struct thread_list standing; /* with registers */
	volatile bool frozen;	     /* freezer_freeze() has come to its end */
	bool unfrozen;		     /* it could not be frozen; diag says why, nothing was copied */
	double seconds;
	enum err err;
	struct diag *diag;
};

static enum err out_of_memory(struct diag *d)
{
	return diag_set(d, ERR_NOMEM, "out of memory");
}

/* What is there to copy, now. */
static enum err survey(struct snapshot *s)
{
	int sys = proc_read_of(s->live->proc, "maps", &s->maps);

	s->mappings.n = s->ranges.n = 0;
	if (sys == ENOMEM)
		return out_of_memory(s->diag);
	if (sys || !s->maps.n)
		return diag_set(s->diag, ERR_NO_PROCESS, "process %d ended while it was inspected",
				s->live->pid);
	if (!procmaps_parse(s->t, s->maps.at, s->maps.n, &s->mappings))
		return out_of_memory(s->diag);
	vec_foreach (m, &s->mappings)
		if (mapping_is_private_data(m) &&
		    !pagemap_add(&s->pagemap, m->start, m->end, &s->ranges))
			return out_of_memory(s->diag);
	return OK;
}

/* The address space that was opened may have gone: execve(), or another process with the same id.
 */
static enum err check_same_program(struct snapshot *s)
{
	if (proc_read_of(s->live->proc, "auxv", &s->auxv) || !s->auxv.n)
		return diag_set(s->diag, ERR_NO_PROCESS, "process %d ended while it was inspected",
				s->live->pid);
	if (s->live->auxv.n &&
	    (s->auxv.n != s->live->auxv.n || memcmp(s->auxv.at, s->live->auxv.at, s->auxv.n)))
		return diag_set(
		    s->diag, ERR_NO_PROCESS,
		    "process %d started another program (execve) while it was inspected: run "
		    "heapscope again",
		    s->live->pid);
	return OK;
}

static enum err copy_all(struct snapshot *s)
{
	enum err e = survey(s);

	if (!e)
		e = check_same_program(s);
	if (!e)
		e = livecopy_run(&s->copy, &s->ranges, s->diag);
	return e;
}

static void *frozen_copy(void *arg)
{
	struct snapshot *s = arg;
	double start = clock_seconds();

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	s->err = freezer_freeze(&s->freezer, FREEZE_BUDGET, s->diag);
	s->unfrozen = s->err == ERR_PERMISSION || s->err == ERR_UNSUPPORTED;
	s->frozen = true;
	if (!s->err) {
		s->err = copy_all(s);
		if (!s->err && !live_registers(&s->freezer, &s->standing))
			s->err = out_of_memory(s->diag);
		freezer_thaw(&s->freezer);
	}
	s->seconds = clock_seconds() - start;
	return NULL;
}

/* @return whether the thread has ended within that time. */
static bool join_within(pthread_t thread, long ms, void **result)
{
	struct timespec until = clock_in(ms);

	return !pthread_timedjoin_np(thread, result, &until);
}

/* Sees to it that the freeze comes to an end, one way or the other. */
static void watch(struct snapshot *s, pthread_t thread)
{
	double start = clock_seconds();
	void *result = NULL;

	while (!join_within(thread, FREEZER_HELP_MS, &result)) {
		if (s->frozen)
			continue; /* it copies; that ends by itself */
		freezer_help(s->live->pid);
		if (clock_seconds() - start > FREEZE_BUDGET * 1.5 || target_interrupted(s->t))
			pthread_cancel(thread);
	}
	if (result != PTHREAD_CANCELED)
		return;
	s->seconds = clock_seconds() - start;
	s->unfrozen = !target_interrupted(s->t);
	s->err = diag_set(s->diag, s->unfrozen ? ERR_UNSUPPORTED : ERR_INTERRUPTED,
			  "a thread could not be seized in time");
}

/* Signals to us are the other threads' business. */
static enum err run_frozen(struct snapshot *s)
{
	sigset_t all, old;
	pthread_t thread;
	int sys;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	sys = pthread_create(&thread, NULL, frozen_copy, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (sys)
		return diag_sys(s->diag, ERR_NOMEM, sys, "no thread can be started");
	watch(s, thread);
	s->t->pause_seconds = s->seconds;
	if (!s->unfrozen) {
		s->t->pause = PAUSE_FROZEN;
		return s->err;
	}
	obstacle_not_frozen(s->t, &s->before, s->diag);
	*s->diag = (struct diag){0};
	s->t->pause = PAUSE_REFUSED;
	return copy_all(s);
}

static enum err prepare(struct snapshot *s)
{
	volatile int *interrupted = s->t->options.interrupted;
	enum err e;

	s->copy.pid = s->live->proc;
	s->copy.mem = s->live->mem;
	s->copy.interrupted = interrupted;
	if (!pagemap_open(&s->pagemap, s->live->proc) || !proc_threads(s->live->pid, &s->before))
		return out_of_memory(s->diag);
	e = survey(s);
	if (!e)
		e = check_same_program(s);
	if (!e)
		e = freezer_init(&s->freezer, s->live->pid, interrupted, s->diag);
	if (!e && !(vec_reserve(&s->ranges, s->ranges.n + 256) &&
		    vec_reserve(&s->mappings, s->mappings.n + 64) &&
		    vec_reserve(&s->standing, s->before.n + 64)))
		e = out_of_memory(s->diag);
	if (!e)
		e = livecopy_reserve(&s->copy, page_ranges_bytes(&s->ranges), s->ranges.n, s->diag);
	return e;
}

static void say_holes(struct snapshot *s)
{
	uint64_t bytes = s->copy.lost + s->copy.holes.n * (uint64_t)IMAGE_PAGE;

	s->t->own->has_holes = bytes > 0;
	if (bytes)
		notes_add(s->t->notes, NOTE_PARTIAL,
			  "%llu bytes of the process' writable memory could not be read%s",
			  (unsigned long long)bytes,
			  s->t->pause == PAUSE_FROZEN ? "" : ": it ran on meanwhile");
}

/* What /proc said at the moment of the copy takes the place of what it said at the start. */
static enum err finish(struct snapshot *s, struct image *im)
{
	struct target *t = s->t;
	struct thread_list *threads = s->standing.n ? &s->standing : &s->before;
	struct thread_list old_threads = t->threads;
	struct mapping_list old_mappings = t->mappings;

	if (!livecopy_give(&s->copy, im, &t->copied_bytes))
		return out_of_memory(s->diag);
	live_join_threads(s->live->pid, &s->before, &s->standing);
	t->threads = *threads;
	*threads = old_threads;
	live_give_registers(t, &t->threads);
	t->mappings = s->mappings;
	s->mappings = old_mappings;
	target_forget_pages(t);
	if (!modules_find(t, s->live->at_phdr, module_open_live))
		return out_of_memory(s->diag);
	say_holes(s);
	return OK;
}

static void snapshot_release(struct snapshot *s)
{
	pagemap_close(&s->pagemap);
	livecopy_release(&s->copy);
	freezer_release(&s->freezer);
	buf_release(&s->maps);
	buf_release(&s->auxv);
	vec_release(&s->mappings);
	vec_release(&s->ranges);
	vec_release(&s->before);
	vec_release(&s->standing);
}

enum err live_take_image(struct target *t, struct image *im, struct diag *d)
{
	struct snapshot s = {.t = t, .live = t->state, .diag = d, .pagemap.fd = -1};
	enum err e = prepare(&s);

	if (!e && obstacle_to_pause(t, &s.before))
		e = copy_all(&s);
	else if (!e)
		e = run_frozen(&s);
	if (!e)
		e = finish(&s, im);
	if (e == ERR_INTERRUPTED)
		e = target_says_interrupted(d);
	snapshot_release(&s);
	return e;
}
