/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A regular file mapped read-only, and the checks that every ELF file passes first. Other kinds
 * of files (directories, FIFOs, devices) are refused before they are opened, so nothing here can
 * block.
 */
#ifndef ELF_FILEMAP_H
#define ELF_FILEMAP_H

#include <elf.h>
#include "base/diag.h"

struct file_map {
	const uint8_t *at;
	uint64_t size;
	int fd;
};

/** What the caller wants the file to be, for messages. */
struct file_want {
	const char *noun;  /* "a core file" */
	enum err wrong;    /* code for a file that is something else */
};

/**
 * Maps `path`, or `fd` if that is >= 0 (consumed, also on failure). Not empty on success.
 * Fails: ERR_NO_FILE, want->wrong.
 */
enum err file_map_open(const char *path, int fd, const struct file_want *want, struct file_map *out,
		       struct diag *d) must_check;
void file_map_close(struct file_map *m);
/** The bytes at [offset, offset + len), NULL if they are not all in the file. */
static inline const void *file_map_bytes(const struct file_map *m, uint64_t offset, uint64_t len)
{
	return offset <= m->size && len <= m->size - offset ? m->at + offset : NULL;
}
/**
 * Copies the ELF header out and checks that it is 64-bit little-endian and of a machine in
 * machines.def. Fails: want->wrong (the message says what the file is), ERR_UNSUPPORTED.
 */
enum err file_map_elf_header(const struct file_map *m, const char *path,
			     const struct file_want *want, Elf64_Ehdr *out,
			     struct diag *d) must_check;

#endif
