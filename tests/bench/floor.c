/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor PID [TIMES]: the least time that copying a process can take. One bulk process_vm_readv pass
 * over its resident private writable memory, into memory that was faulted in beforehand, without
 * stopping it. Prints bytes and seconds, a line for each time.
 *
 * The measure that heapscope's pause is compared with: so nothing of heapscope's own code is in
 * here.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PAGE	 4096ul
#define SEGMENTS 1024

static struct iovec *runs;
static size_t n_runs, room;

static void add_page(uintptr_t at)
{
	struct iovec *last = n_runs ? &runs[n_runs - 1] : NULL;

	if (last && (uintptr_t)last->iov_base + last->iov_len == at) {
		last->iov_len += PAGE;
		return;
	}
	if (n_runs == room) {
		room = room ? room * 2 : 1024;
		runs = realloc(runs, room * sizeof(*runs));
		if (!runs)
			exit(2);
	}
	runs[n_runs++] = (struct iovec){(void *)at, PAGE};
}

static void add_mapping(int pagemap, uintptr_t start, uintptr_t end)
{
	for (uintptr_t at = start; at < end; at += 512 * PAGE) {
		uint64_t entry[512];
		size_t pages = (end - at) / PAGE < 512 ? (end - at) / PAGE : 512;
		ssize_t n = pread(pagemap, entry, pages * 8, at / PAGE * 8);

		for (ssize_t i = 0; i < n / 8; i++)
			if (entry[i] >> 62) /* present or swapped */
				add_page(at + i * PAGE);
	}
}

static void list_memory(const char *pid)
{
	char path[64], line[8192], prot[8], name[8];
	unsigned long start, end;
	int pagemap;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%s/pagemap", pid);
	pagemap = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "r");
	if (pagemap < 0 || !maps) {
		perror(path);
		exit(2);
	}
	while (fgets(line, sizeof(line), maps)) {
		name[0] = 0;
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %7s", &start, &end, prot, name) < 3)
			continue;
		if (prot[1] == 'w' && prot[3] == 'p' && strncmp(name, "[vvar", 5) &&
		    strncmp(name, "/dev/", 5))
			add_mapping(pagemap, start, end);
	}
	fclose(maps);
	close(pagemap);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static size_t copy(pid_t pid, char *to)
{
	size_t sum = 0;

	for (size_t i = 0; i < n_runs; i += SEGMENTS) {
		size_t n = n_runs - i < SEGMENTS ? n_runs - i : SEGMENTS, want = 0;
		struct iovec local;
		ssize_t got;

		for (size_t k = i; k < i + n; k++)
			want += runs[k].iov_len;
		local = (struct iovec){to + sum, want};
		got = process_vm_readv(pid, &local, 1, runs + i, n, 0);
		if (got > 0)
			sum += got;
	}
	return sum;
}

int main(int argc, char **argv)
{
	int times = argc > 2 ? atoi(argv[2]) : 1;
	size_t size = 0;
	char *to;

	if (argc < 2) {
		fprintf(stderr, "usage: floor PID [TIMES]\n");
		return 64;
	}
	list_memory(argv[1]);
	for (size_t i = 0; i < n_runs; i++)
		size += runs[i].iov_len;
	to = mmap(NULL, size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (to == MAP_FAILED)
		return 2;
	madvise(to, size, MADV_HUGEPAGE);
	memset(to, 1, size);
	while (times-- > 0) {
		double start = now();
		size_t sum = copy(atoi(argv[1]), to);

		printf("%zu %.6f\n", sum, now() - start);
	}
	return 0;
}
