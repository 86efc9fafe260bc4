/* SPDX-License-Identifier: Apache-2.0 */
#include "target/internal.h"
#include "target/modules.h"
#include "target/procmaps.h"

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

/* A new module, or NULL if there is no room: modules do not move, as others keep pointers to them.
 */
static struct module *new_module(struct target *t, const struct mapping *head)
{
	struct module *m;

	if (t->modules.n == t->modules.cap) {
		notes_add(t->notes, NOTE_PARTIAL, "more than %zu modules: the others are left out",
			  t->modules.n);
		return NULL;
	}
	m = &t->modules.at[t->modules.n++];
	*m = (struct module){.path = head->path, .start = head->start, .end = head->end};
	return m;
}

static void add(struct target *t, size_t first, const struct mem_elf *e, addr_t at_phdr,
		module_open_fn *open_file)
{
	const struct mapping *head = &t->mappings.at[first];
	int index = module_known(t, head->start, head->path);
	struct module *m;

	if (index < 0) {
		m = new_module(t, head);
		if (!m)
			return;
		index = (int)(m - t->modules.at);
		m->bias = e->bias;
		m->exe = at_phdr >= e->lo && at_phdr < e->hi;
		m->dynamic = e->dynamic;
		m->id_read = mem_elf_build_id(t, e, &m->id);
		open_file(t, m, head, e);
	}
	claim(t, first, e, index);
}

/* The extent of a file by its mappings alone. @return whether code is among them. */
static bool mapped_extent(const struct target *t, size_t first, struct mem_elf *e)
{
	const struct mapping *head = &t->mappings.at[first];
	bool code = false;

	*e = (struct mem_elf){.base = head->start, .bias = head->start, .lo = head->start};
	for (size_t i = first; i < t->mappings.n; i++) {
		const struct mapping *m = &t->mappings.at[i];

		if (mapping_same_file(m, head) && (i == first || m->offset)) {
			e->hi = m->end;
			code |= m->prot & MAP_EXEC;
		} else if (m->path[0]) {
			break;
		}
	}
	return code;
}

/* The file says more: its offset 0 lies at the first mapping, and it ends with its .bss. */
static void extent_of_file(const struct elf_file *f, struct mem_elf *e)
{
	size_t n;
	const struct elf_segment *s = elf_file_segments(f, &n);

	for (size_t i = n; i-- > 0;)
		if (s[i].offset < IMAGE_PAGE && s[i].vaddr >= s[i].offset)
			e->bias =
			    e->base - ((s[i].vaddr - s[i].offset) & ~(addr_t)(IMAGE_PAGE - 1));
	for (size_t i = 0; i < n; i++)
		e->hi = max_of(e->hi, round_up(s[i].vaddr + s[i].memsz + e->bias, IMAGE_PAGE));
}

/* A core without the page that has the ELF header: nothing can be compared, only the user can say
 * which file it is. */
static void add_blind(struct target *t, size_t first, addr_t at_phdr, module_open_fn *open_file)
{
	struct mem_elf e;
	struct module *m;

	if (!mapped_extent(t, first, &e))
		return;
	m = new_module(t, &t->mappings.at[first]);
	if (!m)
		return;
	m->exe = at_phdr >= e.lo && at_phdr < e.hi;
	open_file(t, m, &t->mappings.at[first], &e);
	if (m->file)
		extent_of_file(m->file, &e);
	m->bias = e.bias;
	claim(t, first, &e, (int)(m - t->modules.at));
}

static bool is_head(const struct mapping *m)
{
	return m->module < 0 && mapping_is_file(m) && !mapping_is_device(m) && !m->offset;
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
		uint32_t magic;

		if (!is_head(m))
			continue;
		if (mem_elf_read(t, m->start, locate, &near, &e)) {
			if (is_loaded(t, m, &e))
				add(t, i, &e, at_phdr, open_file);
		} else if (t->kind == TARGET_CORE && !target_read_u32(t, m->start, &magic)) {
			add_blind(t, i, at_phdr, open_file);
		}
	}
	return true;
}
