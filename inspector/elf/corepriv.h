/* SPDX-License-Identifier: Apache-2.0 */
/* Between corefile.c, coreheaders.c, corenotes.c and unpack.c. */
#ifndef ELF_COREPRIV_H
#define ELF_COREPRIV_H

#include "elf/corefile.h"
#include "elf/filemap.h"

struct core_headers {
	struct file_map map;
	Elf64_Ehdr eh;
	uint64_t n;        /* program headers that are in the file */
	uint64_t promised; /* that there should be */
};
/** Of map and eh: how many program headers there are. */
void core_headers_find(struct core_headers *h);
/** i < h->n */
Elf64_Phdr core_header(const struct core_headers *h, uint64_t i);
/** Fails: ERR_NOT_A_CORE; the message says what kind of ELF file it is instead. */
enum err core_headers_check(const struct core_headers *h, const char *path, struct diag *d) must_check;

enum core_extent {
	CORE_MORE,  /* not known before there are *bytes of it */
	CORE_NOT,   /* it is no core */
	CORE_KNOWN, /* it has *bytes; UINT64_MAX: its headers do not say how many */
};
/** How large the core is whose first bytes these are. */
enum core_extent core_extent(const struct file_map *begin, uint64_t *bytes);

static inline uint64_t add_capped(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/**
 * Takes what is known of a PT_NOTE's contents: threads, process, files, auxv. Notes that are cut
 * off or make no sense are left out. @return false when memory is out.
 */
bool core_notes_read(struct corefile *c, const uint8_t *at, uint64_t size, uint64_t align);

#endif
