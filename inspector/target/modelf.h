/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF header of a module, read from the target's memory. Untrusted: every number is bounded. */
#ifndef TARGET_MODELF_H
#define TARGET_MODELF_H

#include <elf.h>
#include "target/target.h"

#define MEM_ELF_LOADS 64
#define MEM_ELF_NOTES 16

struct mem_elf {
	addr_t base;      /* where the header lies */
	addr_t bias;
	uint16_t type, machine;
	size_t n_loads, n_notes;
	Elf64_Phdr loads[MEM_ELF_LOADS];
	Elf64_Phdr notes[MEM_ELF_NOTES];
	addr_t dynamic;   /* in the process, 0 = none */
	addr_t lo, hi;    /* extent in the process, page aligned */
};

/**
 * Reads the header at the start of the mapping. locate (may be NULL) says where an offset of that file is in the process,
 * for program headers that are not beside the header (patchelf moves them); it returns 0 for "not mapped".
 */
bool mem_elf_read(struct target *t, addr_t base, addr_t (*locate)(void *arg, uint64_t offset), void *arg,
		  struct mem_elf *out) must_check;
/** @return false if the notes could not be read; then id->n is 0. True with id->n = 0: it has none. */
bool mem_elf_build_id(struct target *t, const struct mem_elf *e, struct build_id *id) must_check;

#endif
