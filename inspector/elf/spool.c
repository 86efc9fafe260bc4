/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include "elf/spool.h"

#define HOLE	  4096		 /* zeros of this size at a multiple of it are not written */
#define PIECE	  (1u << 18)	 /* at most this much is written at once */
#define LOOK_EACH (16ull << 20)	 /* bytes between two looks at the free room */
#define SPARE_MAX (1024ull << 20) /* what is left to others of a large disk; of a small one a twentieth */

/* Where the file system has no files without names: one whose name is taken away at once. */
static int open_and_unlink(const char *dir)
{
	char path[PATH_MAX];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/heapscope-XXXXXX", dir) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

int spool_open(struct spool *s)
{
	const char *dir = getenv("TMPDIR");

	*s = (struct spool){.fd = -1, .dir = dir && *dir ? dir : "/var/tmp"};
	s->fd = open(s->dir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	/* EISDIR: a kernel without it; EOPNOTSUPP: this file system */
	if (s->fd < 0 && (errno == EISDIR || errno == EOPNOTSUPP || errno == EINVAL))
		s->fd = open_and_unlink(s->dir);
	return s->fd < 0 ? errno : 0;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	return !p[0] && !memcmp(p, p + 1, n - 1);
}

/* How far there are only zeros, or none of the pieces has only zeros. */
static size_t alike(uint64_t at, const uint8_t *p, size_t n, bool *zero)
{
	size_t len = min_of(n, HOLE - at % HOLE);

	*zero = is_zero(p, len);
	while (len < n && len < PIECE) {
		size_t more = min_of(n - len, HOLE);

		if (is_zero(p + len, more) != *zero)
			break;
		len += more;
	}
	return len;
}

static int write_at(struct spool *s, const uint8_t *p, size_t n)
{
	uint64_t at = s->size;

	s->written += n;
	while (n) {
		ssize_t done = pwrite(s->fd, p, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? errno : ENOSPC;
		p += done;
		at += (uint64_t)done;
		n -= (size_t)done;
	}
	return 0;
}

uint64_t spool_room(const struct spool *s)
{
	struct statvfs fs;

	/* some file systems do not tell */
	return fstatvfs(s->fd, &fs) || !fs.f_blocks ? UINT64_MAX : (uint64_t)fs.f_bavail * fs.f_frsize;
}

static uint64_t spare(const struct spool *s)
{
	struct statvfs fs;

	return fstatvfs(s->fd, &fs) ? 0 : min_of((uint64_t)fs.f_blocks * fs.f_frsize / 20, SPARE_MAX);
}

static bool fills_the_disk(struct spool *s, uint64_t to_come)
{
	uint64_t room;

	if (s->written - s->looked < LOOK_EACH)
		return false;
	s->looked = s->written;
	room = spool_room(s);
	return room < to_come && room < spare(s);
}

int spool_add(struct spool *s, const void *bytes, size_t n, uint64_t to_come)
{
	const uint8_t *p = bytes;

	while (n) {
		bool zero;
		size_t len = alike(s->size, p, n, &zero);
		int wrong = zero ? 0 : write_at(s, p, len);

		if (wrong)
			return wrong;
		s->size += len;
		p += len;
		n -= len;
	}
	return fills_the_disk(s, to_come) ? ENOSPC : 0;
}

int spool_settle(const struct spool *s)
{
	return ftruncate(s->fd, (off_t)s->size) ? errno : 0;
}

void spool_close(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
