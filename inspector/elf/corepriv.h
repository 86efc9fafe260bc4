/* SPDX-License-Identifier: Apache-2.0 */
/* Between corefile.c and corenotes.c. */
#ifndef ELF_COREPRIV_H
#define ELF_COREPRIV_H

#include "elf/corefile.h"

/**
 * Takes what is known of a PT_NOTE's contents: threads, process, files, auxv. Notes that are cut
 * off or make no sense are left out. @return false when memory is out.
 */
bool core_notes_read(struct corefile *c, const uint8_t *at, uint64_t size, uint64_t align);

#endif
