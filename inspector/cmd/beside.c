/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include "cmd/beside.h"

/* A name beside the file's, in the same folder: the rename stays within a file system. */
static bool open_file(struct beside *b)
{
	struct stat st;

	if (!stat(b->path, &st) && !S_ISREG(st.st_mode)) {
		b->fd = open(b->path, O_WRONLY | O_CLOEXEC);
		return b->fd >= 0;
	}
	if (asprintf(&b->temporary, "%s.XXXXXX", b->path) < 0) {
		b->temporary = NULL;
		errno = ENOMEM;
		return false;
	}
	b->fd = mkostemp(b->temporary, O_CLOEXEC);
	if (b->fd < 0) {
		int error = errno;

		free(take_ptr(b->temporary));
		errno = error;
	}
	return b->fd >= 0;
}

enum err beside_open(struct beside *b, const char *path, struct diag *d)
{
	*b = (struct beside){.path = strdup(path), .fd = -1};
	if (!b->path)
		return diag_set(d, ERR_NOMEM, "out of memory");
	return open_file(b) ? OK : diag_sys(d, ERR_IO, errno, "cannot write '%s'", path);
}

/* mkostemp() makes files for the owner alone; the file gets the mode that any new one gets. */
static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

enum err beside_finish(struct beside *b, int error, struct diag *d)
{
	int fd = b->fd;

	if (!error && b->temporary && fchmod(fd, usual_mode()))
		error = errno;
	b->fd = -1;
	if (close(fd) && !error)
		error = errno;
	if (!error && b->temporary) {
		if (rename(b->temporary, b->path))
			error = errno;
		else
			free(take_ptr(b->temporary));
	}
	return error ? diag_sys(d, ERR_IO, error, "cannot write '%s'", b->path) : OK;
}

void beside_release(struct beside *b)
{
	if (b->fd >= 0)
		close(b->fd);
	if (b->temporary)
		unlink(b->temporary);
	free(b->temporary);
	free(b->path);
	*b = (struct beside){.fd = -1};
}
