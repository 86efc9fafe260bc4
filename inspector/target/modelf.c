/* SPDX-License-Identifier: Apache-2.0 */
#include "target/internal.h"
#include "target/modelf.h"

#define PHDRS_MAX 512
#define NOTE_MAX  65536
#define ADDR_MAX  (1ull << 48)

static addr_t page_down(addr_t a)
{
	return a & ~(addr_t)(IMAGE_PAGE - 1);
}

/* A segment whose numbers cannot overflow. */
static bool is_sane(const Elf64_Phdr *p)
{
	return p->p_vaddr < ADDR_MAX && p->p_memsz < ADDR_MAX && p->p_offset < ADDR_MAX &&
	       p->p_filesz <= p->p_memsz;
}

static void keep(struct mem_elf *e, const Elf64_Phdr *p)
{
	if (!is_sane(p))
		return;
	if (p->p_type == PT_LOAD && p->p_memsz && e->n_loads < MEM_ELF_LOADS)
		e->loads[e->n_loads++] = *p;
	else if (p->p_type == PT_NOTE && e->n_notes < MEM_ELF_NOTES)
		e->notes[e->n_notes++] = *p;
	else if (p->p_type == PT_DYNAMIC)
		e->dynamic = p->p_vaddr;
}

static bool read_phdrs(struct target *t, addr_t at, size_t n, struct mem_elf *e)
{
	for (size_t i = 0; i < n; i++) {
		Elf64_Phdr p;

		if (!target_read(t, at + i * sizeof(p), &p, sizeof(p)))
			return false;
		keep(e, &p);
	}
	return e->n_loads > 0;
}

/* The bias follows from the segment that holds the header: file offset 0. */
static bool set_extent(struct mem_elf *e)
{
	bool found = false;
	addr_t lo = UINT64_MAX, hi = 0;

	for (size_t i = 0; i < e->n_loads && !found; i++) {
		const Elf64_Phdr *p = &e->loads[i];

		found = page_down(p->p_offset) == 0 && p->p_vaddr >= p->p_offset;
		if (found)
			e->bias = e->base - page_down(p->p_vaddr - p->p_offset);
	}
	for (size_t i = 0; i < e->n_loads; i++) {
		lo = min_of(lo, page_down(e->loads[i].p_vaddr));
		hi = max_of(hi, round_up(e->loads[i].p_vaddr + e->loads[i].p_memsz, IMAGE_PAGE));
	}
	e->lo = lo + e->bias;
	e->hi = hi + e->bias;
	if (e->dynamic)
		e->dynamic += e->bias;
	return found && e->lo < e->hi && e->hi <= ADDR_MAX;
}

bool mem_elf_read(struct target *t, addr_t base, addr_t (*locate)(void *arg, uint64_t offset),
		  void *arg, struct mem_elf *out)
{
	struct mem_elf e = {.base = base};
	Elf64_Ehdr h;
	addr_t at;

	if (!target_read(t, base, &h, sizeof(h)) || memcmp(h.e_ident, ELFMAG, SELFMAG) ||
	    h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB ||
	    (h.e_type != ET_EXEC && h.e_type != ET_DYN) || h.e_phentsize != sizeof(Elf64_Phdr) ||
	    !h.e_phnum || h.e_phnum > PHDRS_MAX || h.e_phoff >= ADDR_MAX)
		return false;
	e.type = h.e_type;
	e.machine = h.e_machine;
	at = locate ? locate(arg, h.e_phoff) : base + h.e_phoff;
	if (!at || !read_phdrs(t, at, h.e_phnum, &e) || !set_extent(&e))
		return false;
	*out = e;
	return true;
}

/* One note segment. @return false if it could not be read. */
static bool notes_find(struct target *t, addr_t at, uint64_t size, uint64_t align,
		       struct build_id *id)
{
	addr_t end = at + min_of(size, NOTE_MAX);

	align = align == 8 ? 8 : 4;
	while (at + sizeof(Elf64_Nhdr) <= end) {
		Elf64_Nhdr n;
		char name[4];
		addr_t desc;

		if (!target_read(t, at, &n, sizeof(n)))
			return false;
		if (n.n_namesz > NOTE_MAX || n.n_descsz > NOTE_MAX)
			return true;
		desc = at + round_up(sizeof(n) + n.n_namesz, align);
		if (n.n_type == NT_GNU_BUILD_ID && n.n_namesz == 4 && n.n_descsz &&
		    n.n_descsz <= BUILD_ID_MAX && desc + n.n_descsz <= end &&
		    target_read(t, at + sizeof(n), name, 4) && !memcmp(name, "GNU", 4)) {
			if (!target_read(t, desc, id->at, n.n_descsz))
				return false;
			id->n = n.n_descsz;
			return true;
		}
		at += round_up(desc + n.n_descsz - at, align);
	}
	return true;
}

bool mem_elf_build_id(struct target *t, const struct mem_elf *e, struct build_id *id)
{
	bool all = true;

	*id = (struct build_id){0};
	for (size_t i = 0; i < e->n_notes && !id->n; i++)
		all &= notes_find(t, e->notes[i].p_vaddr + e->bias, e->notes[i].p_memsz,
				  e->notes[i].p_align, id);
	return id->n || all;
}
