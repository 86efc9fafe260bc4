/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To list all units, and then to look for names in many of them, takes a look at nearly every page of .debug_info, most
 * of which nobody asks for again. Left mapped they would be most of the memory that a short command needs, so they are
 * given back from time to time: the file has them. What libelf has read into memory of its own, decompressed or
 * relocated has to stay.
 */
#include <errno.h>
#include <gelf.h>
#include <sys/mman.h>
#include "elf/dwarfpriv.h"

#define UNITS_AT_ONCE 4 /* units of 20 to 100 KiB; a page that is touched brings 16 */

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Is it a mapped file, and no memory? That could be wiped by a fork, says madvise(2). */
static bool is_mapped_file(void *at, size_t size)
{
	if ((uintptr_t)at % page_size() || !size)
		return false;
	if (madvise(at, 1, MADV_WIPEONFORK)) /* the first page tells */
		return errno == EINVAL;
	madvise(at, 1, MADV_KEEPONFORK);
	return false;
}

void info_pages_find(struct info_pages *p, Dwarf *dwarf)
{
	Elf *elf = dwarf_getelf(dwarf);
	Elf_Scn *section = NULL;
	GElf_Ehdr eh;
	GElf_Shdr sh;
	size_t size = 0, names;
	char *file = elf ? elf_rawfile(elf, &size) : NULL;

	*p = (struct info_pages){0};
	/* an object file's sections are relocated in place */
	if (!file || !gelf_getehdr(elf, &eh) || eh.e_type == ET_REL || elf_getshdrstrndx(elf, &names) ||
	    !is_mapped_file(file, size))
		return;
	while ((section = elf_nextscn(elf, section))) {
		const char *name = gelf_getshdr(section, &sh) ? elf_strptr(elf, names, sh.sh_name) : NULL;

		if (name && !strcmp(name, ".debug_info") && sh.sh_type == SHT_PROGBITS &&
		    !(sh.sh_flags & SHF_COMPRESSED) && sh.sh_offset < size && sh.sh_size <= size - sh.sh_offset)
			*p = (struct info_pages){.at = file + sh.sh_offset, .size = sh.sh_size};
	}
}

void info_pages_looked(struct info_pages *p)
{
	uintptr_t page = page_size(), from, to;

	if (!p->at || ++p->looked < UNITS_AT_ONCE)
		return;
	p->looked = 0;
	from = round_up((uintptr_t)p->at, page);
	to = ((uintptr_t)p->at + p->size) / page * page;
	if (to > from)
		madvise((void *)from, to - from, MADV_DONTNEED);
}
