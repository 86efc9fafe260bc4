/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "base/isolate.h"
#include "elf/corepriv.h"
#include "elf/packed.h"
#include "elf/spool.h"
#include "elf/unpack.h"

#define PART   (1u << 16)	   /* of a block, as long as the headers are not there */
#define BEYOND (1u << 20)	   /* after the end by the headers: names of sections, an odd writer's padding */
#define MORE_MEMORY (2ull << 30) /* address space: the libraries, and what a stream may ask for as its window */

enum outcome {
	UNPACKED_WHOLE = 0,
	UNPACKED_DAMAGED, /* up to here */
	UNPACKED_NO_CORE, /* not even begun with, it is something else */
	UNPACKED_LONGER,
	UNPACKED_NO_ROOM,
	UNPACKED_NO_LIBRARY,
};
/* What the child says at its end. */
struct report {
	enum outcome outcome;
	int sys;           /* errno of UNPACKED_NO_ROOM */
	uint64_t written;  /* bytes that took room */
	uint64_t expected; /* bytes that the core should have, UINT64_MAX unknown */
	char why[160];
};
struct job {
	enum packing packing;
	const struct file_map *packed;
	struct spool spool;
	struct report report; /* the parent's copy */
	bool reported;
};

/* The size as the headers say it, once they are there; until then how many bytes it takes to know. */
struct extent {
	enum core_extent known;
	uint64_t bytes;
};

static void look_at_headers(const struct spool *s, struct extent *e)
{
	struct file_map begin = {.size = s->size};

	if (e->known == CORE_KNOWN || s->size < e->bytes || spool_settle(s))
		return;
	begin.at = mmap(NULL, s->size, PROT_READ, MAP_SHARED, s->fd, 0);
	if (begin.at == MAP_FAILED)
		return;
	e->known = core_extent(&begin, &e->bytes);
	munmap((void *)begin.at, s->size);
}

/* A block, in parts until the headers are there: it may have megabytes. UNPACKED_WHOLE: go on. */
static enum outcome add_block(struct spool *s, const uint8_t *bytes, size_t n, struct extent *e, struct report *r)
{
	while (n) {
		size_t part = e->known == CORE_KNOWN ? n : min_of(n, PART);

		r->sys = spool_add(s, bytes, part, r->expected - min_of(s->size + part, r->expected));
		if (r->sys)
			return UNPACKED_NO_ROOM;
		look_at_headers(s, e);
		if (e->known == CORE_NOT)
			return UNPACKED_NO_CORE;
		if (e->known == CORE_KNOWN)
			r->expected = e->bytes;
		if (s->size > add_capped(r->expected, BEYOND))
			return UNPACKED_LONGER;
		bytes += part;
		n -= part;
	}
	return UNPACKED_WHOLE;
}

static enum outcome copy(struct packed *p, struct spool *s, struct report *r)
{
	struct extent e = {.known = CORE_MORE};
	enum outcome o = UNPACKED_WHOLE;
	const void *bytes;
	size_t n;

	while (!o && packed_next(p, &bytes, &n, r->why)) {
		if (!n)
			return UNPACKED_WHOLE;
		o = add_block(s, bytes, n, &e, r);
	}
	return o ? o : UNPACKED_DAMAGED;
}

/* In the child. */
static bool work(void *arg, int out)
{
	struct job *j = arg;
	struct report r = {.expected = UINT64_MAX};
	struct packed *p;
	int wrong;

	signal(SIGXFSZ, SIG_IGN); /* EFBIG says it too */
	p = packed_open(j->packing, j->packed->fd, r.why);
	r.outcome = p ? copy(p, &j->spool, &r) : UNPACKED_NO_LIBRARY;
	packed_close(p);
	r.written = j->spool.written;
	wrong = spool_settle(&j->spool);
	if (wrong && r.outcome != UNPACKED_NO_ROOM) {
		r.outcome = UNPACKED_NO_ROOM;
		r.sys = wrong;
	}
	return isolate_give(out, &r, sizeof(r));
}

