/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#include "base/buf.h"
#include "cmd/beside.h"
#include "cmd/sink.h"

#define CHUNK (1u << 18)

struct sink {
	struct beside file;
	int error; /* errno of the first failure */
	uint64_t written;
	uint8_t *out; /* CHUNK bytes that wait */
	size_t n;
#ifdef HAVE_ZLIB
	z_stream gz;
	bool is_gz;
#endif
#ifdef HAVE_ZSTD
	ZSTD_CStream *zst;
#endif
};

static void write_fully(struct sink *s, const uint8_t *bytes, size_t n)
{
	while (n && !s->error) {
		ssize_t done = write(s->file.fd, bytes, n);

		if (done < 0 && errno != EINTR)
			s->error = errno;
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
}

#ifdef HAVE_ZLIB
static void deflate_some(struct sink *s, const void *bytes, size_t n, int flush)
{
	uint8_t packed[1 << 14];
	int r;

	s->gz.next_in = (Bytef *)(uintptr_t)bytes;
	s->gz.avail_in = (uInt)n;
	do {
		s->gz.next_out = packed;
		s->gz.avail_out = sizeof(packed);
		r = deflate(&s->gz, flush);
		write_fully(s, packed, sizeof(packed) - s->gz.avail_out);
	} while (!s->error && r == Z_OK &&
		 (s->gz.avail_in || !s->gz.avail_out || flush == Z_FINISH));
}
#endif

#ifdef HAVE_ZSTD
static void zstd_some(struct sink *s, const void *bytes, size_t n, ZSTD_EndDirective end)
{
	uint8_t packed[1 << 14];
	ZSTD_inBuffer in = {bytes, n, 0};
	size_t left;

	do {
		ZSTD_outBuffer out = {packed, sizeof(packed), 0};

		left = ZSTD_compressStream2(s->zst, &out, &in, end);
		if (ZSTD_isError(left))
			s->error = EIO;
		write_fully(s, packed, out.pos);
	} while (!s->error && (end == ZSTD_e_end ? left != 0 : in.pos < in.size));
}
#endif

/* What waits goes out; at the end the compressor's trailer too. */
static void flush_out(struct sink *s, bool end)
{
#ifdef HAVE_ZLIB
	if (s->is_gz) {
		deflate_some(s, s->out, s->n, end ? Z_FINISH : Z_NO_FLUSH);
		s->n = 0;
		return;
	}
#endif
#ifdef HAVE_ZSTD
	if (s->zst) {
		zstd_some(s, s->out, s->n, end ? ZSTD_e_end : ZSTD_e_continue);
		s->n = 0;
		return;
	}
#endif
	write_fully(s, s->out, s->n);
	s->n = 0;
}

void sink_write(struct sink *s, const void *bytes, size_t n)
{
	const uint8_t *from = bytes;

	s->written += n;
	while (n && !s->error) {
		size_t now = min_of(n, CHUNK - s->n);

		memcpy(s->out + s->n, from, now);
		s->n += now;
		from += now;
		n -= now;
		if (s->n == CHUNK)
			flush_out(s, false);
	}
}

bool sink_failed(const struct sink *s)
{
	return s->error;
}

uint64_t sink_written(const struct sink *s)
{
	return s->written;
}

static bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && !strcmp(s + n - m, suffix);
}

bool sink_cannot_compress(const char *path)
{
	static const char *const others[] = {".xz", ".bz2", ".lz4", ".lzma", ".br", ".zip", ".Z"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (ends_with(path, others[i]))
			return true;
	return false;
}

bool sink_compresses(const char *path)
{
	return ends_with(path, ".gz") || ends_with(path, ".zst");
}

static enum err compression(struct sink *s, const char *path, struct diag *d)
{
	if (ends_with(path, ".gz")) {
#ifdef HAVE_ZLIB
		s->is_gz =
		    deflateInit2(&s->gz, 6, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK;
		return s->is_gz ? OK : diag_set(d, ERR_NOMEM, "out of memory");
#else
		return diag_set(d, ERR_UNSUPPORTED,
				"this heapscope was built without zlib: it cannot write %s",
				path);
#endif
	}
	if (ends_with(path, ".zst")) {
#ifdef HAVE_ZSTD
		s->zst = ZSTD_createCStream();
		return s->zst ? OK : diag_set(d, ERR_NOMEM, "out of memory");
#else
		return diag_set(d, ERR_UNSUPPORTED,
				"this heapscope was built without libzstd: it cannot write %s",
				path);
#endif
	}
	return OK;
}

enum err sink_open(const char *path, struct sink **out, struct diag *d)
{
	struct sink *s = calloc(1, sizeof(*s));
	enum err e;

	if (!s)
		return diag_set(d, ERR_NOMEM, "out of memory");
	s->file.fd = -1;
	s->out = malloc(CHUNK);
	e = s->out ? compression(s, path, d) : diag_set(d, ERR_NOMEM, "out of memory");
	if (!e)
		e = beside_open(&s->file, path, d);
	if (e)
		sink_close(s);
	else
		*out = s;
	return e;
}

enum err sink_finish(struct sink *s, struct diag *d)
{
	flush_out(s, true);
	return beside_finish(&s->file, s->error, d);
}

void sink_close(struct sink *s)
{
	if (!s)
		return;
	beside_release(&s->file);
#ifdef HAVE_ZLIB
	if (s->is_gz)
		deflateEnd(&s->gz);
#endif
#ifdef HAVE_ZSTD
	ZSTD_freeCStream(s->zst);
#endif
	free(s->out);
	free(s);
}
