/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for what is mapped in a core that has no list of files: from the dynamic linker's list (corenames.c), else from
 * paths that stand in its memory (corepaths.c), else from what the program needs (coreguess.c). Files are opened
 * read-only and taken by build-id, or by the one place that they fit into.
 */
#ifndef TARGET_CORENAMES_H
#define TARGET_CORENAMES_H

#include "target/core.h"
#include "target/modules.h"

struct found { /* an ELF file in the process */
	struct mem_elf elf;
	struct build_id id;
	const char *name; /* NULL: not known */
	bool program;
};
struct found_list {
	VEC(struct found);
};

/** Opens a file for a look at it; NULL if it is none. */
struct elf_file *core_open_elf(const char *path) must_check;
/** Names those without a name whose build-id is that of a file whose path stands in the core's memory. False: no memory. */
bool core_names_from_paths(struct target *t, const struct corefile *c, struct found_list *l) must_check;
/**
 * Follows what the program needs, on disk. Names those that are found with the build-id; adds those whose header was cut
 * off, if there is exactly one place into which the file fits. False: no memory.
 */
bool core_names_from_needed(struct target *t, struct found_list *l) must_check;

#endif
