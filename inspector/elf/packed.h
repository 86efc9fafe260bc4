/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a compressed file holds, a block at a time: by libarchive, by zlib for gzip, whose checksums libarchive does not
 * compare. They decode untrusted bytes, so this is for a child process (base/isolate.h); libarchive is loaded there
 * only: with what it needs itself it would cost every run of the program some milliseconds and megabytes.
 */
#ifndef ELF_PACKED_H
#define ELF_PACKED_H

#include "elf/filemap.h"

enum packing {
#define FILE_KIND(magic, what, advice)
#define PACKED(magic, name, filter, command) PACKING_##filter,
#include "elf/filekinds.def"
	PACKINGS
};
struct packed; /* a stream that is being read */

/** By the first bytes; PACKINGS: it is not compressed. */
enum packing packing_of(const struct file_map *m);
const char *packing_name(enum packing p);    /* "zstd" */
const char *packing_command(enum packing p); /* "zstd -d" */
/** The library that was not there when this was built and without which it cannot be read; NULL: none is missing. */
const char *packing_lacks(enum packing p);

/**
 * Begins at the start of the file fd, which is borrowed and whose position moves. NULL: a library could not be loaded,
 * or memory is out; why[] says so.
 */
struct packed *packed_open(enum packing p, int fd, char why[160]);
/**
 * The next bytes, borrowed until the next call: *n > 0; 0 at the end, where checksums were right. False: the file is
 * damaged or cut off here, or cannot be read; why[] is the library's word on that.
 */
bool packed_next(struct packed *s, const void **bytes, size_t *n, char why[160]) must_check;
void packed_close(struct packed *s);

#endif
