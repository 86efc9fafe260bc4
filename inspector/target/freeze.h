/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All threads of a process at a standstill: PTRACE_SEIZE and PTRACE_INTERRUPT, nothing else (no signal is sent,
 * nothing is written). The kernel lets the threads go when the thread of ours that has seized them ends, however
 * it ends. So all calls for one freezer are made by one thread that ends right after freezer_thaw(): that is
 * what releases a thread that was seized and did not come to a stop. While it waits in PTRACE_SEIZE it can be
 * cancelled (pthread_cancel), if its cancellation is disabled otherwise.
 */
#ifndef TARGET_FREEZE_H
#define TARGET_FREEZE_H

#include <time.h>
#include "base/diag.h"
#include "base/vec.h"

struct frozen {
	int tid;
	bool stopped; /* stands in a ptrace stop */
	bool gone;    /* ended, or never was ours */
	int signal;   /* that was about to be delivered when it stopped; 0 none */
};
struct freezer {
	int pid;
	volatile int *interrupted; /* or NULL */
	void *dir;                 /* /proc/PID/task, opened beforehand */
	struct { VEC(struct frozen); } threads;
};

/** Opens what is needed. Fails: ERR_NO_PROCESS, ERR_NOMEM. */
enum err freezer_init(struct freezer *f, int pid, volatile int *interrupted, struct diag *d) must_check;
/**
 * Stops all threads, also those born meanwhile, within `budget` seconds. On failure nothing stands
 * any more once the calling thread has ended: ERR_PERMISSION (ptrace is not allowed), ERR_UNSUPPORTED (a thread does not come to a
 * stop), ERR_NO_PROCESS, ERR_INTERRUPTED, ERR_NOMEM.
 */
enum err freezer_freeze(struct freezer *f, double budget, struct diag *d) must_check;
/**
 * To be called from another thread now and then while freezer_freeze() takes long. Seizing a thread waits for an
 * execve() of its process to end; that waits for its other threads to be gone; and they are not gone before their
 * tracer, which is the one that waits, has asked for their status. Another thread of ours can ask.
 */
void freezer_help(int pid);
#define FREEZER_HELP_MS 20 /* a freeze takes less, unless somebody waits for somebody */
/** Lets all threads run on, each with the signal it was about to get. */
void freezer_thaw(struct freezer *f);
void freezer_release(struct freezer *f);
/** Seconds of CLOCK_MONOTONIC. */
double clock_seconds(void);
/** The time in so many milliseconds, of CLOCK_REALTIME: what pthread's timed waits want. */
struct timespec clock_in(long ms);

#endif
