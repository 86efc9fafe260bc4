/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is read from its beginning to its end, decompressed (gzip, zstd) as its first bytes say. */
#ifndef CMD_SOURCE_H
#define CMD_SOURCE_H

#include "base/diag.h"

struct source;

/** Fails: ERR_NO_FILE, ERR_UNSUPPORTED (built without that compression), ERR_NOMEM. */
enum err source_open(const char *path, struct source **out, struct diag *d) must_check;
/** At most n bytes into `out`; *got = 0 at the end. Fails: ERR_IO, ERR_BAD_FILE (damaged or cut off). */
enum err source_read(struct source *s, void *out, size_t n, size_t *got, struct diag *d) must_check;
void source_close(struct source *s);
/** Does the file begin as a snapshot may: as text that is JSON, perhaps compressed? */
bool source_may_be_snapshot(const char *path);

#endif
