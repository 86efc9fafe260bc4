/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ELF files are mapped into the target, where, and which file on disk each is. A file on disk is
 * taken only if its build-id is that in the target's memory.
 */
#ifndef TARGET_MODULES_H
#define TARGET_MODULES_H

#include "target/modelf.h"

/** Opens m->file (module_offer()), or says in m->problem why it cannot. `first` is the mapping with the ELF header, `e` the header. */
typedef void module_open_fn(struct target *t, struct module *m, const struct mapping *first,
			    const struct mem_elf *e);

#define MODULES_MAX 4096

/**
 * Finds the modules of t->mappings and sets mapping.module. Modules that are there already keep their
 * place; new ones are appended. at_phdr: AT_PHDR of the auxiliary vector, tells the program itself; or 0.
 * @return false if memory is out.
 */
bool modules_find(struct target *t, addr_t at_phdr, module_open_fn *open_file) must_check;

/** The place of a file that would be loaded at base, by its own program headers. False: it has none that make sense. */
bool mem_elf_of_file(const struct elf_file *f, addr_t base, struct mem_elf *out) must_check;
/**
 * Is every segment of the file mapped where the module has it: the same file, the same offset, code as code, no more and
 * no less? For cores in which the module's ELF header was cut off.
 */
bool module_fits(const struct target *t, const struct module *m, const struct elf_file *f) must_check;
/** How a file was found. */
enum offer {
	OFFER_SAME,  /* it is the mapped file itself: the kernel says so */
	OFFER_NAMED, /* a file of that name: counts only if its build-id agrees */
	OFFER_DEBUG, /* a detached debug file: symbols and types only; by build-id */
	OFFER_GIVEN, /* the user says so: counts also where there is no build-id to compare */
};
/**
 * Tries a regular file for the module: fd (consumed) if >= 0, else the file at `path`; `shown` is what the user sees.
 * Where the target's memory has no build-id, the page with the ELF header must be equal.
 * @return true if m->file is set now. Otherwise m->problem may have got the reason.
 */
bool module_offer(struct target *t, struct module *m, const char *path, const char *shown, int fd,
		  enum offer how) must_check;
/** Says in m->problem that no file was found, unless a better reason stands there already. */
void module_not_found(struct module *m);
/** Opens a regular file without side effects (no FIFO blocks, no device is touched). @return fd or -1 with errno. */
int open_regular(const char *path) must_check;

/** Where libraries are on most machines; NULL-terminated. */
extern const char *const library_dirs[];

/** The openers of live targets, and of cores and callbacks. */
module_open_fn module_open_live, module_open_core;

#endif
