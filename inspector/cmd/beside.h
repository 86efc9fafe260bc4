/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is written beside its name and renamed when it is whole. */
#ifndef CMD_BESIDE_H
#define CMD_BESIDE_H

#include "base/diag.h"

struct beside {
	char *path, *temporary; /* temporary: NULL = no regular file, written in place */
	int fd;
};

/** Opens a new file in the folder of `path`; what is no regular file (/dev/null, a pipe) is opened as it is. Fails:
 * ERR_IO, ERR_NOMEM; beside_release() in every case. */
enum err beside_open(struct beside *b, const char *path, struct diag *d) must_check;
/** Closes it, gives it the mode of any new file, and its name. `error`: errno of what went wrong before, or 0. Fails:
 * ERR_IO; then nothing is left of it after beside_release(). */
enum err beside_finish(struct beside *b, int error, struct diag *d) must_check;
/** Without a finish that went well the file is taken away. */
void beside_release(struct beside *b);

#endif
