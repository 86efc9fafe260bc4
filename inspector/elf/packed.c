/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#ifdef LIBARCHIVE_LIBRARY
#include <archive.h>
#include <dlfcn.h>
#endif
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#include "elf/packed.h"

#define CHUNK (1u << 18) /* of the compressed file */
#define BLOCK (1u << 16) /* of what zlib gives: as much may be lost before a damaged place */

static const struct {
	const char *magic;
	size_t n;
	const char *name, *command;
#ifdef LIBARCHIVE_LIBRARY
	int filter;
#define FILTER(name) ARCHIVE_FILTER_##name
#else
#define FILTER(name)
#endif
} packings[] = {
#define FILE_KIND(magic, what, advice)
#define PACKED(magic, name, filter, command) {magic, sizeof(magic) - 1, name, command, FILTER(filter)},
#include "elf/filekinds.def"
};

enum packing packing_of(const struct file_map *m)
{
	enum packing p = 0;

	while (p < PACKINGS && (m->size < packings[p].n || memcmp(m->at, packings[p].magic, packings[p].n)))
		p++;
	return p;
}

const char *packing_name(enum packing p)
{
	return packings[p].name;
}

const char *packing_command(enum packing p)
{
	return packings[p].command;
}

const char *packing_lacks(enum packing p)
{
#ifndef LIBARCHIVE_LIBRARY
	return "libarchive";
#elif !defined(HAVE_ZLIB)
	return p == PACKING_GZIP ? "zlib" : NULL;
#else
	return NULL;
#endif
}

#ifdef LIBARCHIVE_LIBRARY
#define FUNCTIONS(F)                                                                               \
	F(archive_read_new)                                                                        \
	F(archive_read_append_filter)                                                              \
	F(archive_read_set_format)                                                                 \
	F(archive_read_open_fd)                                                                    \
	F(archive_read_next_header)                                                                \
	F(archive_read_data_block)                                                                 \
	F(archive_error_string)                                                                    \
	F(archive_read_free)

struct packed {
	int fd;
	bool begun;
	void *library;
	struct archive *archive;
#define F(name) __typeof__(name) *name;
	FUNCTIONS(F)
#undef F
#ifdef HAVE_ZLIB
	gzFile gz;
	uint8_t block[BLOCK];
#endif
};

static bool load(struct packed *s, char why[160])
{
	s->library = dlopen(LIBARCHIVE_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!s->library) {
		snprintf(why, 160, "%s", dlerror());
		return false;
	}
#define F(name)                                                                                    \
	s->name = (__typeof__(name) *)dlsym(s->library, #name);                                    \
	if (!s->name) {                                                                            \
		snprintf(why, 160, "%s has no %s", LIBARCHIVE_LIBRARY, #name);                     \
		return false;                                                                      \
	}
	FUNCTIONS(F)
#undef F
	return true;
}

static bool archive_prepare(struct packed *s, enum packing p, char why[160])
{
	if (!load(s, why))
		return false;
	s->archive = s->archive_read_new();
	/* a warning: it would run a program that does it */
	if (!s->archive || s->archive_read_append_filter(s->archive, packings[p].filter) != ARCHIVE_OK ||
	    s->archive_read_set_format(s->archive, ARCHIVE_FORMAT_RAW) != ARCHIVE_OK) {
		snprintf(why, 160, "%s cannot read it", LIBARCHIVE_LIBRARY);
		return false;
	}
	return true;
}

static bool says(struct packed *s, char why[160])
{
	const char *text = s->archive_error_string(s->archive);

	snprintf(why, 160, "%s", text ? text : "it cannot be decompressed");
	return false;
}

static bool begin(struct packed *s)
{
	struct archive_entry *entry;

	s->begun = true;
	return s->archive_read_open_fd(s->archive, s->fd, CHUNK) == ARCHIVE_OK &&
	       s->archive_read_next_header(s->archive, &entry) == ARCHIVE_OK;
}

static bool archive_next(struct packed *s, const void **bytes, size_t *n, char why[160])
{
	int64_t offset;
	int r;

	if (!s->begun && !begin(s))
		return says(s, why);
	do
		r = s->archive_read_data_block(s->archive, bytes, n, &offset);
	while (r == ARCHIVE_OK && !*n);
	if (r == ARCHIVE_EOF)
		*n = 0;
	return r == ARCHIVE_OK || r == ARCHIVE_EOF || says(s, why);
}

#ifdef HAVE_ZLIB
static bool gzip_begin(struct packed *s, char why[160])
{
	int own = dup(s->fd);

	s->gz = own < 0 ? NULL : gzdopen(own, "rb");
	if (!s->gz) {
		snprintf(why, 160, "memory is out");
		if (own >= 0)
			close(own);
	}
	return s->gz && !gzbuffer(s->gz, CHUNK);
}

/* What comes before the end of a file that is cut off is given first. */
static bool gzip_next(struct packed *s, const void **bytes, size_t *n, char why[160])
{
	int got = gzread(s->gz, s->block, BLOCK), code;
	const char *text;

	*bytes = s->block;
	*n = got > 0 ? (size_t)got : 0;
	if (got > 0)
		return true;
	text = gzerror(s->gz, &code);
	if (strstr(text, ": ")) /* "<fd:5>: what is wrong" */
		text = strstr(text, ": ") + 2;
	snprintf(why, 160, "%s", code == Z_BUF_ERROR ? "unexpected end of file" : *text ? text : "it cannot be read");
	return code == Z_OK;
}
#endif

struct packed *packed_open(enum packing p, int fd, char why[160])
{
	struct packed *s = calloc(1, sizeof(*s));
	bool ok = false;

	snprintf(why, 160, "memory is out");
	if (!s || lseek(fd, 0, SEEK_SET)) {
		free(s);
		return NULL;
	}
	s->fd = fd;
#ifdef HAVE_ZLIB
	if (p == PACKING_GZIP)
		ok = gzip_begin(s, why);
	else
#endif
		ok = archive_prepare(s, p, why);
	if (ok)
		return s;
	packed_close(s);
	return NULL;
}

bool packed_next(struct packed *s, const void **bytes, size_t *n, char why[160])
{
#ifdef HAVE_ZLIB
	if (s->gz)
		return gzip_next(s, bytes, n, why);
#endif
	return archive_next(s, bytes, n, why);
}

void packed_close(struct packed *s)
{
	if (!s)
		return;
#ifdef HAVE_ZLIB
	if (s->gz)
		gzclose_r(s->gz);
#endif
	if (s->archive)
		s->archive_read_free(s->archive);
	if (s->library)
		dlclose(s->library);
	free(s);
}
#else
struct packed *packed_open(enum packing p, int fd, char why[160])
{
	snprintf(why, 160, "built without libarchive");
	return NULL;
}

bool packed_next(struct packed *s, const void **bytes, size_t *n, char why[160])
{
	*n = 0;
	return false;
}

void packed_close(struct packed *s) {}
#endif
