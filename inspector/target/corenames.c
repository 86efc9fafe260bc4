/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A core that was cut off behind its memory (gcore writes the notes last) has no list of files. The
 * memory still knows them: ELF headers say what was loaded where, the dynamic linker's list (struct
 * r_debug, struct link_map of <link.h>) has the names, and the program's own path lies at the very
 * end of its stack. A wrong name does no harm: files are taken by build-id.
 */
#include <elf.h>
#include <stdio.h>
#include "target/corenames.h"

#define LINKS_MAX   4096
#define DYNAMIC_MAX 1024
#define PATH_BYTES  4096
#define UNNAMED	    "[unnamed ELF file]"

static bool is_vdso(struct target *t, const struct mem_elf *e)
{
	static const char name[] = "linux-vdso.so.1";
	uint8_t page[IMAGE_PAGE];

	return e->hi - e->lo <= 8 * IMAGE_PAGE && target_read(t, e->base, page, sizeof(page)) &&
	       memmem(page, sizeof(page), name, sizeof(name));
}

static bool find_headers(struct target *t, struct found_list *out)
{
	addr_t end = 0;

	vec_foreach (m, &t->mappings) {
		struct found f = {0};

		if (m->start < end || m->path[0] || out->n >= MODULES_MAX ||
		    !mem_elf_read(t, m->start, NULL, NULL, &f.elf) || f.elf.lo != m->start)
			continue;
		if (is_vdso(t, &f.elf)) {
			m->path = "[vdso]";
			continue;
		}
		end = f.elf.hi;
		if (!mem_elf_build_id(t, &f.elf, &f.id))
			f.id.n = 0;
		if (!vec_push(out, f))
			return false;
	}
	return true;
}

/* DT_DEBUG of the program: where the dynamic linker keeps its list. 0: none. */
static addr_t find_r_debug(struct target *t, const struct mem_elf *e)
{
	for (size_t i = 0; e->dynamic && i < DYNAMIC_MAX; i++) {
		uint64_t tag, value;

		if (!target_read_u64(t, e->dynamic + i * 16, &tag) || !tag ||
		    !target_read_u64(t, e->dynamic + i * 16 + 8, &value))
			return 0;
		if (tag == DT_DEBUG)
			return value;
	}
	return 0;
}

/* DT_SONAME as "[name]", or NULL. The dynamic linker has made the string table's address absolute.
 */
static const char *find_soname(struct target *t, const struct mem_elf *e)
{
	uint64_t tag, value, strings = 0, soname = 0;
	char name[256] = "[";
	size_t n;

	for (size_t i = 0; e->dynamic && i < DYNAMIC_MAX; i++) {
		if (!target_read_u64(t, e->dynamic + i * 16, &tag) || !tag ||
		    !target_read_u64(t, e->dynamic + i * 16 + 8, &value))
			break;
		if (tag == DT_STRTAB)
			strings = value < e->lo ? value + e->bias : value;
		else if (tag == DT_SONAME)
			soname = value;
	}
	if (!soname || !target_read_string(t, strings + soname, name + 1, sizeof(name) - 2))
		return NULL;
	n = strlen(name);
	if (n < 2 || strchr(name, '/'))
		return NULL;
	strcpy(name + n, "]");
	return target_string(t, name, n + 1);
}

/* The program's path as execve() got it: the last string of the stack, before eight zero bytes. */
static const char *find_execfn(struct target *t)
{
	uint8_t tail[PATH_BYTES];

	vec_foreach (m, &t->mappings) {
		size_t end = sizeof(tail) - 8, start = end - 1;

		if (m->path[0] || !(m->prot & MAP_WRITE) || m->end - m->start < sizeof(tail) ||
		    !target_read(t, m->end - sizeof(tail), tail, sizeof(tail)) ||
		    load64(tail + end) || tail[start])
			continue;
		while (start > 0 && tail[start - 1])
			start--;
		if (start > 0 && tail[start] == '/')
			return target_string(t, (char *)tail + start, end - 1 - start);
	}
	return NULL;
}

