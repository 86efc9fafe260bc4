/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of .data that nobody has touched yet: they are private and writable, but neither resident in a live process nor
 * in a core. What they hold is what the file holds. Objects can lie there: constants that CPython 3.11 compiles in.
 */
#include "target/internal.h"

static bool add_run(struct image *im, const struct module *mod, const struct mapping *m, addr_t start, addr_t end)
{
	const void *bytes = elf_file_bytes(mod->file, m->offset + (start - m->start), end - start);

	return !bytes || image_add(im, start, bytes, end - start, true);
}

static bool add_mapping(struct image *im, const struct module *mod, const struct mapping *m)
{
	addr_t run = 0;

	for (addr_t a = m->start; a < m->end; a += IMAGE_PAGE) {
		/* a page that reaches past the end of the file is not the file's alone */
		bool want = !image_delta(im, a) &&
			    elf_file_bytes(mod->file, m->offset + (a - m->start), IMAGE_PAGE);

		if (want && !run)
			run = a;
		if (!want && run) {
			if (!add_run(im, mod, m, run, a))
				return false;
			run = 0;
		}
	}
	return !run || add_run(im, mod, m, run, m->end);
}

bool image_add_file_pages(struct image *im, struct target *t)
{
	if (t->missing_bytes)
		return true; /* a page that was cut off was not as the file has it */
	vec_foreach(m, &t->mappings)
		if (m->module >= 0 && m->prot & MAP_WRITE && !(m->prot & MAP_SHARED_) &&
		    t->modules.at[m->module].file && mapping_is_file(m) &&
		    !add_mapping(im, &t->modules.at[m->module], m))
			return false;
	return true;
}
