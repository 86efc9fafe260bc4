/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One ELF file on disk (executable, shared library, detached debug file), read-only and mapped:
 * build-id, segments, sections, symbols, and the detached file with its debug information.
 * The file is untrusted: every offset in it is checked; a damaged one gives ERR_BAD_FILE.
 *
 * Handles are owned by the caller and closed with elf_file_close(); everything that they return is
 * borrowed until then. Addresses are the file's own (add the module's bias for the process').
 */
#ifndef ELF_ELFFILE_H
#define ELF_ELFFILE_H

#include "base/diag.h"

struct elf_file;

#define BUILD_ID_MAX 64
struct build_id {
	uint8_t at[BUILD_ID_MAX];
	uint8_t n; /* 0 = the file has none */
};
bool build_id_equal(const struct build_id *a, const struct build_id *b);
/** Lower-case hex into out[2 * BUILD_ID_MAX + 1]. @return out, "" where there is none. */
char *build_id_text(const struct build_id *id, char *out);
/**
 * Finds NT_GNU_BUILD_ID among the notes at `at` (of a PT_NOTE or SHT_NOTE with that alignment).
 * False if none.
 */
bool build_id_from_notes(const void *at, uint64_t size, uint64_t align, struct build_id *out);

struct elf_segment { /* PT_LOAD */
	addr_t vaddr;
	uint64_t offset, filesz, memsz;
	uint32_t flags; /* PF_R | PF_W | PF_X */
};
struct elf_section {
	const char *name;
	addr_t addr;
	uint64_t offset, size;
	uint32_t type;
	uint64_t flags;
};
struct elf_symbol {
	const char *name; /* borrowed; LTO suffixes (.lto_priv.N, .constprop.N, ...) still on it */
	addr_t addr;      /* as in the file */
	uint64_t size;
	uint8_t type, bind; /* STT_*, STB_* */
	bool tls;
};

/**
 * Opens the ELF file at `path`; takes `fd` instead if that is >= 0 (it is consumed, also on
 * failure), and then the path only names it. 64-bit little-endian only. Fails: ERR_NO_FILE,
 * ERR_BAD_FILE (not an ELF file, damaged), ERR_UNSUPPORTED (other class or machine).
 */
enum err elf_file_open(const char *path, int fd, struct elf_file **out, struct diag *d) must_check;
void elf_file_close(struct elf_file *f);

const char *elf_file_path(const struct elf_file *f);
const struct build_id *elf_file_build_id(const struct elf_file *f);
/** ET_EXEC, ET_DYN, ET_CORE, ET_REL. */
int elf_file_type(const struct elf_file *f);
int elf_file_machine(const struct elf_file *f);
const struct elf_segment *elf_file_segments(const struct elf_file *f, size_t *n);
/** The section of that name, NULL if there is none. */
const struct elf_section *elf_file_section(const struct elf_file *f, const char *name);
/** The file's bytes at [offset, offset + len), NULL if they are not all there. */
const void *elf_file_bytes(const struct elf_file *f, uint64_t offset, uint64_t len);
/** The bytes that the file has for the address range (PT_LOAD file part), NULL if not all there. */
const void *elf_file_at(const struct elf_file *f, addr_t vaddr, uint64_t len);

/**
 * Looks a defined symbol up by its exact name, or by its name before an LTO suffix: .symtab of
 * this file, .symtab of its debug file, .dynsym, in that order. A hash over the names is made at
 * the first call.
 * @return false if there is none.
 */
bool elf_file_symbol(struct elf_file *f, const char *name, struct elf_symbol *out);
/**
 * All symbols with that name (suffix off), for file-local ones that collide; at most max. @return
 * how many.
 */
size_t elf_file_symbols(struct elf_file *f, const char *name, struct elf_symbol *out, size_t max);
/** The symbol whose [addr, addr + size) holds vaddr (functions and objects). */
bool elf_file_symbol_at(struct elf_file *f, addr_t vaddr, struct elf_symbol *out);

/** Where detached debug files are looked for. */
struct debug_search {
	const char *sysroot;     /* put before every path below, or NULL */
	const char *const *dirs; /* debug directories, NULL-terminated; NULL = /usr/lib/debug */
	bool debuginfod;         /* ask the servers in DEBUGINFOD_URLS, if built with it */
};
/**
 * Finds and attaches the file with the debug information, if the file itself has no .debug_info:
 * build-id directory (DIR/.build-id/ab/cdef.debug), .gnu_debuglink (beside, in .debug/, below
 * DIR; its CRC or build-id must agree), debuginfod. Done once, the result is remembered.
 * @return true if debug information is there now. `tried` (may be NULL) gets one line that says
 * where was looked.
 */
bool elf_file_find_debug(struct elf_file *f, const struct debug_search *s, char *tried,
			 size_t tried_size);
/**
 * The attached debug file's path, NULL if none is attached (information in the file itself, or
 * none).
 */
const char *elf_file_debug_path(const struct elf_file *f);

#endif
