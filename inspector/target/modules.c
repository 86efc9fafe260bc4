/* SPDX-License-Identifier: Apache-2.0 */
#include "target/internal.h"
#include "target/modules.h"

#define MODULES_ROOM 256 /* that may be loaded between opening the target and the freeze */

struct near { /* the mapping with the header, to find other parts of the same file */
	struct target *t;
	size_t first;
};

/* Where the file's offset is mapped, in this copy of the file. */
static addr_t locate(void *arg, uint64_t offset)
{
	const struct near *near = arg;
	const struct mapping_list *l = &near->t->mappings;
	const struct mapping *head = &l->at[near->first];

	for (size_t i = near->first; i < l->n; i++) {
		const struct mapping *m = &l->at[i];

		if (m != head && mapping_same_file(m, head) && !m->offset && !offset)
			break; /* another copy of it begins */
		if (mapping_same_file(m, head) && offset >= m->offset &&
		    offset - m->offset < m->end - m->start)
			return m->start + (offset - m->offset);
	}
	return 0;
}

/*
 * A file may also be mapped as plain data, headers and all. It is a module if no segment is
 * contradicted by what is mapped at its place: the same file with another offset, or nothing at
 * all.
 */
static bool is_loaded(const struct target *t, const struct mapping *head, const struct mem_elf *e)
{
	for (size_t i = 0; i < e->n_loads; i++) {
		const Elf64_Phdr *p = &e->loads[i];
		addr_t at = (p->p_vaddr + e->bias) & ~(addr_t)(IMAGE_PAGE - 1);
		uint64_t offset = p->p_offset & ~(uint64_t)(IMAGE_PAGE - 1);
		const struct mapping *m = target_mapping(t, at);

		if (!m)
			return false;
		if (p->p_filesz && mapping_same_file(m, head) &&
		    (m->offset + (at - m->start) != offset ||
		     ((p->p_flags & PF_X) && !(m->prot & MAP_EXEC))))
			return false;
	}
	return true;
}

static int module_known(const struct target *t, addr_t start, const char *path)
{
	for (size_t i = 0; i < t->modules.n; i++)
		if (t->modules.at[i].start == start && !strcmp(t->modules.at[i].path, path))
			return (int)i;
	return -1;
}

/* The mappings within the module's extent: the file's own, and anonymous memory between them
 * (.bss). */
static void claim(struct target *t, size_t first, const struct mem_elf *e, int module)
{
	const struct mapping *head = &t->mappings.at[first];

	for (size_t i = first; i < t->mappings.n && t->mappings.at[i].start < e->hi; i++) {
		struct mapping *m = &t->mappings.at[i];

		if (m->module >= 0 || m->end > e->hi ||
		    !(mapping_same_file(m, head) || !m->path[0]))
			continue;
		m->module = module;
		t->modules.at[module].end = max_of(t->modules.at[module].end, m->end);
	}
}

static void add(struct target *t, size_t first, const struct mem_elf *e, addr_t at_phdr,
		module_open_fn *open_file)
{
	const struct mapping *head = &t->mappings.at[first];
	int index = module_known(t, head->start, head->path);
	struct module *m;

	if (index < 0) {
		/* modules do not move: others keep pointers to them */
		if (t->modules.n == t->modules.cap) {
			notes_add(t->notes, NOTE_PARTIAL,
				  "more than %zu modules: the others are left out", t->modules.n);
			return;
		}
		index = (int)t->modules.n++;
		m = &t->modules.at[index];
		*m = (struct module){.path = head->path,
				     .start = head->start,
				     .end = head->end,
				     .bias = e->bias,
				     .exe = at_phdr >= e->lo && at_phdr < e->hi,
				     .dynamic = e->dynamic};
		m->id_read = mem_elf_build_id(t, e, &m->id);
		open_file(t, m, head, e);
	}
	claim(t, first, e, index);
}

bool modules_find(struct target *t, addr_t at_phdr, module_open_fn *open_file)
{
	size_t heads = 0;

	if (!t->modules.cap) {
		vec_foreach (m, &t->mappings)
			heads += mapping_is_file(m) && !m->offset;
		if (!vec_reserve(&t->modules, min_of(heads, (size_t)MODULES_MAX) + MODULES_ROOM))
			return false;
	}
	for (size_t i = 0; i < t->mappings.n; i++) {
		struct near near = {t, i};
		struct mapping *m = &t->mappings.at[i];
		struct mem_elf e;

		if (m->module >= 0 || !mapping_is_file(m) || m->offset ||
		    !mem_elf_read(t, m->start, locate, &near, &e) || !is_loaded(t, m, &e))
			continue;
		add(t, i, &e, at_phdr, open_file);
	}
	return true;
}
