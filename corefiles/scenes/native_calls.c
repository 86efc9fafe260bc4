/* SPDX-License-Identifier: Apache-2.0 */
/* C functions that call back, block and crash in a known order. For stack_native.py, which calls them by ctypes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STAYS __attribute__((noinline, noclone))
#define HERE  __asm__ volatile("" ::: "memory") /* no tail call: the frame is there while what it called runs */

typedef int compare_fn(const void *a, const void *b);

static volatile int blocked;

int how_many_blocked(void)
{
	return blocked;
}

static STAYS void wait_for_end(int fd)
{
	char c;

	__atomic_add_fetch(&blocked, 1, __ATOMIC_SEQ_CST);
	while (read(fd, &c, 1) < 0)
		;
	HERE;
}

/* Says "ready" through the FIFO, then blocks. */
void say_and_block(const char *fifo, int fd)
{
	int to = open(fifo, O_WRONLY);

	if (write(to, "ready\n", 6) != 6)
		abort();
	close(to);
	wait_for_end(fd);
	HERE;
}

static STAYS int call_compare(compare_fn *compare, const int *pair)
{
	int result = compare(&pair[0], &pair[1]);

	HERE;
	return result;
}

int sort_two(compare_fn *compare)
{
	int pair[2] = {2, 1};
	int result = call_compare(compare, pair);

	HERE;
	return result;
}

int sort_by_libc(compare_fn *compare)
{
	int pair[2] = {2, 1};

	qsort(pair, 2, sizeof(*pair), compare);
	HERE;
	return pair[0];
}

static STAYS void *thread_of_c(void *fd)
{
	wait_for_end(*(int *)fd);
	HERE;
	return NULL;
}

int start_thread(int fd)
{
	static int kept;
	pthread_t thread;

	kept = fd;
	return pthread_create(&thread, NULL, thread_of_c, &kept) || pthread_setname_np(thread, "made by C");
}

static STAYS void give_up(void)
{
	abort();
}

void call_abort(void)
{
	give_up();
	HERE;
}

size_t call_strlen(const char *s)
{
	size_t (*volatile measure)(const char *) = strlen;
	size_t n = measure(s);

	HERE;
	return n;
}

static void *crashing_thread(void *nothing)
{
	call_strlen((const char *)0x10);
	HERE;
	return nothing;
}

/* Crashes in a thread that Python does not know. */
void crash_in_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, crashing_thread, NULL);
	pthread_join(thread, NULL);
	HERE;
}

/* Calls what is no code. */
void call_nothing(void)
{
	void (*volatile nothing)(void) = (void (*)(void))(uintptr_t)8;

	nothing();
	HERE;
}

static const char *handler_fifo;

static void handler(int sig)
{
	say_and_block(handler_fifo, 0);
	HERE;
}

/* Blocks in a signal handler, perhaps on a stack of its own. */
void block_in_handler(const char *fifo, int other_stack)
{
	stack_t stack = {.ss_size = 1 << 16, .ss_sp = malloc(1 << 16)};
	struct sigaction action = {.sa_handler = handler, .sa_flags = other_stack ? SA_ONSTACK : 0};

	handler_fifo = fifo;
	if (!stack.ss_sp || (other_stack && sigaltstack(&stack, NULL)) || sigaction(SIGUSR1, &action, NULL))
		abort();
	syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), SIGUSR1);
	HERE;
}
