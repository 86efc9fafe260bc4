/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is damage to a heap: records of 16 bytes, {where, what}, each a word that is overwritten in a copy of a
 * real core ($FUZZ_CORE, its files below $FUZZ_ROOT: a golden one). Whatever the heap looks like then, every object is
 * found or passed over, weighed, and its references are followed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "cmd/cmd.h"
#include "fuzz.h"

static volatile uint64_t sink;

static void see_ref(struct visitor *v, addr_t to, enum edge_kind kind, uint64_t aux)
{
	sink += to + kind + aux;
}

static bool see_object(void *arg, const struct object *o)
{
	struct visitor v = { see_ref };

	object_refs(arg, o, &v);
	sink += object_size(arg, o);
	return true;
}

static void inspect(const char *path)
{
	struct target_options options = { .sysroot = getenv("FUZZ_ROOT") };
	struct session s = { 0 };

	if (session_open(&s, path, &options) == OK && session_need(&s, NEED_HEAP) == OK)
		heap_each(s.heap, see_object, (void *)typetab_ctx(s.types));
	else if (!s.diag.text[0])
		abort(); /* refused without a reason */
	session_close(&s);
}

static uint8_t *core_bytes(size_t *n)
{
	static uint8_t *at;
	static size_t size;
	cleanup_fd int fd = at ? -1 : open(getenv("FUZZ_CORE") ? getenv("FUZZ_CORE") : "core", O_RDONLY);
	struct stat st;

	if (!at) {
		if (fd < 0 || fstat(fd, &st) || st.st_size < 4096 * 2)
			abort();
		size = st.st_size;
		at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	*n = size;
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t size;
	const uint8_t *core = core_bytes(&size);
	cleanup_fd int fd = memfd_create("core", 0);
	char path[64];

	if (core == MAP_FAILED || fd < 0 || write(fd, core, size) != (ssize_t)size)
		abort();
	/* The first pages are headers and notes: fuzz_corefile's */
	for (size_t i = 0; i + 16 <= n; i += 16)
		if (pwrite(fd, data + i + 8, 8, 8192 + load64(data + i) % (size - 8192 - 8) / 8 * 8) != 8)
			abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	inspect(path);
	return 0;
}
