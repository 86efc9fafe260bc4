/* SPDX-License-Identifier: Apache-2.0 */
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "check_target_corefix.h"

static char dir[64];

void scratch_setup(void)
{
	strcpy(dir, "/tmp/check_target.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

void scratch_teardown(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

const char *scratch_dir(void)
{
	return dir;
}

const char *own_program(void)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/check_target_child", build_dir());
	return path;
}

const char *scratch(const char *name)
{
	static char path[4][256];
	static int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", dir, name);
	return path[next];
}

void shell(const char *fmt, ...)
{
	char cmd[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	ck_assert_msg(system(cmd) == 0, "failed: %s", cmd);
}

/* gcore is GDB's; without it these tests cannot be made, and that is a failure: it is among the
 * dependencies. */
const char *gcore(const struct child *c)
{
	shell("gcore -o %s/gcore %d >%s/log 2>&1", dir, c->pid, dir);
	shell("mv %s/gcore.%d %s/gcore", dir, c->pid, dir);
	return scratch("gcore");
}

/* Does the kernel write core files here (and not into a pipe)? */
bool kernel_writes_cores(void)
{
	char pattern[256] = "|";
	FILE *f = fopen("/proc/sys/kernel/core_pattern", "r");

	if (f && !fgets(pattern, sizeof(pattern), f))
		strcpy(pattern, "|");
	if (f)
		fclose(f);
	return !strchr("|/", pattern[0]);
}

void start_for_core(struct child *c, const char *program)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_CORE, &all);
	ck_assert_int_eq(chdir(dir), 0);
	child_start(c, program, "abort");
}

/* Ends the child; NULL if the kernel gives its core to somebody else. */
const char *kernel_core(struct child *c)
{
	glob_t g;
	int status;

	if (!kernel_writes_cores()) {
		fprintf(stderr, "core_pattern leads elsewhere: the kernel's core is not tested\n");
		child_end(c);
		return NULL;
	}
	ck_assert_int_eq(write(c->in, "x", 1), 1);
	waitpid(c->pid, &status, 0);
	ck_assert(WCOREDUMP(status));
	close(c->in);
	close(c->out);
	ck_assert_int_eq(glob(scratch("*core*"), 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++)
		if (!strstr(g.gl_pathv[i], "/gcore"))
			shell("mv %s %s/kcore", g.gl_pathv[i], dir);
	globfree(&g);
	return scratch("kcore");
}

struct target *open_core(const char *path, const struct target_options *o, struct notes *n)
{
	struct target *t = NULL;
	struct diag d = {0};
	enum err e = target_open_core(path, o, n, &t, &d);

	ck_assert_msg(!e, "open: %s", diag_text(&d));
	return t;
}
