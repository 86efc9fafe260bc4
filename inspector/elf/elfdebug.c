/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the detached file with the debug information: by build-id, by .gnu_debuglink, through
 * debuginfod. A file is only taken if it is the right one: its build-id agrees, or, where a side
 * has none, the link's CRC.
 */
#include <stdio.h>
#include "base/buf.h"
#include "elf/debuginfod.h"
#include "elf/elfpriv.h"

static const char *const default_dirs[] = {"/usr/lib/debug", NULL};

struct debug_finder {
	struct elf_file *f;
	const struct debug_search *s;
	const char *const *dirs;
	const char *sysroot; /* "" if there is none */
	struct buf tried;
};

static void finder_say(struct debug_finder *w, const char *fmt, ...) printf_like(2, 3);
static void finder_say(struct debug_finder *w, const char *fmt, ...)
{
	struct buf line = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	if (w->tried.n)
		buf_str(&w->tried, ", ");
	buf_escaped(&w->tried, buf_text(&line), line.n);
	buf_release(&line);
}

static uint32_t crc32_of(const uint8_t *p, uint64_t n)
{
	uint32_t table[256], crc = 0xffffffff;

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int k = 0; k < 8; k++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	}
	while (n--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return ~crc;
}

/* NULL if the candidate is the file that we look for, else what is wrong with it. */
static const char *mismatch(const struct elf_file *f, const struct elf_file *c, const uint32_t *crc)
{
	if (f->header.e_machine != c->header.e_machine)
		return "for another machine";
	if (f->id.n && c->id.n) {
		if (!build_id_equal(&f->id, &c->id))
			return "its build-id differs";
	} else if (!crc || crc32_of(c->map.at, c->map.size) != *crc) {
		return crc ? "its CRC differs" : "it has no build-id";
	}
	return elf_file_has_debug(c) ? NULL : "it has no debug information";
}

/* Takes the file if it is the right one. fd as for elf_file_open(). */
static bool finder_try(struct debug_finder *w, const char *path, int fd, const uint32_t *crc)
{
	struct diag d = {0};
	struct elf_file *c;
	const char *wrong;

	if (elf_file_open(path, fd, &c, &d)) {
		if (d.sys)
			finder_say(w, "%s", path);
		else
			finder_say(w, "%s (%s)", path, diag_text(&d));
		return false;
	}
	wrong = mismatch(w->f, c, crc);
	if (!wrong) {
		w->f->debug = c;
		return true;
	}
	elf_file_close(c);
	finder_say(w, "%s (%s)", path, wrong);
	return false;
}

static bool finder_try_at(struct debug_finder *w, const uint32_t *crc, const char *fmt, ...)
	printf_like(3, 4);
static bool finder_try_at(struct debug_finder *w, const uint32_t *crc, const char *fmt, ...)
{
	struct buf path = {0};
	bool found;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&path, fmt, ap);
	va_end(ap);
	found = buf_ok(&path) && finder_try(w, buf_text(&path), -1, crc);
	buf_release(&path);
	return found;
}

static bool finder_by_build_id(struct debug_finder *w)
{
	char hex[2 * BUILD_ID_MAX + 1];

	if (w->f->id.n < 2)
		return false;
	build_id_text(&w->f->id, hex);
	for (const char *const *dir = w->dirs; *dir; dir++) {
		if (finder_try_at(w, NULL, "%s%s/.build-id/%.2s/%s.debug", w->sysroot, *dir, hex,
				  hex + 2))
			return true;
		/*
		 * the user's own directory need not be below the sysroot, and the build-id
		 * decides anyway
		 */
		if (w->sysroot[0] &&
		    finder_try_at(w, NULL, "%s/.build-id/%.2s/%s.debug", *dir, hex, hex + 2))
			return true;
	}
	return false;
}

