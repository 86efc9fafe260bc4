/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file without a name for what may be larger than memory: it goes away with the last process that has it open,
 * however that ends. It lies in TMPDIR, else in /var/tmp (/tmp is often memory). Zeros are left out of it: it has holes
 * there.
 */
#ifndef ELF_SPOOL_H
#define ELF_SPOOL_H

#include "base/base.h"

struct spool {
	int fd;
	const char *dir;  /* where it lies; borrowed */
	uint64_t size;    /* bytes that were added */
	uint64_t written; /* of these, bytes that take room on the disk */
	uint64_t looked;  /* `written` when the free room was looked at last */
};

/** Makes it. @return 0 or errno; s->dir is set in both cases. */
int spool_open(struct spool *s) must_check;
/**
 * Adds bytes at the end; to_come: how many more there may be at most, after these. Does not fill the disk to its end
 * for what may not fit in the end. @return 0 or errno; ENOSPC then too.
 */
int spool_add(struct spool *s, const void *bytes, size_t n, uint64_t to_come) must_check;
/** Makes the file as long as what was added, so that it can be mapped. @return 0 or errno. */
int spool_settle(const struct spool *s) must_check;
/** Bytes that are free where it lies, UINT64_MAX if that is not known. */
uint64_t spool_room(const struct spool *s);
void spool_close(struct spool *s);

#endif
