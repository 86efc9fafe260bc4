/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF header and the program headers of a core: how many there are, and where they say that the core ends. */
#include "elf/corepriv.h"

Elf64_Phdr core_header(const struct core_headers *h, uint64_t i)
{
	Elf64_Phdr ph;

	memcpy(&ph, h->map.at + h->eh.e_phoff + i * sizeof(ph), sizeof(ph));
	return ph;
}

/* How many program headers there should be; over 65534 the number stands elsewhere. */
static uint64_t headers_promised(const struct core_headers *h, uint64_t there)
{
	const void *p;
	Elf64_Shdr sh;

	if (h->eh.e_phnum != PN_XNUM)
		return h->eh.e_phnum;
	p = h->eh.e_shoff ? file_map_bytes(&h->map, h->eh.e_shoff, sizeof(sh)) : NULL;
	if (p) {
		memcpy(&sh, p, sizeof(sh));
		return sh.sh_info;
	}
	/*
	 * the kernel writes that section header last, so it is the first to be lost: the notes
	 * follow the headers
	 */
	for (uint64_t i = 0; i < there; i++) {
		Elf64_Phdr ph = core_header(h, i);

		if (ph.p_type == PT_NOTE && ph.p_offset > h->eh.e_phoff)
			return (ph.p_offset - h->eh.e_phoff) / sizeof(ph);
	}
	return 0;
}

void core_headers_find(struct core_headers *h)
{
	uint64_t there = 0;

	if (h->eh.e_phentsize == sizeof(Elf64_Phdr) && h->eh.e_phoff >= sizeof(h->eh) &&
	    h->eh.e_phoff < h->map.size)
		there = (h->map.size - h->eh.e_phoff) / sizeof(Elf64_Phdr);
	h->promised = headers_promised(h, there);
	h->n = min_of(there, h->promised);
}

static bool has_interpreter(const struct core_headers *h)
{
	for (uint64_t i = 0; i < h->n; i++)
		if (core_header(h, i).p_type == PT_INTERP)
			return true;
	return false;
}

enum err core_headers_check(const struct core_headers *h, const char *path, struct diag *d)
{
	const char *what = "an ELF file of an unknown kind";

	switch (h->eh.e_type) {
	case ET_CORE:
		return OK;
	case ET_EXEC:
		what = "an executable";
		break;
	case ET_DYN:
		what = has_interpreter(h) ? "an executable" : "a shared library";
		break;
	case ET_REL:
		what = "an object file";
		break;
	}
	return diag_set(d, ERR_NOT_A_CORE,
			"'%s' is %s, not a core file; give the core that its process left "
			"(gcore PID makes one)",
			path, what);
}

static bool is_core(const Elf64_Ehdr *eh)
{
	return !memcmp(eh->e_ident, ELFMAG, SELFMAG) && eh->e_ident[EI_CLASS] == ELFCLASS64 &&
	       eh->e_ident[EI_DATA] == ELFDATA2LSB && eh->e_type == ET_CORE &&
	       eh->e_phentsize == sizeof(Elf64_Phdr) && eh->e_phoff >= sizeof(*eh);
}

/* The last byte that a header speaks of, and the section headers, which come last where there are some. */
static uint64_t end_of(const struct core_headers *h)
{
	uint64_t end = 0;

	for (uint64_t i = 0; i < h->n; i++) {
		Elf64_Phdr ph = core_header(h, i);

		end = max_of(end, add_capped(ph.p_offset, ph.p_filesz));
	}
	if (h->eh.e_shoff)
		end = max_of(end, add_capped(h->eh.e_shoff, max_of(h->eh.e_shnum, 1) * sizeof(Elf64_Shdr)));
	return end;
}

enum core_extent core_extent(const struct file_map *begin, uint64_t *bytes)
{
	struct core_headers h = {.map = *begin};

	*bytes = sizeof(h.eh);
	if (begin->size < sizeof(h.eh))
		return CORE_MORE;
	memcpy(&h.eh, begin->at, sizeof(h.eh));
	if (!is_core(&h.eh))
		return CORE_NOT;
	core_headers_find(&h);
	*bytes = add_capped(h.eh.e_phoff, h.promised * sizeof(Elf64_Phdr));
	if (h.n < h.promised)
		return CORE_MORE;
	*bytes = h.n ? end_of(&h) : UINT64_MAX;
	return CORE_KNOWN;
}