/* struct link_map: l_addr, l_name, l_ld, l_next. The list is untrusted: bounded, so cycles end. */
static void name_by_links(struct target *t, addr_t r_debug, struct found_list *l)
{
	char name[PATH_BYTES];
	uint64_t link, word[4];

	if (!target_read_u64(t, r_debug + 8, &link))
		return;
	for (size_t i = 0; link && i < LINKS_MAX && target_read(t, link, word, sizeof(word)); i++) {
		link = word[3];
		if (!target_read_string(t, word[1], name, sizeof(name)) || name[0] != '/')
			continue;
		vec_foreach (f, l)
			if (f->elf.dynamic == word[2] && !f->name)
				f->name = target_string(t, name, strlen(name));
	}
}

/* The segment of the file that covers an address, or NULL. */
static const Elf64_Phdr *load_at(const struct mem_elf *e, addr_t addr)
{
	for (size_t i = 0; i < e->n_loads; i++) {
		addr_t lo = (e->loads[i].p_vaddr + e->bias) & ~(addr_t)(IMAGE_PAGE - 1);
		addr_t end = e->loads[i].p_vaddr + e->bias + e->loads[i].p_filesz;

		if (addr >= lo && addr < end)
			return &e->loads[i];
	}
	return NULL;
}

/* Code and constants that the core left out altogether. t->mappings is in order; the new ones go to
 * `more`. */
static bool find_left_out(const struct target *t, const struct found *f, const struct mapping *like,
			  struct mapping_list *more)
{
	for (size_t i = 0; i < f->elf.n_loads; i++) {
		const Elf64_Phdr *p = &f->elf.loads[i];
		addr_t at = p->p_vaddr + f->elf.bias;
		struct mapping m = *like;
		size_t next;

		m.start = at & ~(addr_t)(IMAGE_PAGE - 1);
		m.end = round_up(at + p->p_filesz, IMAGE_PAGE);
		m.offset = p->p_offset & ~(uint64_t)(IMAGE_PAGE - 1);
		m.prot = MAP_READ | (p->p_flags & PF_X ? MAP_EXEC : 0);
		next = target_mapping_from(t, m.start);
		if ((p->p_flags & PF_W) || !p->p_filesz ||
		    (next < t->mappings.n && t->mappings.at[next].start < m.end))
			continue;
		if (!vec_push(more, m))
			return false;
	}
	return true;
}

/* Mappings of a found file get what NT_FILE would have said. */
static bool name_mappings(struct target *t, const struct found *f, uint64_t inode,
			  struct mapping_list *more)
{
	struct mapping like = {.path = f->name, .inode = inode, .module = -1};

	if (!like.path)
		like.path = find_soname(t, &f->elf);
	if (!like.path)
		like.path = UNNAMED;
	for (size_t i = target_mapping_from(t, f->elf.lo);
	     i < t->mappings.n && t->mappings.at[i].start < f->elf.hi; i++) {
		struct mapping *m = &t->mappings.at[i];
		const Elf64_Phdr *p = load_at(&f->elf, m->start);

		if (m->path[0] || !p)
			continue;
		m->path = like.path;
		m->inode = inode;
		m->offset = m->start - f->elf.bias - p->p_vaddr + p->p_offset;
	}
	return find_left_out(t, f, &like, more);
}

bool core_name_files(struct target *t, const struct corefile *c, addr_t *at_phdr)
{
	struct mapping_list more = {0};
	struct found_list l = {0};
	bool ok = find_headers(t, &l);

	for (size_t i = 0; ok && i < l.n && !*at_phdr; i++) {
		addr_t r_debug = find_r_debug(t, &l.at[i].elf);

		if (!r_debug)
			continue;
		*at_phdr = l.at[i].elf.base + sizeof(Elf64_Ehdr);
		l.at[i].name = find_execfn(t);
		l.at[i].program = true;
		name_by_links(t, r_debug, &l);
	}
	if (t->missing_bytes)
		ok = ok && core_names_from_paths(t, c, &l) && core_names_from_needed(t, &l);
	for (size_t i = 0; ok && i < l.n; i++)
		ok = name_mappings(t, &l.at[i], i + 1, &more);
	vec_foreach (m, &more)
		ok = ok && vec_push(&t->mappings, *m);
	vec_release(&more);
	vec_release(&l);
	mapping_list_order(&t->mappings);
	return ok;
}
