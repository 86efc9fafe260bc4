/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc says about a process: stat, status, threads. All of it may be gone the next moment. */
#ifndef TARGET_PROCINFO_H
#define TARGET_PROCINFO_H

#include "base/buf.h"
#include "target/target.h"

struct proc_stat { /* proc_pid_stat(5) */
	char state;           /* R S D T t Z X I */
	int ppid;
	uint64_t flags;       /* PF_* of the kernel */
	uint64_t start_ticks; /* since boot, in clock ticks */
};
#define PROC_FLAG_KTHREAD 0x00200000u /* PF_KTHREAD, include/linux/sched.h */

struct proc_status { /* proc_pid_status(5) */
	char name[17];
	char state;
	int tgid, pid, tracer; /* tracer 0: nobody */
	int ns_pid;            /* the innermost namespace's */
	int ns_depth;          /* namespaces that the process is in */
	int uid[4], gid[4];    /* real, effective, saved, file system */
	uint64_t cap_eff;
};

/** Reads a whole file of /proc into b (cleared first). @return 0 or errno. */
int proc_read(const char *path, struct buf *b) must_check;
int proc_read_of(int pid, const char *name, struct buf *b) must_check;
/** The name in parentheses may hold anything, also parentheses. */
bool proc_stat_parse(const char *text, struct proc_stat *out) must_check;
void proc_status_parse(const char *text, struct proc_status *out);
/** @return 0 or errno. */
int proc_stat_get(int pid, struct proc_stat *out) must_check;
int proc_status_get(int pid, struct proc_status *out) must_check;
/** Appends every thread of the process, without registers. False if memory is out. */
bool proc_threads(int pid, struct thread_list *out) must_check;
/** One thread's name, state and inner id; what cannot be read stays unknown. */
void proc_thread_describe(int pid, int tid, struct thread *out);
/** Seconds since 1970 for a time in clock ticks since boot; 0 if it cannot be told. */
double proc_time(uint64_t ticks);
/** A link's text, NUL-terminated. @return 0 or errno. */
int proc_link(int pid, const char *name, char *out, size_t size) must_check;

#endif
