/* SPDX-License-Identifier: Apache-2.0 */
/* target/ on processes that know what they hold: contents, modules, threads, and every way in which
 * it can fail. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "check_target_fixture.h"
#include "target/internal.h"

#define P IMAGE_PAGE

static void assert_contents(const struct child *c, struct target *t)
{
	addr_t three = child_addr(c, "three");
	uint8_t byte = 1;

	assert_image_pattern(t, child_addr(c, "heap"), 100000, 1);
	assert_image_pattern(t, three, P, 2);
	assert_image_pattern(t, three + 2 * P, P, 3);
	assert_image_pattern(t, child_addr(c, "data"), 9000, 6);
	assert_image_pattern(t, child_addr(c, "bss"), 9000, 7);
	assert_image_pattern(t, child_addr(c, "stack8"), 20000, 8);
	assert_image_pattern(t, child_addr(c, "stack9"), 20000, 9);
	/* never touched: not copied, and zero if somebody asks */
	ck_assert_ptr_null(image_at(t->image, three + P, 1));
	ck_assert(target_read(t, three + P, &byte, 1));
	ck_assert_int_eq(byte, 0);
	/* shared or read-only: not copied, but readable */
	ck_assert_ptr_null(image_at(t->image, child_addr(c, "shared"), 1));
	ck_assert_ptr_null(image_at(t->image, child_addr(c, "sealed"), 1));
	assert_read_pattern(t, child_addr(c, "shared"), P, 4);
	assert_read_pattern(t, child_addr(c, "sealed"), P, 5);
}

static void assert_regs(struct target *t)
{
	vec_foreach (th, &t->threads) {
		const struct mapping *stack = target_mapping(t, th->sp);

		ck_assert(th->has_regs);
		ck_assert_ptr_nonnull(stack);
		ck_assert(stack->prot & MAP_WRITE);
		ck_assert_ptr_nonnull(target_mapping(t, th->pc));
		ck_assert(target_mapping(t, th->pc)->prot & MAP_EXEC);
		ck_assert_uint_ne(th->fs_base, 0);
	}
}

START_TEST(contents)
{
	struct notes notes = {0};
	struct target *t;
	struct child c;
	size_t named = 0;

	child_start(&c, NULL, "sit");
	t = open_live(c.pid, NULL, &notes);
	ck_assert_ptr_null(t->image);
	assert_read_pattern(t, child_addr(&c, "heap"), 100000, 1);
	assert_read_pattern(t, child_addr(&c, "shared"), P, 4);
	take_image(t);
	take_image(t);
	ck_assert_int_eq(t->pause, PAUSE_FROZEN);
	ck_assert(t->pause_seconds > 0 && t->pause_seconds < 2);
	assert_goes_on(&c);
	assert_contents(&c, t);
	ck_assert_uint_eq(t->threads.n, 3);
	assert_regs(t);
	vec_foreach (th, &t->threads)
		named += !strcmp(th->comm, "holder-8") || !strcmp(th->comm, "holder-9");
	ck_assert_uint_eq(named, 2);
	ck_assert_int_eq(t->threads.at[0].tid, c.pid);
	ck_assert(!notes_partial(&notes));
	ck_assert(t->start_time > 1e9);
	/* the image is of one moment: the program's counter goes on, the copy's does not */
	ck_assert_uint_lt(load64(image_at(t->image, child_addr(&c, "counter"), 8)), counter_of(&c));
	target_close(t);
	child_end(&c);
	notes_release(&notes);
}
END_TEST

START_TEST(no_pause)
{
	struct target_options o = {.no_pause = true};
	struct notes notes = {0};
	struct target *t;
	struct child c;

	child_start(&c, NULL, "sit");
	t = open_live(c.pid, &o, &notes);
	take_image(t);
	ck_assert_int_eq(t->pause, PAUSE_NONE);
	ck_assert(t->pause_seconds == 0);
	ck_assert(has_note(&notes, NOTE_INFO, "may be torn"));
	assert_contents(&c, t);
	ck_assert(!t->threads.at[0].has_regs);
	target_close(t);
	child_end(&c);
	notes_release(&notes);
}
END_TEST

