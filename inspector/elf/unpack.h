/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed core files (systemd-coredump writes zstd). What is in one goes to a file without a name (elf/spool.h),
 * from which it is mapped like any core. A child process decompresses it: a decoder that crashes on what it is given,
 * or is killed, is somebody else's crash, and what it had given before is used like a core that was cut off.
 */
#ifndef ELF_UNPACK_H
#define ELF_UNPACK_H

#include "elf/filemap.h"

struct unpacked {
	struct file_map map;  /* what came out; perhaps no core, perhaps not all of it. The caller's */
	const char *packing;  /* "zstd"; static */
	char damage[200];     /* why not all came out, or why it may be wrong; "" if the whole file is sound */
};

/**
 * Opens what is compressed in `packed`, which is borrowed. Reads not much further than the headers say that the core is
 * long; that more comes counts as damage: its checksum, which is last, has not been seen.
 * No compressed file: OK with out->packing NULL. *interrupted: ends it; may be NULL.
 * Fails: ERR_BAD_FILE (not a single byte of it could be decompressed), ERR_NOT_A_CORE (built without what it takes:
 * says how to decompress it), ERR_UNSUPPORTED (the library cannot be loaded), ERR_IO (no room, no place),
 * ERR_INTERRUPTED.
 * Nothing is left behind.
 */
enum err unpack_core(const char *path, const struct file_map *packed, volatile int *interrupted,
		     struct unpacked *out, struct diag *d) must_check;

#endif
