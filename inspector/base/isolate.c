/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include "base/buf.h"
#include "base/isolate.h"

#define LOOK_MS 50 /* how often an interrupt is looked for */
#define CHUNK	65536

bool isolate_give(int out, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n) {
		ssize_t done = write(out, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static uint64_t address_space(void)
{
	cleanup_fd int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[64] = "";
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

	return n > 0 ? strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void limit(int what, uint64_t soft, uint64_t hard)
{
	struct rlimit now, wanted = {soft, hard};

	if (getrlimit(what, &now))
		return;
	if (now.rlim_max != RLIM_INFINITY) {
		wanted.rlim_max = min_of(wanted.rlim_max, now.rlim_max);
		wanted.rlim_cur = min_of(wanted.rlim_cur, now.rlim_max);
	}
	setrlimit(what, &wanted);
}

/* No core, no signal handlers of ours, an end when we end. */
static void settle(const struct isolate *job, pid_t parent)
{
	const struct isolate_limits *l = &job->limits;
	uint64_t used = address_space();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, SIG_DFL);
	if (!job->hears_ctrl_c)
		signal(SIGINT, SIG_IGN); /* of the terminal: the parent decides */
	limit(RLIMIT_CORE, 0, 0);
	if (l->cpu_seconds)
		limit(RLIMIT_CPU, l->cpu_seconds, l->cpu_seconds + 1);
	if (used)
		limit(RLIMIT_AS, used + l->more_memory, used + l->more_memory);
}

static double now_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Takes whole messages off the front. */
static const char *take(const struct isolate *job, struct buf *b)
{
	size_t n = job->take(job->arg, (const uint8_t *)b->at, b->n);

	if (n > b->n)
		return "its answer makes no sense";
	if (n)
		memmove(b->at, b->at + n, b->n - n);
	b->n -= n;
	return NULL;
}

/* Until the end of the stream. @return what went wrong, or NULL. */
static const char *listen_to(const struct isolate *job, int fd)
{
	double until = job->limits.wall_seconds ? now_seconds() + job->limits.wall_seconds : INFINITY;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	cleanup_free uint8_t *chunk = malloc(CHUNK);
	const char *wrong = chunk ? NULL : "memory is out";
	uint64_t total = 0;
	struct buf b = {0};

	while (!wrong) {
		ssize_t n;

		if (job->interrupted && *job->interrupted)
			wrong = ISOLATE_INTERRUPTED;
		else if (now_seconds() > until)
			wrong = "it took too long";
		else if (poll(&p, 1, LOOK_MS) > 0) {
			n = read(fd, chunk, CHUNK);
			if (!n || (n < 0 && errno != EINTR && errno != EAGAIN))
				break;
			buf_add(&b, chunk, n > 0 ? (size_t)n : 0);
			total += n > 0 ? (uint64_t)n : 0;
			wrong = !buf_ok(&b)			  ? "memory is out"
				: total > job->limits.output ? "its answer is too long"
							  : take(job, &b);
		}
	}
	if (!wrong && b.n)
		wrong = "its answer is cut off";
	buf_release(&b);
	return wrong;
}

static const char *end_text(const struct isolate *job, int status, char out[64])
{
	if (WIFSIGNALED(status) && job->limits.cpu_seconds &&
	    (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
		return "it took too long";
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
		return ISOLATE_INTERRUPTED;
	if (WIFSIGNALED(status))
		snprintf(out, 64, "it was ended by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		snprintf(out, 64, "it could not finish");
	else
		return NULL;
	return out;
}

bool isolate_run(const struct isolate *job, char why[160])
{
	pid_t parent = getpid(), child;
	const char *wrong, *end = NULL;
	char text[64];
	int fds[2], status = 0, got;

	if (pipe2(fds, O_CLOEXEC)) {
		snprintf(why, 160, "no pipe: %s", strerror(errno));
		return false;
	}
	child = fork();
	if (child == 0) {
		close(fds[0]);
		settle(job, parent);
		_exit(job->work(job->work_arg, fds[1]) ? 0 : 1);
	}
	close(fds[1]);
	if (child < 0) {
		close(fds[0]);
		snprintf(why, 160, "no child process: %s", strerror(errno));
		return false;
	}
	wrong = listen_to(job, fds[0]);
	close(fds[0]);
	if (wrong)
		kill(child, SIGKILL);
	while ((got = waitpid(child, &status, 0)) < 0 && errno == EINTR)
		;
	if (!wrong && got == child)
		end = end_text(job, status, text);
	snprintf(why, 160, "%s", wrong ? wrong : end ? end : "");
	return !wrong && !end;
}
