/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of .data that nobody has touched yet: they are private and writable, but neither resident
 * in a live process nor in a core. What they hold is what the file holds. Objects can lie there:
 * constants that CPython 3.11 compiles in. A page that is missing for another reason (cut off,
 * unreadable) is left missing.
 */
#include "target/internal.h"

static bool add_run(struct image *im, const struct module *mod, const struct mapping *m,
		    addr_t start, addr_t end)
{
	const void *bytes = elf_file_bytes(mod->file, m->offset + (start - m->start), end - start);

	return !bytes || image_add(im, start, bytes, end - start, true);
}

static bool add_mapping(struct image *im, struct target *t, const struct mapping *m)
{
	const struct module *mod = &t->modules.at[m->module];
	addr_t run = 0;

	for (addr_t a = m->start; a < m->end; a += IMAGE_PAGE) {
		/* a page that reaches past the end of the file is not the file's alone */
		bool want = !image_delta(im, a) && (!t->ops->left_out || t->ops->left_out(t, a)) &&
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

static bool has_file_pages(const struct target *t, const struct mapping *m)
{
	const struct module *mod = m->module >= 0 ? &t->modules.at[m->module] : NULL;

	return mod && mod->file && !mod->no_bytes && mapping_is_file(m) && (m->prot & MAP_WRITE) &&
	       !(m->prot & MAP_SHARED_);
}

bool image_add_file_pages(struct image *im, struct target *t)
{
	if (t->own->has_holes)
		return true;
	vec_foreach (m, &t->mappings)
		if (has_file_pages(t, m) && !add_mapping(im, t, m))
			return false;
	return true;
}
