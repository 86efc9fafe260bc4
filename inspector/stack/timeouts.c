/* SPDX-License-Identifier: Apache-2.0 */
/* How long a system call waits: where it says so, and in which unit. */
#include <math.h>
#include <sys/syscall.h>
#include <time.h>
#include "stack/state.h"

enum unit {
	UNIT_MS,       /* int: milliseconds, < 0 for ever */
	UNIT_TIMESPEC, /* pointer to a struct timespec, NULL for ever */
	UNIT_TIMEVAL,
	UNIT_FUTEX,   /* a timespec; of some operations it is a moment */
	UNIT_SLEEP,   /* a timespec; with a flag it is a moment */
};

/* To add a call: a row. */
static const struct {
	long number;
	int arg;
	enum unit unit;
} rows[] = {
#ifdef SYS_poll
    {SYS_poll, 2, UNIT_MS},
    {SYS_select, 4, UNIT_TIMEVAL},
    {SYS_epoll_wait, 3, UNIT_MS},
#endif
    {SYS_epoll_pwait, 3, UNIT_MS},
    {SYS_ppoll, 2, UNIT_TIMESPEC},
    {SYS_pselect6, 4, UNIT_TIMESPEC},
    {SYS_nanosleep, 0, UNIT_TIMESPEC},
    {SYS_rt_sigtimedwait, 2, UNIT_TIMESPEC},
    {SYS_semtimedop, 3, UNIT_TIMESPEC},
    {SYS_clock_nanosleep, 2, UNIT_SLEEP},
    {SYS_futex, 3, UNIT_FUTEX},
};

#define FUTEX_COMMAND	     0x7f
#define FUTEX_WAIT_	     0 /* its time is a length, that of the others that wait is a moment */
#define FUTEX_WAIT_BITSET_   9
#define FUTEX_WAIT_REQUEUE_PI_ 11
#define FUTEX_CLOCK_REALTIME_ 256
#define TIMER_ABSTIME_	     1

static bool read_time(struct target *t, addr_t at, double unit, double *out)
{
	int64_t ts[2];

	if (!target_read(t, at, ts, sizeof(ts)))
		return false;
	*out = (double)ts[0] + (double)ts[1] / unit;
	return true;
}

/* A moment: only the clock of this machine can tell how far it is. */
static void until(const struct target *t, struct thread_doing *d, int clock)
{
	struct timespec now;

	d->time_left = true;
	if (t->kind != TARGET_LIVE ||
	    (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME) ||
	    clock_gettime(clock, &now))
		d->time_out = NAN;
	else
		d->time_out -= (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	if (d->time_out < 0)
		d->time_out = 0;
}

static void read_length(struct target *t, struct thread_doing *d, addr_t at, enum unit unit)
{
	int command = (int)(d->args[1] & FUTEX_COMMAND);

	if (unit == UNIT_FUTEX && command != FUTEX_WAIT_ && command != FUTEX_WAIT_BITSET_ &&
	    command != FUTEX_WAIT_REQUEUE_PI_)
		return;
	d->timed = at != 0;
	if (!at)
		return;
	if (!read_time(t, at, unit == UNIT_TIMEVAL ? 1e6 : 1e9, &d->time_out))
		d->time_out = NAN;
	if (unit == UNIT_FUTEX && command != FUTEX_WAIT_)
		until(t, d, d->args[1] & FUTEX_CLOCK_REALTIME_ ? CLOCK_REALTIME : CLOCK_MONOTONIC);
	if (unit == UNIT_SLEEP && d->args[1] & TIMER_ABSTIME_)
		until(t, d, (int)d->args[0]);
}

void syscall_time_out(struct target *t, struct thread_doing *d)
{
	for (size_t i = 0; d->in_syscall && i < ARRAY_SIZE(rows); i++) {
		if (rows[i].number != d->syscall)
			continue;
		if (rows[i].unit != UNIT_MS) {
			read_length(t, d, d->args[rows[i].arg], rows[i].unit);
		} else if ((int32_t)d->args[rows[i].arg] >= 0) {
			d->timed = true;
			d->time_out = (int32_t)d->args[rows[i].arg] / 1e3;
		}
		return;
	}
}
