/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ELF_DEBUGINFOD_H
#define ELF_DEBUGINFOD_H

#include "elf/elffile.h"

/** Whether this heapscope can ask debuginfod servers at all. */
bool debuginfod_built(void);
/**
 * Asks the servers in DEBUGINFOD_URLS for the debug file of that build-id.
 * @return a file descriptor (the caller's), with the path of the cached file in *path (malloc'ed,
 * the caller's); or -1 and *why says why not (static).
 */
int debuginfod_fetch(const struct build_id *id, char **path, const char **why);

#endif
