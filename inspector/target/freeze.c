/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include "target/freeze.h"
#include "target/procinfo.h"

#define SPINS	    200	    /* looks before the first sleep: a thread stops within microseconds */
#define THREADS_MAX 1000000 /* more than pid_max is a lie */

double clock_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

struct timespec clock_in(long ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += ms % 1000 * 1000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

enum err freezer_init(struct freezer *f, int pid, volatile int *interrupted, struct diag *d)
{
	char path[64];

	*f = (struct freezer){.pid = pid, .interrupted = interrupted};
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	f->dir = opendir(path);
	if (!f->dir)
		return diag_set(d, errno == ENOMEM ? ERR_NOMEM : ERR_NO_PROCESS,
				"process %d has ended", pid);
	if (!vec_reserve(&f->threads, 64))
		return diag_set(d, ERR_NOMEM, "out of memory");
	return OK;
}

void freezer_release(struct freezer *f)
{
	if (f->dir)
		closedir(f->dir);
	f->dir = NULL;
	vec_release(&f->threads);
}

/*
 * Is it one of the first n? The kernel lists threads in the same order each time, so `hint` is
 * nearly always right, and a thousand threads are not compared a million times while they stand.
 */
static bool known(const struct freezer *f, size_t n, int tid, size_t *hint)
{
	for (size_t tries = 0; tries < n; tries++, ++*hint) {
		const struct frozen *t;

		if (*hint >= n)
			*hint = 0;
		t = &f->threads.at[*hint];
		if (t->tid == tid && !t->gone) {
			++*hint;
			return true;
		}
	}
	return false;
}

/* Why a thread could not be seized: it is no longer there, or it is not allowed. */
static bool is_ending(int pid, int tid)
{
	struct proc_stat s;
	struct buf b = {0};
	char path[64];
	bool alive;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	alive = !proc_read(path, &b) && proc_stat_parse(buf_text(&b), &s) && s.state != 'Z' &&
		s.state != 'X';
	buf_release(&b);
	return !alive;
}

/* Waits, if the process is in the middle of execve(). Signals only restart it; so it can be
 * cancelled. */
static int seize_cancellable(int tid)
{
	int state, type, sys;

	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	sys = ptrace(PTRACE_SEIZE, tid, NULL, NULL) ? errno : 0;
	pthread_setcanceltype(type, NULL);
	pthread_setcancelstate(state, NULL);
	return sys;
}

static enum err seize(struct freezer *f, int tid, struct diag *d)
{
	struct frozen t = {.tid = tid};
	int sys;

	if (f->threads.n >= THREADS_MAX || !vec_reserve(&f->threads, 1))
		return diag_set(d, ERR_NOMEM, "out of memory");
	sys = seize_cancellable(tid);
	if (sys) {
		if (sys == ESRCH || is_ending(f->pid, tid))
			return OK;
		return diag_sys(d, ERR_PERMISSION, sys, "thread %d of process %d cannot be seized",
				tid, f->pid);
	}
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) && errno == ESRCH)
		t.gone = true;
	f->threads.at[f->threads.n++] = t;
	return OK;
}

/* One pass over the threads. *fresh: how many were new. */
static enum err seize_new(struct freezer *f, size_t *fresh, struct diag *d)
{
	size_t before = f->threads.n, hint = 0;
	struct dirent *e;
	enum err err = OK;

	rewinddir(f->dir);
	while (!err && (e = readdir(f->dir))) {
		int tid = isdigit((unsigned char)e->d_name[0]) ? atoi(e->d_name) : 0;

		if (tid && !known(f, before, tid, &hint))
			err = seize(f, tid, d);
	}
	*fresh = f->threads.n - before;
	return err;
}

/* Takes what the kernel has to say about a thread. */
static void look_at(struct frozen *t)
{
	int status;
	pid_t got = waitpid(t->tid, &status, __WALL | WNOHANG);

	if (!got || (got < 0 && errno == EINTR))
		return;
	if (got < 0 || !WIFSTOPPED(status)) {
		t->gone = true;
		return;
	}
	t->stopped = true;
	/* an event stop is ours (or a job-control stop, which goes on by itself): no signal to pass
	 * on */
	t->signal = status >> 16 ? 0 : WSTOPSIG(status);
}

/*
 * @return a thread that does not stand yet, or NULL. With `thorough` those that stand are looked at
 * too: execve() kills them, and does not go on before their tracer has taken notice. And a main
 * thread that has ended before the others is never reported at all while those live.
 */
static const struct frozen *look_at_all(struct freezer *f, bool thorough)
{
	const struct frozen *waits = NULL;

	vec_foreach (t, &f->threads) {
		if (t->gone || (t->stopped && !thorough))
			continue;
		look_at(t);
		if (!t->stopped && !t->gone && thorough)
			t->gone = is_ending(f->pid, t->tid);
		if (!t->stopped && !t->gone)
			waits = t;
	}
	return waits;
}

static enum err wait_for_stops(struct freezer *f, double deadline, struct diag *d)
{
	struct timespec nap = {0, 20000};
	const struct frozen *t;

	for (unsigned int look = 0; (t = look_at_all(f, look > SPINS)); look++) {
		if (f->interrupted && *f->interrupted)
			return diag_set(d, ERR_INTERRUPTED, "interrupted");
		if (look < SPINS) {
			sched_yield();
			continue;
		}
		if (clock_seconds() > deadline)
			return diag_set(d, ERR_UNSUPPORTED,
					"thread %d did not come to a stop in time", t->tid);
		nanosleep(&nap, NULL);
		nap.tv_nsec = min_of(nap.tv_nsec * 2, 1000000);
	}
	return OK;
}

static enum err freeze(struct freezer *f, double deadline, struct diag *d)
{
	size_t fresh;
	enum err e;

	/* a thread that still ran may have started another: done when a pass after all stood finds
	 * none */
	do {
		e = seize_new(f, &fresh, d);
		if (!e)
			e = wait_for_stops(f, deadline, d);
		if (!e && fresh && clock_seconds() > deadline)
			e = diag_set(d, ERR_UNSUPPORTED,
				     "it starts threads faster than they can be stopped");
	} while (!e && fresh);
	return e;
}

enum err freezer_freeze(struct freezer *f, double budget, struct diag *d)
{
	size_t standing = 0;
	enum err e = freeze(f, clock_seconds() + budget, d);

	vec_foreach (t, &f->threads)
		standing += t->stopped && !t->gone;
	if (!e && !standing)
		e = diag_set(d, ERR_NO_PROCESS, "process %d has ended", f->pid);
	if (e)
		freezer_thaw(f);
	return e;
}

void freezer_help(int pid)
{
	char path[64];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((e = readdir(dir))) {
		siginfo_t info;
		int tid = atoi(e->d_name);

		/* the process itself is for its parent, who may be us; stops are for who seized the
		 * thread */
		info.si_pid = 0;
		if (tid > 0 && tid != pid &&
		    !waitid(P_PID, tid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) &&
		    info.si_pid == tid && info.si_code != CLD_TRAPPED &&
		    info.si_code != CLD_STOPPED)
			(void)!waitid(P_PID, tid, &info, WEXITED | WNOHANG | __WALL);
	}
	closedir(dir);
}

void freezer_thaw(struct freezer *f)
{
	vec_foreach (t, &f->threads) {
		/* on the way out a last look: it may have come to its stop only now */
		if (!t->stopped && !t->gone)
			look_at(t);
		if (t->stopped && !t->gone)
			ptrace(PTRACE_DETACH, t->tid, NULL, (void *)(uintptr_t)t->signal);
		t->stopped = false;
	}
}