/* The name in .gnu_debuglink and the CRC of that file. */
static const char *debuglink(const struct elf_file *f, uint32_t *crc)
{
	const struct elf_section *s = elf_file_section(f, ".gnu_debuglink");
	const char *p = s && s->type != SHT_NOBITS ? elf_file_bytes(f, s->offset, s->size) : NULL;
	const char *end = p ? memchr(p, 0, s->size) : NULL;
	uint64_t at;

	if (!end || end == p)
		return NULL;
	at = round_up((uint64_t)(end - p) + 1, 4);
	/* a name, not a path: the file does not choose what is opened */
	if (at + 4 > s->size || memchr(p, '/', (size_t)(end - p)))
		return NULL;
	*crc = load32(p + at);
	return p;
}

/* Is the file's path below the sysroot? */
static bool in_sysroot(const struct debug_finder *w)
{
	size_t n = strlen(w->sysroot);

	return !strncmp(w->f->path, w->sysroot, n) && w->f->path[n] == '/';
}

static bool finder_beside(struct debug_finder *w, const uint32_t *crc, const char *name,
			  const char *root, const char *in)
{
	return finder_try_at(w, crc, "%s%s%s", root, in, name) ||
	       finder_try_at(w, crc, "%s%s.debug/%s", root, in, name);
}

static bool finder_by_link(struct debug_finder *w)
{
	const char *path = w->f->path + (in_sysroot(w) ? strlen(w->sysroot) : 0);
	const char *slash = strrchr(path, '/');
	cleanup_free char *in = strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
	uint32_t crc;
	const char *name = debuglink(w->f, &crc);

	if (!name || !in)
		return false;
	if (finder_beside(w, &crc, name, w->sysroot, in) ||
	    (!in_sysroot(w) && finder_beside(w, &crc, name, "", in)))
		return true;
	for (const char *const *dir = w->dirs; *dir && in[0] == '/'; dir++) {
		if (finder_try_at(w, &crc, "%s%s%s%s", w->sysroot, *dir, in, name))
			return true;
		if (w->sysroot[0] && finder_try_at(w, &crc, "%s%s%s", *dir, in, name))
			return true;
	}
	return false;
}

static bool finder_by_debuginfod(struct debug_finder *w)
{
	cleanup_free char *path = NULL;
	const char *why;
	int fd;

	if (!w->s->debuginfod)
		return false;
	fd = debuginfod_fetch(&w->f->id, &path, &why);
	if (fd < 0) {
		finder_say(w, "%s", why);
		return false;
	}
	return finder_try(w, path ? path : "debuginfod's file", fd, NULL);
}

static char *without_slash(const char *sysroot)
{
	size_t n = sysroot ? strlen(sysroot) : 0;

	while (n && sysroot[n - 1] == '/')
		n--;
	return strndup(sysroot ? sysroot : "", n);
}

/* As many whole places as there is room for. */
static void tell_tried(const char *all, char *out, size_t size)
{
	static const char more[] = ", and elsewhere";
	size_t n = strlen(all);

	if (n < size) {
		memcpy(out, all, n + 1);
		return;
	}
	n = size > sizeof(more) ? size - sizeof(more) : 0;
	while (n && strncmp(all + n, ", ", 2))
		n--;
	snprintf(out, size, "%.*s%s", (int)n, all, n ? more : "");
}

bool elf_file_find_debug(struct elf_file *f, const struct debug_search *s, char *tried,
			 size_t tried_size)
{
	cleanup_free char *sysroot = without_slash(s->sysroot);
	struct debug_finder w = {
		.f = f,
		.s = s,
		.dirs = s->dirs ? s->dirs : default_dirs,
		.sysroot = sysroot ? sysroot : "",
	};

	if (!f->searched) {
		f->searched = true;
		if (elf_file_has_debug(f))
			finder_say(&w, "in the file itself");
		else if (finder_by_build_id(&w) || finder_by_link(&w) || finder_by_debuginfod(&w))
			finder_say(&w, "found in %s", f->debug->path);
		else if (!w.tried.n)
			finder_say(&w, "nowhere: the file has neither a build-id nor a debug link");
		f->tried = w.tried.at;
	}
	if (tried && tried_size)
		tell_tried(f->tried ? f->tried : "", tried, tried_size);
	return f->debug || elf_file_has_debug(f);
}

const char *elf_file_debug_path(const struct elf_file *f)
{
	return f->debug ? f->debug->path : NULL;
}
