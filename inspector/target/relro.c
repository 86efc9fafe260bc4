/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read-only data that the loader has written: .data.rel.ro and the like (RELRO), which lie in a
 * writable segment and were made read-only after relocation. A core has them; from a live process
 * they are read after the pause, since nobody changes them any more. Constant objects and tables of
 * pointers to objects lie there.
 */
#include <elf.h>
#include <sys/mman.h>
#include "target/internal.h"

#define RELRO_MAX ((size_t)64 << 20) /* a mapping larger than this is none */

static bool is_relro(const struct target *t, const struct mapping *m)
{
	const struct module *mod = m->module >= 0 ? &t->modules.at[m->module] : NULL;
	const struct elf_segment *s;
	size_t n;

	if (!mod || !mod->file || !(m->prot & MAP_READ) ||
	    m->prot & (MAP_WRITE | MAP_EXEC | MAP_SHARED_) || m->end - m->start > RELRO_MAX)
		return false;
	s = elf_file_segments(mod->file, &n);
	for (size_t i = 0; i < n; i++)
		if (s[i].flags & PF_W && m->start + IMAGE_PAGE > mod->bias + s[i].vaddr &&
		    m->start < mod->bias + s[i].vaddr + s[i].memsz)
			return true;
	return false;
}

/* False: no memory. What cannot be read is left out. */
static bool add_copy(struct image *im, struct target *t, const struct mapping *m)
{
	size_t len = m->end - m->start;
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return false;
	if (!vec_push(&im->owned, ((struct image_block){at, len}))) {
		munmap(at, len);
		return false;
	}
	return target_read_raw(t, m->start, at, len) < len ||
	       image_add(im, m->start, at, len, false);
}

bool image_add_relro(struct image *im, struct target *t)
{
	vec_foreach (m, &t->mappings)
		if (!image_delta(im, m->start) && is_relro(t, m) && !add_copy(im, t, m))
			return false;
	return true;
}