START_TEST(modules)
{
	struct notes notes = {0};
	struct target *t;
	struct module *m;
	struct child c;
	addr_t at = 0;
	uint64_t size = 0;
	char s[64];
	bool libc = false;
	size_t exes = 0;

	child_start(&c, NULL, "sit");
	t = open_live(c.pid, NULL, &notes);
	m = target_find_symbol(t, "check_target_data", &at, &size);
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(at, child_addr(&c, "data"));
	ck_assert_uint_eq(size, 9000);
	ck_assert(m->exe);
	ck_assert_str_eq(m->path, t->exe);
	ck_assert_str_eq(m->problem, "");
	ck_assert(target_module(t, at) == m);
	/* .bss belongs to it too, although no file is behind that */
	ck_assert(target_module(t, child_addr(&c, "bss") + 8999) == m);
	ck_assert(module_symbol(m, "main", &at, NULL));
	ck_assert(target_mapping(t, at)->prot & MAP_EXEC);
	ck_assert(!module_symbol(m, "no_such_symbol", &at, NULL));
	ck_assert_ptr_null(target_find_symbol(t, "no_such_symbol", &at, NULL));
	ck_assert(module_symbol(m, "check_target_constant", &at, NULL));
	ck_assert(target_read_string(t, at, s, sizeof(s)));
	ck_assert_str_eq(s, "a constant of check_target_child");
	vec_foreach (it, &t->modules) {
		libc |= strstr(it->path, "/libc.so") && it->file && it->id.n == 20;
		ck_assert(!strstr(it->path, "vdso"));
	}
	ck_assert(libc);
	/* the same file, mapped as data */
	ck_assert_int_eq(target_mapping(t, child_addr(&c, "flat"))->module, -1);
	vec_foreach (it, &t->modules)
		exes += !strcmp(it->path, t->exe);
	ck_assert_uint_eq(exes, 1);
	ck_assert(target_read_u64(t, child_addr(&c, "relro"), &size));
	ck_assert_uint_eq(size, child_addr(&c, "counter"));
	ck_assert(!(target_mapping(t, child_addr(&c, "relro"))->prot & MAP_WRITE));
	/* after the end of the process its constants can still be had, from the file; its variables
	 * cannot */
	child_end(&c);
	target_forget_pages(t);
	ck_assert(target_read_string(t, at, s, sizeof(s)));
	ck_assert_str_eq(s, "a constant of check_target_child");
	ck_assert(!target_read(t, child_addr(&c, "data"), s, 1));
	ck_assert(!target_read(t, child_addr(&c, "relro"), s, 1));
	ck_assert(!target_read(t, child_addr(&c, "heap"), s, 1));
	target_close(t);
	notes_release(&notes);
}
END_TEST

static void copy_file(const char *from, const char *to)
{
	char bytes[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	ssize_t n;

	ck_assert(in >= 0 && out >= 0);
	while ((n = read(in, bytes, sizeof(bytes))) > 0)
		ck_assert_int_eq(write(out, bytes, n), n);
	close(in);
	close(out);
}

static void own_program(char *path, size_t size)
{
	snprintf(path, size, "%s/check_target_child", build_dir());
}

/* The program's file is gone (or replaced by another one): it is still found, through the kernel.
 */
START_TEST(deleted_program)
{
	static const char *const names[] = {"check target\n child", "check_target (deleted)"};
	char dir[] = "/tmp/check_target.XXXXXX", own[4096], path[4200];
	struct notes notes = {0};
	struct target *t;
	struct module *m;
	struct child c;
	addr_t at;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	own_program(own, sizeof(own));
	snprintf(path, sizeof(path), "%s/%s", dir, names[_i / 2]);
	copy_file(own, path);
	child_start(&c, path, "sit");
	unlink(path);
	if (_i % 2)
		copy_file("/bin/true", path);
	t = open_live(c.pid, NULL, &notes);
	ck_assert_str_eq(t->exe, path);
	m = target_find_symbol(t, "check_target_data", &at, NULL);
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(at, child_addr(&c, "data"));
	ck_assert_str_eq(m->path, path);
	ck_assert(target_mapping(t, at)->deleted);
	ck_assert_str_ne(m->file_path, path);
	target_close(t);
	child_end(&c);
	unlink(path);
	rmdir(dir);
	notes_release(&notes);
}
END_TEST

START_TEST(stopped)
{
	struct notes notes = {0};
	struct target *t;
	struct child c;

	child_start(&c, NULL, "sit");
	kill(c.pid, SIGSTOP);
	waitpid(c.pid, NULL, WUNTRACED);
	t = open_live(c.pid, NULL, &notes);
	take_image(t);
	ck_assert_int_eq(state_of(c.pid), 'T');
	ck_assert_int_eq(t->pause, PAUSE_REFUSED);
	ck_assert(t->pause_seconds == 0);
	ck_assert(has_note(&notes, NOTE_INFO, "is stopped (state T)"));
	assert_contents(&c, t);
	target_close(t);
	ck_assert_int_eq(state_of(c.pid), 'T');
	kill(c.pid, SIGCONT);
	assert_goes_on(&c);
	child_end(&c);
	notes_release(&notes);
}
END_TEST

/* Another process traces it: that one's business is not disturbed, and it is named. */
static int start_tracer(int pid, bool stop)
{
	int up[2], tracer;
	char byte;

	ck_assert_int_eq(pipe(up), 0);
	tracer = fork();
	if (!tracer) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "check-tracer");
		if (ptrace(PTRACE_SEIZE, pid, NULL, NULL))
			_exit(1);
		if (stop && (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) ||
			     waitpid(pid, NULL, __WALL) != pid))
			_exit(1);
		(void)!write(up[1], "x", 1);
		for (;;)
			pause();
	}
	close(up[1]);
	ck_assert_int_eq(read(up[0], &byte, 1), 1);
	close(up[0]);
	return tracer;
}

