/* SPDX-License-Identifier: Apache-2.0 */
/* What a freeze must never do: leave a thread behind, lose a signal, end a job-control stop, die
 * with its target. */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "check_target_fixture.h"
#include "target/freeze.h"

/* How often in n looks two numbers of "pair" were seen as they never were together. */
static int count_torn(const struct child *c, struct target_options *o, int n)
{
	int torn = 0;

	for (int i = 0; i < n; i++) {
		struct notes notes = {0};
		struct target *t = open_live(c->pid, o, &notes);
		const uint64_t *first, *second;

		take_image(t);
		ck_assert_msg(t->pause == (o ? PAUSE_NONE : PAUSE_FROZEN), "%s",
			      notes.n ? notes.at[0].text : "not frozen");
		first = (const uint64_t *)image_at(t->image, child_addr(c, "first"), 12 * 8);
		second = (const uint64_t *)image_at(t->image, child_addr(c, "second"), 12 * 8);
		for (int k = 0; k < 12; k++)
			torn += first[k] - second[k] > 1;
		target_close(t);
		notes_release(&notes);
	}
	return torn;
}

/* The copy is of one moment, for all threads; and without a freeze it would not be. */
START_TEST(one_moment)
{
	struct target_options o = {.no_pause = true};
	struct child c;

	child_start(&c, NULL, "pair");
	ck_assert_int_eq(count_torn(&c, NULL, 100), 0);
	ck_assert_int_gt(count_torn(&c, &o, 20), 0);
	assert_goes_on(&c);
	child_end(&c);
}
END_TEST

static int count_running(int pid)
{
	char path[64];
	struct dirent *e;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir)))
		/* one that is ending is shown until its parent thread has seen it */
		n += e->d_name[0] != '.' && !strchr("tZX?", state_of(atoi(e->d_name)));
	closedir(dir);
	return n;
}

static void *freeze_and_count(void *arg)
{
	struct freezer f;
	struct diag d = {0};
	static int running;

	running = -1;
	if (!freezer_init(&f, *(int *)arg, NULL, &d) && !freezer_freeze(&f, 2, &d)) {
		running = count_running(*(int *)arg);
		freezer_thaw(&f);
	}
	freezer_release(&f);
	return &running;
}

/* None of the threads that were born while others were being stopped is missed. */
START_TEST(all_stand)
{
	struct child c;

	child_start(&c, NULL, "pair");
	for (int i = 0; i < 500; i++) {
		pthread_t thread;
		void *running;

		ck_assert_int_eq(pthread_create(&thread, NULL, freeze_and_count, &c.pid), 0);
		pthread_join(thread, &running);
		ck_assert_int_eq(*(int *)running, 0);
	}
	assert_goes_on(&c);
	child_end(&c);
}
END_TEST

static void *freeze_shortly(void *arg)
{
	struct freezer f;
	struct diag d = {0};
	static enum err e;

	e = freezer_init(&f, *(int *)arg, NULL, &d);
	if (!e)
		e = freezer_freeze(&f, 0.2, &d);
	freezer_release(&f);
	return &e;
}

/* A thread that does not come to a stop: it is read as it is, and nothing of ours stays on it. */
START_TEST(uninterruptible)
{
	struct notes notes = {0};
	struct target *t;
	struct child c;
	pthread_t thread;
	void *e;

	child_start(&c, NULL, "vfork");
	for (int i = 0; i < 2000 && state_of(c.pid) != 'D'; i++)
		usleep(1000);
	ck_assert_int_eq(state_of(c.pid), 'D');
	t = open_live(c.pid, NULL, &notes);
	take_image(t);
	ck_assert_int_eq(t->pause, PAUSE_REFUSED);
	ck_assert(t->pause_seconds == 0);
	ck_assert(has_note(&notes, NOTE_INFO, "uninterruptible sleep"));
	assert_image_pattern(t, child_addr(&c, "heap"), 100000, 1);
	target_close(t);
	ck_assert_int_eq(state_of(c.pid), 'D');
	/* and if it falls asleep only after that was looked at */
	ck_assert_int_eq(pthread_create(&thread, NULL, freeze_shortly, &c.pid), 0);
	pthread_join(thread, &e);
	ck_assert_int_eq(*(enum err *)e, ERR_UNSUPPORTED);
	/* a thread can be joined a moment before the kernel releases what it traced */
	for (int i = 0; i < 1000 && tracer_of(c.pid); i++)
		usleep(1000);
	ck_assert_int_eq(tracer_of(c.pid), 0);
	ck_assert_int_eq(state_of(c.pid), 'D');
	ck_assert_int_eq(write(c.in, "x", 1), 1);
	for (int i = 0; i < 2000 && state_of(c.pid) == 'D'; i++)
		usleep(1000);
	assert_goes_on(&c);
	child_end(&c);
	notes_release(&notes);
}
END_TEST

static void look_once(int pid, enum pause_kind *pause)
{
	struct notes notes = {0};
	struct target *t = open_live(pid, NULL, &notes);

	take_image(t);
	*pause = t->pause;
	ck_assert(!notes_partial(&notes));
	target_close(t);
	notes_release(&notes);
}

START_TEST(threads_born_meanwhile)
{
	struct child c;

	child_start(&c, NULL, "storm");
	for (int i = 0; i < 200; i++) {
		enum pause_kind pause;

		look_once(c.pid, &pause);
		ck_assert_int_eq(pause, PAUSE_FROZEN);
	}
	assert_goes_on(&c);
	child_end(&c);
}
END_TEST

