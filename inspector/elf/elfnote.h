/* SPDX-License-Identifier: Apache-2.0 */
/* Walks ELF notes in a piece of memory. Nothing outside [at, at + size) is touched. */
#ifndef ELF_ELFNOTE_H
#define ELF_ELFNOTE_H

#include "elf/elffile.h"

struct elf_note {
	uint32_t type;
	const char *name; /* not NUL-terminated */
	size_t name_size; /* as in the note, with its NUL if it has one */
	const uint8_t *desc;
	uint64_t desc_size;
};

/**
 * Takes the note at *pos and moves *pos behind it; start with *pos = 0. `align` is the segment's
 * or section's alignment (8 counts as 8, everything else as 4).
 * @return false at the end, or where the rest holds no whole note: then *pos < size unless only
 * padding is left.
 */
bool elf_note_next(const void *at, uint64_t size, uint64_t align, uint64_t *pos,
		   struct elf_note *out);
bool elf_note_is(const struct elf_note *n, const char *name, uint32_t type);

#endif