START_TEST(traced)
{
	struct notes notes = {0};
	struct target *t;
	struct child c;
	char who[64];
	int tracer;

	child_start(&c, NULL, "sit");
	tracer = start_tracer(c.pid, _i);
	t = open_live(c.pid, NULL, &notes);
	take_image(t);
	ck_assert_int_eq(t->pause, PAUSE_REFUSED);
	snprintf(who, sizeof(who), "traced by process %d (check-tracer)", tracer);
	ck_assert(has_note(&notes, NOTE_INFO, who));
	assert_contents(&c, t);
	target_close(t);
	ck_assert_int_eq(tracer_of(c.pid), tracer);
	ck_assert_int_eq(state_of(c.pid) == 't', _i);
	kill(tracer, SIGKILL);
	waitpid(tracer, NULL, 0);
	assert_goes_on(&c);
	child_end(&c);
	notes_release(&notes);
}
END_TEST

START_TEST(interrupted)
{
	volatile int flag = 1;
	struct target_options o = {.interrupted = &flag};
	struct notes notes = {0};
	struct diag d = {0};
	struct target *t;
	struct child c;

	child_start(&c, NULL, "sit");
	t = open_live(c.pid, &o, &notes);
	ck_assert_int_eq(target_take_image(t, &d), ERR_INTERRUPTED);
	assert_goes_on(&c);
	flag = 0;
	take_image(t);
	assert_contents(&c, t);
	target_close(t);
	child_end(&c);
	notes_release(&notes);
}
END_TEST

/* The main thread has ended, others have not: the process is as alive as any. */
START_TEST(main_thread_ended)
{
	struct notes notes = {0};
	struct target *t;
	struct child c;

	child_start(&c, NULL, "leader");
	ck_assert_int_eq(state_of(c.pid), 'Z');
	t = open_live(c.pid, NULL, &notes);
	take_image(t);
	ck_assert_int_eq(t->pause, PAUSE_FROZEN);
	assert_image_pattern(t, child_addr(&c, "heap"), 100000, 1);
	ck_assert_ptr_nonnull(image_at(t->image, child_addr(&c, "counter"), 8));
	target_close(t);
	child_end(&c);
	notes_release(&notes);
}
END_TEST

START_TEST(thread_id_given)
{
	struct notes notes = {0};
	struct target *t;
	struct child c;
	int tid;

	child_start(&c, NULL, "sit");
	t = open_live(c.pid, NULL, &notes);
	tid = t->threads.at[2].tid;
	target_close(t);
	t = open_live(tid, NULL, &notes);
	ck_assert_int_eq(t->pid, c.pid);
	ck_assert(has_note(&notes, NOTE_INFO, "is a thread of process"));
	target_close(t);
	child_end(&c);
	notes_release(&notes);
}
END_TEST

START_TEST(many_threads)
{
	struct notes notes = {0};
	struct target *t;
	struct child c;

	child_start(&c, NULL, "many");
	t = open_live(c.pid, NULL, &notes);
	take_image(t);
	ck_assert_int_eq(t->pause, PAUSE_FROZEN);
	ck_assert_uint_eq(t->threads.n, 301);
	assert_regs(t);
	assert_image_pattern(t, child_addr(&c, "stack8"), 20000, 8);
	assert_goes_on(&c);
	target_close(t);
	child_end(&c);
	notes_release(&notes);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("live");

	tcase_add_test(c, contents);
	tcase_add_test(c, no_pause);
	tcase_add_test(c, modules);
	tcase_add_loop_test(c, deleted_program, 0, 4);
	tcase_add_test(c, stopped);
	tcase_add_loop_test(c, traced, 0, 2);
	tcase_add_test(c, interrupted);
	tcase_add_test(c, main_thread_ended);
	tcase_add_test(c, thread_id_given);
	tcase_add_test(c, many_threads);
	return run_tests("target-live", c);
}
