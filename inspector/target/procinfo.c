/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include "target/procinfo.h"

#define PROC_FILE_MAX (256u << 20) /* maps of 65530 mappings with long names is less */

int proc_read(const char *path, struct buf *b)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char chunk[16384];
	ssize_t n;

	buf_clear(b);
	if (fd < 0)
		return errno;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && b->n < PROC_FILE_MAX)
		buf_add(b, chunk, n);
	if (n < 0)
		return errno;
	return buf_ok(b) ? 0 : ENOMEM;
}

int proc_read_of(int pid, const char *name, struct buf *b)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return proc_read(path, b);
}

bool proc_stat_parse(const char *text, struct proc_stat *out)
{
	const char *p = strrchr(text, ')');
	struct proc_stat s = {0};
	unsigned long long flags, start;

	/* state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime cutime
	 * cstime priority nice threads itrealvalue starttime */
	if (!p ||
	    sscanf(
		p + 1,
		" %c %d %*d %*d %*d %*d %llu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		&s.state, &s.ppid, &flags, &start) != 4)
		return false;
	s.flags = flags;
	s.start_ticks = start;
	*out = s;
	return true;
}

/* The last number of "NSpid:\t4711\t12\t1", and how many there are. */
static void parse_ns_pid(const char *p, struct proc_status *s)
{
	for (;;) {
		char *end;
		long v = strtol(p, &end, 10);

		if (end == p || *p == '\n')
			return;
		s->ns_pid = (int)v;
		s->ns_depth++;
		p = end;
		while (*p == '\t' || *p == ' ')
			p++;
		if (!isdigit((unsigned char)*p))
			return;
	}
}

static void parse_status_line(const char *line, struct proc_status *s)
{
	unsigned long long v;

	if (!strncmp(line, "Name:\t", 6))
		snprintf(s->name, sizeof(s->name), "%.*s", (int)strcspn(line + 6, "\n"), line + 6);
	else if (!strncmp(line, "State:\t", 7))
		s->state = line[7];
	else if (!strncmp(line, "Tgid:\t", 6))
		s->tgid = atoi(line + 6);
	else if (!strncmp(line, "Pid:\t", 5))
		s->pid = atoi(line + 5);
	else if (!strncmp(line, "TracerPid:\t", 11))
		s->tracer = atoi(line + 11);
	else if (!strncmp(line, "NSpid:\t", 7))
		parse_ns_pid(line + 7, s);
	else if (!strncmp(line, "Uid:\t", 5))
		(void)!sscanf(line + 5, "%d %d %d %d", s->uid, s->uid + 1, s->uid + 2, s->uid + 3);
	else if (!strncmp(line, "Gid:\t", 5))
		(void)!sscanf(line + 5, "%d %d %d %d", s->gid, s->gid + 1, s->gid + 2, s->gid + 3);
	else if (!strncmp(line, "CapEff:\t", 8) && sscanf(line + 8, "%llx", &v) == 1)
		s->cap_eff = v;
}

void proc_status_parse(const char *text, struct proc_status *out)
{
	*out = (struct proc_status){.state = '?'};
	while (*text) {
		const char *eol = strchr(text, '\n');

		parse_status_line(text, out);
		if (!eol)
			break;
		text = eol + 1;
	}
}

int proc_stat_get(int pid, struct proc_stat *out)
{
	struct buf b = {0};
	int sys = proc_read_of(pid, "stat", &b);

	if (!sys && !proc_stat_parse(buf_text(&b), out))
		sys = ENODATA;
	buf_release(&b);
	return sys;
}

int proc_status_get(int pid, struct proc_status *out)
{
	struct buf b = {0};
	int sys = proc_read_of(pid, "status", &b);

	if (!sys)
		proc_status_parse(buf_text(&b), out);
	buf_release(&b);
	return sys;
}

void proc_thread_describe(int pid, int tid, struct thread *out)
{
	char path[64];
	struct buf b = {0};
	struct proc_status s;

	*out = (struct thread){.tid = tid, .ns_tid = tid, .state = '?'};
	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	if (!proc_read(path, &b)) {
		proc_status_parse(buf_text(&b), &s);
		out->state = s.state;
		out->tracer = s.tracer;
		if (s.ns_pid > 0)
			out->ns_tid = s.ns_pid;
	}
	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
	if (!proc_read(path, &b) && b.n)
		snprintf(out->comm, sizeof(out->comm), "%.*s", (int)(b.n - 1), b.at);
	buf_release(&b);
}

bool proc_threads(int pid, struct thread_list *out)
{
	char path[64];
	struct dirent *e;
	DIR *dir;
	bool ok = true;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return true; /* it has ended */
	while (ok && (e = readdir(dir))) {
		struct thread th;

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		proc_thread_describe(pid, atoi(e->d_name), &th);
		ok = vec_push(out, th);
	}
	closedir(dir);
	return ok;
}

double proc_time(uint64_t ticks)
{
	struct timespec now, up;
	long hz = sysconf(_SC_CLK_TCK);
	int64_t boot; /* nanoseconds */

	if (hz <= 0 || hz > 1000000000l || clock_gettime(CLOCK_REALTIME, &now) || clock_gettime(CLOCK_BOOTTIME, &up))
		return 0;
	/* to a tick: two clocks are read, one after the other */
	boot = (now.tv_sec - up.tv_sec) * 1000000000ll + (now.tv_nsec - up.tv_nsec);
	return (double)((boot + 500000000ll / hz) / (1000000000ll / hz) + (int64_t)ticks) / (double)hz;
}

int proc_link(int pid, const char *name, char *out, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	n = readlink(path, out, size - 1);
	if (n < 0)
		return errno;
	out[n] = 0;
	return 0;
}
