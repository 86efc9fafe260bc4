/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a core file: whatever the reader says is in it must be there. */
#include <stdio.h>
#include <sys/mman.h>
#include "elf/corefile.h"
#include "fuzz.h"

static volatile uint64_t sink; /* so that no read is optimized away */

static void read_all(const struct corefile *c)
{
	uint64_t value;

	vec_foreach(s, &c->segments) {
		const uint8_t *p = s->have ? corefile_at(c, s->start, s->have) : NULL;

		if (p)
			sink += p[0] + p[s->have - 1];
		(void)!corefile_at(c, s->start + s->have, 1);
		(void)!corefile_at(c, s->start, UINT64_MAX);
	}
	vec_foreach(f, &c->files)
		sink += strlen(f->path);
	vec_foreach(t, &c->threads)
		sink += t->tid + (t->regs.n ? t->regs.at[t->regs.n - 1] : 0);
	sink += corefile_auxv(c, 9, &value) + strlen(c->comm) + strlen(c->args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct corefile *c = NULL;
	struct diag d = { 0 };
	char path[64];
	cleanup_fd int fd = memfd_create("core", 0);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (corefile_open(path, NULL, &c, &d) == OK) {
		read_all(c);
		corefile_close(c);
	} else if (!d.text[0] || strchr(d.text, '\n')) {
		abort(); /* refused without one line that says why */
	}
	return 0;
}
