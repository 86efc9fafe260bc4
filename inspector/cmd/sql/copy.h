/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot --format sqlite: the tables of `sql`, copied into a file. */
#ifndef CMD_SQL_COPY_H
#define CMD_SQL_COPY_H

#include "cmd/cmd.h"

/** What was written. */
struct copied {
	uint64_t objects, bytes;
};
/**
 * The file is there whole or not at all; no compression. Fails: ERR_IO, ERR_USAGE (`path` is no regular file),
 * ERR_INTERRUPTED, ERR_NOMEM.
 */
enum err sql_copy(struct session *s, const char *path, struct copied *out) must_check;

#endif
