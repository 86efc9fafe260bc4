/* SPDX-License-Identifier: Apache-2.0 */
/* Between nativewalk.c and nativecode.c: what runs in the child. */
#ifndef STACK_NATIVEWALK_H
#define STACK_NATIVEWALK_H

#include "stack/native.h"
#include "target/target.h"

/** The file whose code an address lies in. */
struct code_file {
	struct elf_file *file; /* NULL: none at hand */
	addr_t bias;
	int module;	  /* index in target.modules, -1 */
	const char *name; /* "[vdso]" if it is no module */
};
struct memory_file { /* an ELF file that is only in the process' memory */
	addr_t start;
	struct elf_file *file; /* NULL: there is none */
	addr_t bias;
};
struct native_codes {
	const struct python *py;
	struct native_reader *reader;
	int out;
	const char *eval; /* symbol of the evaluation loop */
	struct map by_address; /* -> number of the place */
	uint32_t n_places;
	struct { VEC(struct memory_file); } memory_files;
	addr_t last_page; /* the code page that was asked for last, and what it belongs to */
	struct code_file last;
};

void codes_of_natives_init(struct native_codes *c, const struct python *py, struct native_reader *r, int out);
void codes_of_natives_release(struct native_codes *c);
struct code_file code_file_at(struct native_codes *c, addr_t pc);
/** Is it in memory that may be executed? */
bool code_is_there(const struct native_codes *c, addr_t pc);
/** The number of the place, made and given if it is new. False: it cannot be given. */
bool code_place_number(struct native_codes *c, const struct unwind_regs *regs, bool signal, uint32_t *out) must_check;

#endif
