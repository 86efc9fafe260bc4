/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this layer share about an ELF file. Not for other layers. */
#ifndef ELF_ELFPRIV_H
#define ELF_ELFPRIV_H

#include "base/vec.h"
#include "elf/elffile.h"
#include "elf/filemap.h"


struct dwarf_info;
struct cfi_info;

struct symbol_range { /* a function or object, for the search by address */
	addr_t start, end;
	addr_t max_end; /* the largest end of this one and all before it */
	uint32_t index;
	uint8_t bind;
};
struct symbol_table {
	const uint8_t *syms; /* Elf64_Sym[n], perhaps unaligned */
	uint32_t n;
	const char *names;
	uint64_t names_size;
	uint32_t *bucket, *next; /* chains by hash, without suffixes; symbol 0 ends one */
	uint32_t mask;
	struct { VEC(struct symbol_range); } by_addr;
	bool hashed, sorted;
};

struct elf_file {
	char *path;
	struct file_map map;
	Elf64_Ehdr header;
	struct { VEC(struct elf_segment); } segments;
	struct { VEC(struct elf_section); } sections;
	struct { VEC(uint32_t); } links; /* sh_link of each section */
	struct build_id id;
	struct symbol_table symtab, dynsym;
	bool searched;          /* elf_file_find_debug() has been here */
	struct elf_file *debug; /* the attached file, owned */
	char *tried;            /* what the search says, or NULL */
	struct dwarf_info *dwarf; /* owned; NULL until asked for */
	struct cfi_info *cfi;     /* the same */
};

static inline uint32_t name_hash(const char *name, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619u;
	return h ^ h >> 15;
}

/** Has the file itself contents in its .debug_info? */
bool elf_file_has_debug(const struct elf_file *f);
/** Finds the symbol tables' places; damaged ones stay empty. */
void symbol_tables_init(struct elf_file *f);
void symbol_table_release(struct symbol_table *t);
void dwarf_info_close(struct dwarf_info *w);
void cfi_info_close(struct cfi_info *c);

#endif
