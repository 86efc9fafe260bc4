/* SPDX-License-Identifier: Apache-2.0 */
/* A core as a target: what its open (core.c), its mappings and its modules share. */
#ifndef TARGET_CORE_H
#define TARGET_CORE_H

#include "elf/corefile.h"
#include "target/internal.h"

struct core {
	struct corefile *file;
	bool has_data; /* it holds writable memory, so a data page that is left out was never written */
};

/** Mappings from PT_LOAD and NT_FILE. False if memory is out. */
bool core_mappings(struct target *t, const struct corefile *c) must_check;
/**
 * For a core whose notes are cut off: gives mappings that begin with an ELF header, and what belongs to them, the names
 * that the dynamic linker knows; read-only parts that the core left out are added. *at_phdr: of the program, if it was found.
 * @return false if memory is out.
 */
bool core_name_files(struct target *t, const struct corefile *c, addr_t *at_phdr) must_check;
/** Fills the image. */
enum err core_take_image(struct target *t, struct image *im, struct diag *d) must_check;

#endif
