/* SPDX-License-Identifier: Apache-2.0 */
/* Every way in which a live target cannot be opened, or ends before its image is taken. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "check_target_fixture.h"

static enum err try_open(int pid, struct diag *d)
{
	struct notes notes = {0};
	struct target *t = NULL;
	enum err e = target_open_live(pid, NULL, &notes, &t, d);

	if (e)
		ck_assert_ptr_null(t);
	target_close(t);
	notes_release(&notes);
	return e;
}

START_TEST(no_such_process)
{
	struct diag d = {0};
	int pid, pids[] = {0, -1, INT_MIN, INT_MAX, 4194304 + 1};

	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		ck_assert_int_eq(try_open(pids[i], &d), ERR_NO_PROCESS);
		ck_assert(strchr(diag_text(&d), '0' + abs(pids[i] % 10)));
	}
	ck_assert_int_eq(try_open(getpid(), &d), ERR_UNSUPPORTED);
	/* a zombie */
	pid = fork();
	if (!pid)
		_exit(0);
	while (state_of(pid) != 'Z')
		usleep(1000);
	ck_assert_int_eq(try_open(pid, &d), ERR_NO_PROCESS);
	ck_assert(strstr(d.text, "zombie"));
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(try_open(pid, &d), ERR_NO_PROCESS);
	/* PID 2 is kthreadd, unless this is a container */
	if (readlink("/proc/2/exe", (char[8]){0}, 8) < 0 && state_of(2) != '?') {
		ck_assert_int_eq(try_open(2, &d), ERR_NO_PROCESS);
		ck_assert(strstr(d.text, "kernel thread"));
	}
}
END_TEST

/* As somebody without rights. */
static void assert_denied(int pid, const char *why)
{
	int status, reader = fork();

	if (!reader) {
		struct diag d = {0};

		if (setgid(65534) || setuid(65534) || try_open(pid, &d) != ERR_PERMISSION ||
		    !strstr(d.text, why)) {
			fprintf(stderr, "not '%s' but '%s'\n", why, d.text);
			_exit(1);
		}
		_exit(0);
	}
	waitpid(reader, &status, 0);
	ck_assert_int_eq(status, 0);
}

START_TEST(no_permission)
{
	struct child c;
	int hidden;

	if (geteuid())
		return; /* needs another user */
	child_start(&c, NULL, "sit");
	assert_denied(c.pid, "belongs to uid 0 and heapscope runs as uid 65534");
	child_end(&c);
	hidden = fork();
	if (!hidden) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)!(setgid(65534) || setuid(65534));
		prctl(PR_SET_DUMPABLE, 0);
		for (;;)
			pause();
	}
	usleep(100000);
	assert_denied(hidden, "not dumpable");
	kill(hidden, SIGKILL);
	waitpid(hidden, NULL, 0);
}
END_TEST

START_TEST(ends_in_the_middle)
{
	struct notes notes = {0};
	struct diag d = {0};
	struct target *t;
	struct child c;

	child_start(&c, NULL, "sit");
	t = open_live(c.pid, NULL, &notes);
	child_end(&c);
	ck_assert_int_eq(target_take_image(t, &d), ERR_NO_PROCESS);
	ck_assert_ptr_null(t->image);
	ck_assert(!target_read(t, child_addr(&c, "heap"), &d, 1));
	target_close(t);
	notes_release(&notes);
}
END_TEST

START_TEST(executes_another_program)
{
	struct notes notes = {0};
	struct diag d = {0};
	struct target *t;
	struct child c;

	child_start(&c, NULL, "exec");
	t = open_live(c.pid, NULL, &notes);
	ck_assert_int_eq(write(c.in, "x", 1), 1);
	child_wait_ready(&c);
	ck_assert_int_eq(target_take_image(t, &d), ERR_NO_PROCESS);
	ck_assert_msg(strstr(d.text, "execve"), "%s", d.text);
	target_close(t);
	assert_goes_on(&c);
	child_end(&c);
	notes_release(&notes);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("errors");

	tcase_add_test(c, no_such_process);
	tcase_add_test(c, no_permission);
	tcase_add_test(c, ends_in_the_middle);
	tcase_add_test(c, executes_another_program);
	return run_tests("target-errors", c);
}
