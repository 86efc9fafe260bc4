/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that leaves a core, compiled when the tests run. It says on stdout what a reader of
 * the core must find, then aborts ("crasher abort FILE") or waits for gcore ("crasher wait
 * FILE"). FILE is mapped, its second page.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE    4096
#define PAGES   40
#define THREADS 3

static pthread_barrier_t ready;

static void *thread_main(void *arg)
{
	printf("thread\t%ld\n", (long)syscall(SYS_gettid));
	pthread_barrier_wait(&ready);
	for (;;)
		pause();
	return arg;
}

/* Every word is a function of its address; the test knows it too. */
static void fill(uint64_t *p, size_t n)
{
	for (size_t i = 0; i < n / 8; i++)
		p[i] = (uint64_t)(uintptr_t)&p[i] * 0x9e3779b97f4a7c15u;
}

int main(int argc, char **argv)
{
	int here, fd = open(argv[2], O_RDONLY);
	char *file = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE);
	uint64_t *words = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t t;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* so that gcore may, as any user */
	prctl(PR_SET_NAME, "sixteen-letters-and-more");
	fill(words, PAGES * PAGE);
	pthread_barrier_init(&ready, NULL, THREADS + 1);
	printf("process\t%d\t%d\t%d\t%d\n", getpid(), getppid(), getuid(), getgid());
	printf("thread\t%d\n", getpid());
	printf("memory\t%lu\t%d\n", (unsigned long)words, PAGES * PAGE);
	printf("file\t%lu\t%d\t%d\t%s\n", (unsigned long)file, PAGE, PAGE, argv[2]);
	printf("stack\t%lu\n", (unsigned long)&here);
	printf("auxv\t%d\t%lu\n", AT_ENTRY, getauxval(AT_ENTRY));
	printf("auxv\t%d\t%lu\n", AT_PHDR, getauxval(AT_PHDR));
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t, NULL, thread_main, NULL);
	pthread_barrier_wait(&ready);
	printf("end\n");
	fflush(stdout);
	if (!strcmp(argv[1], "abort"))
		abort();
	for (;;)
		pause();
}