START_TEST(reader_is_killed)
{
	struct child c;
	unsigned int seed = 1;

	child_start(&c, NULL, _i ? "storm" : "sit");
	for (int i = 0; i < 100; i++) {
		int status, reader = fork();

		if (!reader) {
			enum pause_kind pause;

			for (;;)
				look_once(c.pid, &pause);
		}
		usleep(rand_r(&seed) % 15000);
		kill(reader, SIGKILL);
		ck_assert_int_eq(waitpid(reader, &status, 0), reader);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		assert_goes_on(&c);
	}
	child_end(&c);
}
END_TEST

/* Sends until told to stop. Never more than the kernel queues: what it refuses does not count. */
static void send_signals(int pid, volatile uint64_t *sent, volatile uint64_t *stop)
{
	while (!*stop)
		*sent += !sigqueue(pid, SIGRTMIN, (union sigval){0});
	_exit(0);
}

/* A signal that is about to be delivered when the freeze comes is delivered after it. */
START_TEST(signals_arrive)
{
	volatile uint64_t *shared =
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child c;
	/* queued signals are counted by user: leave some for the timers of the tests beside this
	 * one */
	struct rlimit few = {500, 500};
	int sender;

	child_start(&c, NULL, "signals");
	ck_assert_int_eq(prlimit(c.pid, RLIMIT_SIGPENDING, &few, NULL), 0);
	sender = fork();
	if (!sender)
		send_signals(c.pid, &shared[0], &shared[1]);
	for (int i = 0; i < 300; i++) {
		enum pause_kind pause;

		look_once(c.pid, &pause);
	}
	shared[1] = 1;
	waitpid(sender, NULL, 0);
	for (int i = 0; i < 5000 && counter_of(&c) < shared[0]; i++)
		usleep(2000);
	ck_assert_uint_gt(shared[0], 1000);
	ck_assert_uint_eq(counter_of(&c), shared[0]);
	child_end(&c);
}
END_TEST

/* SIGSTOP and SIGCONT while we look, at any moment: what was asked for last is what holds. */
START_TEST(job_control)
{
	struct child c;
	unsigned int seed = 2;

	child_start(&c, NULL, "sit");
	for (int i = 0; i < 60; i++) {
		int status, sender = fork();
		enum pause_kind pause;

		if (!sender) {
			usleep(rand_r(&seed) % 3000);
			_exit(kill(c.pid, SIGSTOP) != 0);
		}
		rand_r(&seed);
		look_once(c.pid, &pause);
		waitpid(sender, &status, 0);
		for (int k = 0; k < 1000 && state_of(c.pid) != 'T'; k++)
			usleep(1000);
		ck_assert_int_eq(state_of(c.pid), 'T');
		kill(c.pid, SIGCONT);
		assert_goes_on(&c);
	}
	child_end(&c);
}
END_TEST

START_TEST(target_is_killed)
{
	unsigned int seed = 3;

	for (int i = 0; i < 40; i++) {
		struct child c;
		struct notes notes = {0};
		struct diag d = {0};
		struct target *t;
		int killer;
		enum err e;

		child_start(&c, NULL, i % 2 ? "storm" : "sit");
		t = open_live(c.pid, NULL, &notes);
		killer = fork();
		if (!killer) {
			usleep(rand_r(&seed) % 4000);
			_exit(kill(c.pid, SIGKILL) != 0);
		}
		rand_r(&seed);
		e = target_take_image(t, &d);
		ck_assert_msg(e == OK || e == ERR_NO_PROCESS, "%s", diag_text(&d));
		target_close(t);
		waitpid(killer, NULL, 0);
		child_end(&c);
		notes_release(&notes);
	}
}
END_TEST

/* Neither waits for the other for ever: execve() for its threads, PTRACE_SEIZE for execve(). */
START_TEST(target_executes)
{
	unsigned int seed = 4;

	for (int i = 0; i < 80; i++) {
		struct child c;
		struct notes notes = {0};
		struct diag d = {0};
		struct target *t;
		int pusher;
		enum err e;

		child_start(&c, NULL, "exec");
		t = open_live(c.pid, NULL, &notes);
		pusher = fork();
		if (!pusher) {
			usleep(rand_r(&seed) % 4000);
			_exit(write(c.in, "x", 1) != 1);
		}
		rand_r(&seed);
		e = i % 2 ? target_take_image(t, &d) : target_freeze(t, &d);
		ck_assert_msg(e == OK || e == ERR_NO_PROCESS, "%s", diag_text(&d));
		target_close(t);
		waitpid(pusher, NULL, 0);
		child_wait_ready(&c);
		assert_goes_on(&c);
		child_end(&c);
		notes_release(&notes);
	}
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("freeze");

	tcase_add_test(c, one_moment);
	tcase_add_test(c, all_stand);
	tcase_add_test(c, uninterruptible);
	tcase_add_test(c, threads_born_meanwhile);
	tcase_add_loop_test(c, reader_is_killed, 0, 2);
	tcase_add_test(c, signals_arrive);
	tcase_add_test(c, job_control);
	tcase_add_test(c, target_is_killed);
	tcase_add_test(c, target_executes);
	return run_tests("target-freeze", c);
}
