/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a file fit a place in the process? For cores that were cut off before a library's ELF
 * header: the core's own headers still say what was mapped where, and how it was protected. Whether
 * the file is the right one is for the caller to prove by what points into it.
 */
#include "target/internal.h"
#include "target/modules.h"

static addr_t page_down(addr_t a)
{
	return a & ~(addr_t)(IMAGE_PAGE - 1);
}

bool mem_elf_of_file(const struct elf_file *f, addr_t base, struct mem_elf *out)
{
	struct mem_elf e = {.base = base, .lo = UINT64_MAX};
	bool found = false;
	size_t n;
	const struct elf_segment *s = elf_file_segments(f, &n);

	for (size_t i = 0; i < n; i++) {
		Elf64_Phdr p = {.p_type = PT_LOAD,
				.p_flags = s[i].flags,
				.p_offset = s[i].offset,
				.p_vaddr = s[i].vaddr,
				.p_filesz = s[i].filesz,
				.p_memsz = s[i].memsz};

		if (!s[i].memsz)
			continue;
		if (e.n_loads == MEM_ELF_LOADS || (s[i].vaddr | s[i].memsz | s[i].offset) >> 47 ||
		    s[i].filesz > s[i].memsz)
			return false;
		if (!found && !page_down(s[i].offset) && s[i].vaddr >= s[i].offset) {
			e.bias = base - page_down(s[i].vaddr - s[i].offset);
			found = true;
		}
		e.loads[e.n_loads++] = p;
	}
	for (size_t i = 0; i < e.n_loads; i++) {
		const Elf64_Phdr *p = &e.loads[i];

		e.lo = min_of(e.lo, page_down(p->p_vaddr + e.bias));
		e.hi = max_of(e.hi, round_up(p->p_vaddr + p->p_memsz + e.bias, IMAGE_PAGE));
	}
	if (!found || e.lo != base || e.lo >= e.hi)
		return false;
	*out = e;
	return true;
}

/* Is the page at addr the file's page at offset? */
static bool holds(const struct target *t, addr_t addr, const struct mapping *head, uint64_t offset)
{
	const struct mapping *m = target_mapping(t, addr);

	return m && mapping_same_file(m, head) && m->offset + (addr - m->start) == offset;
}

static bool segment_fits(const struct target *t, const struct mem_elf *e, const Elf64_Phdr *p,
			 const struct mapping *head)
{
	addr_t lo = page_down(p->p_vaddr + e->bias);
	addr_t hi = round_up(p->p_vaddr + e->bias + p->p_filesz, IMAGE_PAGE);
	addr_t end = round_up(p->p_vaddr + e->bias + p->p_memsz, IMAGE_PAGE);
	uint64_t offset = page_down(p->p_offset);
	const struct mapping *m = target_mapping(t, lo);
	bool code = p->p_flags & PF_X;

	if (end > hi && !target_mapping(t, end - IMAGE_PAGE))
		return false;
	if (!p->p_filesz)
		return true;
	if (!holds(t, lo, head, offset) ||
	    !holds(t, hi - IMAGE_PAGE, head, offset + (hi - IMAGE_PAGE - lo)))
		return false;
	/* where the next segment's pages follow in memory as in the file, there is no end to see */
	for (size_t i = 0; i < e->n_loads; i++)
		if (page_down(e->loads[i].p_vaddr + e->bias) == hi)
			return code == !!(m->prot & MAP_EXEC);
	return code == !!(m->prot & MAP_EXEC) && !holds(t, hi, head, offset + (hi - lo));
}

bool module_fits(const struct target *t, const struct module *m, const struct elf_file *f)
{
	const struct mapping *head = target_mapping(t, m->start);
	struct mem_elf e;

	if (!head || !mem_elf_of_file(f, m->start, &e) || !e.n_loads)
		return false;
	for (size_t i = 0; i < e.n_loads; i++)
		if (!segment_fits(t, &e, &e.loads[i], head))
			return false;
	return true;
}