static size_t take(void *arg, const uint8_t *bytes, size_t n)
{
	struct job *j = arg;

	if (n < sizeof(j->report))
		return 0;
	memcpy(&j->report, bytes, sizeof(j->report));
	j->report.why[sizeof(j->report.why) - 1] = 0;
	j->reported = true;
	return sizeof(j->report);
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static enum err no_room(const struct job *j, const char *path, struct diag *d)
{
	const struct report *r = &j->report;
	uint64_t room = spool_room(&j->spool);
	char expected[64] = "", left[64] = "";

	if (r->expected != UINT64_MAX)
		snprintf(expected, sizeof(expected), " of at most %.1f MiB", mib(r->expected));
	if (r->sys == ENOSPC && room != UINT64_MAX && room)
		snprintf(left, sizeof(left), ", whose last %.1f MiB are left to others", mib(room));
	d->sys = r->sys;
	return diag_set(d, ERR_IO,
			"there is no room to decompress '%s': %s after %.1f MiB%s in '%s'%s; TMPDIR=DIR names another "
			"place",
			path, strerror(r->sys), mib(r->written), expected, j->spool.dir, left);
}

static enum err end_of(struct job *j, const char *path, bool finished, const char *why, struct unpacked *out,
		       struct diag *d)
{
	struct report *r = &j->report;

	if (finished && j->reported && r->outcome == UNPACKED_NO_LIBRARY)
		return diag_set(d, ERR_UNSUPPORTED,
				"'%s' is compressed with %s and cannot be read here (%s); decompress it first: %s", path,
				 packing_name(j->packing), r->why, packing_command(j->packing));
	if (finished && j->reported && r->outcome == UNPACKED_NO_ROOM)
		return no_room(j, path, d);
	if (!finished || !j->reported)
		snprintf(out->damage, sizeof(out->damage), "its decompression failed: %s", why);
	else if (r->outcome == UNPACKED_DAMAGED)
		snprintf(out->damage, sizeof(out->damage), "%s", r->why);
	else if (r->outcome == UNPACKED_LONGER)
		snprintf(out->damage, sizeof(out->damage), "it goes on where the core ends by its own headers");
	return OK;
}

/* Takes the file over. */
static enum err map(struct job *j, const char *path, struct unpacked *out, struct diag *d)
{
	static const struct file_want want = {"a core file", ERR_NOT_A_CORE};
	int fd = j->spool.fd;
	struct stat st;

	if (!fstat(fd, &st) && !st.st_size)
		return diag_set(d, ERR_BAD_FILE, "'%s' is compressed with %s, and nothing came out of it%s%s", path,
				out->packing, out->damage[0] ? ": " : "", out->damage);
	j->spool.fd = -1;
	return file_map_open(path, fd, &want, &out->map, d);
}

static enum err run(struct job *j, const char *path, volatile int *interrupted, struct unpacked *out, struct diag *d)
{
	struct isolate child = {
	    .limits = {.more_memory = MORE_MEMORY, .output = sizeof(j->report)},
	    .work = work,
	    .take = take,
	    .work_arg = j,
	    .arg = j,
	    .interrupted = interrupted,
	    .hears_ctrl_c = true,
	};
	char why[160];
	bool finished = isolate_run(&child, why);
	enum err e;

	if (!finished && !strcmp(why, ISOLATE_INTERRUPTED))
		return diag_set(d, ERR_INTERRUPTED, "interrupted");
	e = end_of(j, path, finished, why, out, d);
	return e ? e : map(j, path, out, d);
}

enum err unpack_core(const char *path, const struct file_map *packed, volatile int *interrupted, struct unpacked *out,
		     struct diag *d)
{
	struct job j = {.packing = packing_of(packed), .packed = packed};
	enum err e;
	int wrong;

	*out = (struct unpacked){.map.fd = -1};
	if (j.packing == PACKINGS)
		return OK;
	out->packing = packing_name(j.packing);
	if (packing_lacks(j.packing))
		return diag_set(d, ERR_NOT_A_CORE,
				"'%s' is compressed with %s, not a core file; decompress it first: %s (a heapscope built "
				"with %s reads it as it is)",
				path, out->packing, packing_command(j.packing), packing_lacks(j.packing));
	wrong = spool_open(&j.spool);
	if (wrong)
		return diag_sys(d, ERR_IO, wrong,
				"'%s' is decompressed into a file in '%s' (TMPDIR names another folder), which cannot be "
				"made",
				path, j.spool.dir);
	e = run(&j, path, interrupted, out, d);
	spool_close(&j.spool);
	return e;
}
