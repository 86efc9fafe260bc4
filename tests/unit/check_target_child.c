/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that the tests of target/ look into. It knows its own truth: it prints "NAME ADDRESS"
 * lines for what it holds, then "ready", and then counts. Patterns: byte i of what has seed s is (i
 * * 7 + s) & 255.
 *
 * check_target_child MODE
 *   sit       three threads that hold patterns; the main one counts
 *   storm     creates and joins threads for ever
 *   many      300 threads
 *   leader    the main thread ends, another one counts
 *   exec      executes itself again as "sit" when it gets a byte on standard input
 *   abort     as sit, then dumps core on a byte
 *   signals   counts SIGRTMIN instead of time
 *   pair      short-lived threads count up two numbers, 16 MiB apart, one always right after the
 * other vfork     sleeps uninterruptibly in vfork() until it gets a byte
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define HEAP  100000
#define PAGE  4096
#define STACK 20000

volatile uint64_t check_target_counter;
unsigned char check_target_data[9000] = {1};
unsigned char check_target_bss[9000];
/* the dynamic linker writes it and then takes the right to write away */
const volatile void *const check_target_relro = &check_target_counter;
const char check_target_constant[] = "a constant of check_target_child";

static pthread_barrier_t all_there;

static void fill(unsigned char *at, size_t n, unsigned int seed)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (i * 7 + seed) & 255;
}

static void say(const char *name, const volatile void *at)
{
	printf("%s %#lx\n", name, (unsigned long)(uintptr_t)at);
}

static void *hold_stack(void *arg)
{
	unsigned char bytes[STACK];
	int seed = (int)(intptr_t)arg;
	char name[16];

	snprintf(name, sizeof(name), "holder-%d", seed);
	prctl(PR_SET_NAME, name);
	fill(bytes, sizeof(bytes), seed);
	snprintf(name, sizeof(name), "stack%d", seed);
	say(name, bytes);
	pthread_barrier_wait(&all_there);
	for (;;)
		pause();
	return arg;
}

/* The program's file once more, headers and all: not a module. */
static void map_as_data(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	say("flat", mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
	close(fd);
}

static void hold(void)
{
	unsigned char *heap = malloc(HEAP);
	unsigned char *three =
	    mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *shared =
	    mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned char *sealed =
	    mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	fill(heap, HEAP, 1);
	fill(three, PAGE, 2);
	fill(three + 2 * PAGE, PAGE, 3);
	fill(shared, PAGE, 4);
	fill(sealed, PAGE, 5);
	mprotect(sealed, PAGE, PROT_READ);
	fill(check_target_data, sizeof(check_target_data), 6);
	fill(check_target_bss, sizeof(check_target_bss), 7);
	say("heap", heap);
	say("three", three);
	say("shared", shared);
	say("sealed", sealed);
	say("data", check_target_data);
	say("bss", check_target_bss);
	say("counter", &check_target_counter);
	say("constant", check_target_constant);
	say("relro", &check_target_relro);
	map_as_data();
}

static void start_holders(int n)
{
	pthread_t t;

	pthread_barrier_init(&all_there, NULL, n + 1);
	for (int i = 0; i < n; i++)
		if (pthread_create(&t, NULL, hold_stack, (void *)(intptr_t)(i + 8)))
			abort();
	pthread_barrier_wait(&all_there);
}

static void ready(void)
{
	printf("ready\n");
	fflush(stdout);
}

static void count(void)
{
	for (;;) {
		check_target_counter++;
		usleep(500);
	}
}

static void *nothing(void *arg)
{
	return arg;
}

static void storm(void)
{
	for (;;) {
		pthread_t t[4];

		for (int i = 0; i < 4; i++)
			if (pthread_create(&t[i], NULL, nothing, NULL))
				abort();
		for (int i = 0; i < 4; i++)
			pthread_join(t[i], NULL);
		check_target_counter++;
	}
}

#define APART (16u << 20)
#define PAIRS 12

static volatile uint64_t *first, *second; /* PAIRS of each */
static volatile int busy[PAIRS];

static void *count_pair(void *arg)
{
	intptr_t n = (intptr_t)arg;

	for (int i = 0; i < 300000; i++) {
		first[n]++;
		second[n]++;
	}
	busy[n] = 0;
	return arg;
}

/* Twelve at a time, each soon followed by another. */
static void count_pairs(void)
{
	for (intptr_t n = 0;; n = (n + 1) % PAIRS) {
		pthread_t t;

		if (busy[n])
			continue;
		busy[n] = 1;
		if (pthread_create(&t, NULL, count_pair, (void *)n))
			abort();
		pthread_detach(t);
		check_target_counter++;
	}
}

static void make_pairs(void)
{
	unsigned char *at =
	    mmap(NULL, APART + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* zeros, but in memory */
	for (size_t i = 0; i < APART + PAGE; i += PAGE)
		((volatile unsigned char *)at)[i] = 0;
	first = (volatile uint64_t *)at;
	second = (volatile uint64_t *)(at + APART);
	say("first", first);
	say("second", second);
}

/* The child that stops us is in the same memory: it must not touch any. */
static void sleep_in_vfork(void)
{
	char byte;
	pid_t pid = vfork();

	if (!pid) {
		(void)!read(0, &byte, 1);
		_exit(0);
	}
}

static void *count_thread(void *arg)
{
	/* only when the main thread has ended is it as the test wants it */
	usleep(50000);
	ready();
	count();
	return arg;
}

static void on_signal(int sig)
{
	check_target_counter++;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "sit";
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	hold();
	if (!strcmp(mode, "leader")) {
		pthread_t t;

		pthread_create(&t, NULL, count_thread, NULL);
		pthread_exit(NULL);
	}
	if (!strcmp(mode, "signals")) {
		signal(SIGRTMIN, on_signal);
		ready();
		for (;;)
			pause();
	}
	if (!strcmp(mode, "pair"))
		make_pairs();
	start_holders(!strcmp(mode, "many") ? 300 : 2);
	ready();
	if (!strcmp(mode, "pair"))
		count_pairs();
	if (!strcmp(mode, "vfork"))
		sleep_in_vfork();
	if (!strcmp(mode, "storm"))
		storm();
	if (!strcmp(mode, "exec") && read(0, &byte, 1) == 1)
		execl("/proc/self/exe", argv[0], "sit", NULL);
	if (!strcmp(mode, "abort") && read(0, &byte, 1) == 1)
		abort();
	count();
	return 0;
}
