/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the dynamic linker makes of a file's data when it loads it: the bytes of a writable segment as a program starts
 * with them. And which other files a file asks for. Both are untrusted: bounded by the file's size.
 */
#ifndef ELF_ELFRELOC_H
#define ELF_ELFRELOC_H

#include "elf/elffile.h"

/**
 * The process' address of a global symbol, 0 = not known. `defined`: the file has a definition of its own, which counts
 * unless the program has one too.
 */
typedef addr_t elf_resolve_fn(void *arg, const char *name, bool defined);

/**
 * Writes the segment's s->filesz bytes to out, relocated for the bias. A symbol's address is what resolve (may be NULL)
 * says, else that of this file's own definition; a word whose symbol is nowhere is 0.
 * @return false if the segment's bytes are not all in the file.
 */
bool elf_file_relocated(const struct elf_file *f, const struct elf_segment *s, addr_t bias, elf_resolve_fn *resolve,
			void *arg, uint8_t *out) must_check;

/**
 * The i-th text of that kind in the file's dynamic section: DT_NEEDED, DT_RUNPATH, DT_RPATH, DT_SONAME.
 * @return NULL: there are not so many. Borrowed.
 */
const char *elf_file_dynamic_text(const struct elf_file *f, int64_t tag, size_t i);

#endif
