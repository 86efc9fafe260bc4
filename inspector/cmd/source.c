/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#include "cmd/source.h"

#define CHUNK (1u << 17)

enum packing { PLAIN, GZIP, ZSTD };

struct source {
	char *path;
	int fd;
	enum packing packing;
	bool at_end; /* of the file */
	bool whole;  /* the compressed data had its end */
	uint8_t in[CHUNK];
	size_t at, n; /* in `in` */
#ifdef HAVE_ZLIB
	z_stream gz;
#endif
#ifdef HAVE_ZSTD
	ZSTD_DStream *zst;
#endif
};

static enum packing packing_of(const uint8_t *at, size_t n)
{
	if (n >= 2 && !memcmp(at, "\x1f\x8b", 2))
		return GZIP;
	return n >= 4 && !memcmp(at, "\x28\xb5\x2f\xfd", 4) ? ZSTD : PLAIN;
}

/* More of the file into `in`, which is used up. */
static enum err fill(struct source *s, struct diag *d)
{
	ssize_t n;

	do
		n = read(s->fd, s->in, sizeof(s->in));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return diag_sys(d, ERR_IO, errno, "cannot read '%s'", s->path);
	s->at = 0;
	s->n = (size_t)n;
	s->at_end = !n;
	return OK;
}

static inline enum err unsupported(const struct source *s, const char *library, struct diag *d)
{
	return diag_set(d, ERR_UNSUPPORTED, "this heapscope was built without %s: it cannot read '%s'", library,
			s->path);
}

static enum err open_packing(struct source *s, struct diag *d)
{
	if (s->packing == GZIP) {
#ifdef HAVE_ZLIB
		return inflateInit2(&s->gz, 15 + 16) == Z_OK ? OK : diag_set(d, ERR_NOMEM, "out of memory");
#else
		return unsupported(s, "zlib", d);
#endif
	}
	if (s->packing == ZSTD) {
#ifdef HAVE_ZSTD
		s->zst = ZSTD_createDStream();
		return s->zst ? OK : diag_set(d, ERR_NOMEM, "out of memory");
#else
		return unsupported(s, "libzstd", d);
#endif
	}
	return OK;
}

enum err source_open(const char *path, struct source **out, struct diag *d)
{
	struct source *s = calloc(1, sizeof(*s));
	enum err e = OK;

	if (!s || !(s->path = strdup(path))) {
		free(s);
		return diag_set(d, ERR_NOMEM, "out of memory");
	}
	s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		e = diag_sys(d, ERR_NO_FILE, errno, "cannot open '%s'", path);
	if (!e && !(e = fill(s, d))) {
		s->packing = packing_of(s->in, s->n);
		e = open_packing(s, d);
	}
	if (e)
		source_close(s);
	else
		*out = s;
	return e;
}

#ifdef HAVE_ZLIB
/* @return whether the data are sound. */
static bool inflate_some(struct source *s, void *out, size_t n, size_t *got)
{
	int r;

	if (s->whole) { /* another member may follow */
		if (inflateReset(&s->gz) != Z_OK)
			return false;
		s->whole = false;
	}
	s->gz.next_in = s->in + s->at;
	s->gz.avail_in = (uInt)(s->n - s->at);
	s->gz.next_out = out;
	s->gz.avail_out = (uInt)n;
	r = inflate(&s->gz, Z_NO_FLUSH);
	s->at = s->n - s->gz.avail_in;
	*got = n - s->gz.avail_out;
	s->whole = r == Z_STREAM_END;
	return r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR;
}
#endif

#ifdef HAVE_ZSTD
static bool zstd_some(struct source *s, void *out, size_t n, size_t *got)
{
	ZSTD_inBuffer in = {s->in, s->n, s->at};
	ZSTD_outBuffer to = {out, n, 0};
	size_t r = ZSTD_decompressStream(s->zst, &to, &in);

	s->at = in.pos;
	*got = to.pos;
	s->whole = r == 0;
	return !ZSTD_isError(r);
}
#endif

static bool unpack(struct source *s, void *out, size_t n, size_t *got)
{
#ifdef HAVE_ZLIB
	if (s->packing == GZIP)
		return inflate_some(s, out, n, got);
#endif
#ifdef HAVE_ZSTD
	if (s->packing == ZSTD)
		return zstd_some(s, out, n, got);
#endif
	*got = min_of(n, s->n - s->at);
	memcpy(out, s->in + s->at, *got);
	s->at += *got;
	s->whole = true;
	return true;
}

enum err source_read(struct source *s, void *out, size_t n, size_t *got, struct diag *d)
{
	enum err e;

	for (*got = 0; !*got && n;) {
		if (s->at == s->n && !s->at_end && (e = fill(s, d)))
			return e;
		if (s->at == s->n && s->at_end && (s->whole || s->packing == PLAIN))
			return OK;
		if (!unpack(s, out, n, got))
			return diag_set(d, ERR_BAD_FILE, "'%s' is damaged: it cannot be decompressed", s->path);
		if (!*got && s->at == s->n && s->at_end && !s->whole)
			return diag_set(d, ERR_BAD_FILE, "'%s' is cut off: its compressed data have no end", s->path);
	}
	return OK;
}

bool source_may_be_snapshot(const char *path)
{
	struct source *s;
	struct diag d = {0};
	struct stat st;
	char first = 0;
	size_t n;
	bool may;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || source_open(path, &s, &d))
		return false;
	/* what cannot be decompressed is a snapshot as well as anything else; a core is not */
	may = source_read(s, &first, 1, &n, &d) || first == '{';
	source_close(s);
	return may;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
#ifdef HAVE_ZLIB
	if (s->packing == GZIP)
		inflateEnd(&s->gz);
#endif
#ifdef HAVE_ZSTD
	ZSTD_freeDStream(s->zst);
#endif
	free(s->path);
	free(s);
}
