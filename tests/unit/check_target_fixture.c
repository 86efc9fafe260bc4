/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include "check_target_fixture.h"

int run_tests(const char *suite, TCase *c)
{
	Suite *s = suite_create(suite);
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 300);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

const char *build_dir(void)
{
	const char *dir = getenv("HEAPSCOPE_BUILD");

	return dir ? dir : ".";
}

void child_start(struct child *c, const char *program, const char *mode)
{
	int in[2], out[2];
	char own[4096];

	if (!program) {
		snprintf(own, sizeof(own), "%s/check_target_child", build_dir());
		program = own;
	}
	*c = (struct child){0};
	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	c->pid = fork();
	ck_assert_int_ge(c->pid, 0);
	if (!c->pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(program, program, mode, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	c->in = in[1];
	c->out = out[0];
	child_wait_ready(c);
}

void child_wait_ready(struct child *c)
{
	size_t n = 0;

	while (n < sizeof(c->text) - 1) {
		struct pollfd p = {c->out, POLLIN, 0};
		ssize_t got;

		ck_assert_int_eq(poll(&p, 1, 20000), 1);
		got = read(c->out, c->text + n, sizeof(c->text) - 1 - n);
		ck_assert_int_gt(got, 0);
		n += got;
		c->text[n] = 0;
		if (n >= 6 && !strcmp(c->text + n - 6, "ready\n"))
			return;
	}
	ck_abort_msg("the child says too much");
}

void child_end(struct child *c)
{
	int status;

	kill(c->pid, SIGKILL);
	waitpid(c->pid, &status, 0);
	close(c->in);
	close(c->out);
}

addr_t child_addr(const struct child *c, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = c->text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, name, n) && p[n] == ' ')
			return strtoull(p + n, NULL, 0);
	}
	ck_abort_msg("the child did not say '%s'", name);
	return 0;
}

static void status_of(int pid, char *text, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, text, size - 1);
	text[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
}

char state_of(int pid)
{
	char text[4096];
	const char *p;

	status_of(pid, text, sizeof(text));
	p = strstr(text, "State:\t");
	return p ? p[7] : '?';
}

int tracer_of(int pid)
{
	char text[4096];
	const char *p;

	status_of(pid, text, sizeof(text));
	p = strstr(text, "TracerPid:\t");
	return p ? atoi(p + 11) : -1;
}

uint64_t counter_of(const struct child *c)
{
	char path[64];
	uint64_t v = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", c->pid);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, &v, 8, child_addr(c, "counter")), 8);
	close(fd);
	return v;
}

void assert_goes_on(const struct child *c)
{
	uint64_t before = counter_of(c);
	char state = state_of(c->pid);

	/* a short D or a wait for a lock is the program's own doing */
	ck_assert_msg(strchr("RSD", state), "the target is in state %c", state);
	ck_assert_int_eq(tracer_of(c->pid), 0);
	for (int i = 0; i < 2000; i++) {
		if (counter_of(c) != before)
			return;
		usleep(2000);
	}
	ck_abort_msg("the target's counter stands");
}

bool is_pattern(const uint8_t *at, size_t n, unsigned int seed, size_t first)
{
	for (size_t i = 0; i < n; i++)
		if (at[i] != (((i + first) * 7 + seed) & 255))
			return false;
	return true;
}

void assert_read_pattern(struct target *t, addr_t at, size_t n, unsigned int seed)
{
	uint8_t *got = malloc(n);

	ck_assert(target_read(t, at, got, n));
	ck_assert(is_pattern(got, n, seed, 0));
	free(got);
}

void assert_image_pattern(struct target *t, addr_t at, size_t n, unsigned int seed)
{
	const uint8_t *got = image_at(t->image, at, n);

	ck_assert_ptr_nonnull(got);
	ck_assert(is_pattern(got, n, seed, 0));
}

bool has_note(const struct notes *n, enum note_kind kind, const char *part)
{
	vec_foreach (it, n)
		if (it->kind == kind && strstr(it->text, part))
			return true;
	return false;
}

struct target *open_live(int pid, const struct target_options *o, struct notes *n)
{
	struct target *t = NULL;
	struct diag d = {0};
	enum err e = target_open_live(pid, o, n, &t, &d);

	ck_assert_msg(!e, "open: %s", diag_text(&d));
	return t;
}

void take_image(struct target *t)
{
	struct diag d = {0};
	enum err e = target_take_image(t, &d);

	ck_assert_msg(!e, "image: %s", diag_text(&d));
}
