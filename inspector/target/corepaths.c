/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of shared libraries and programs that stand somewhere in a core's memory: the dynamic linker and the interpreter
 * keep them on their heaps, the latter also as wchar_t. A wrong one does no harm: only a build-id makes it count.
 */
#include <stdio.h>
#include "base/map.h"
#include "target/corenames.h"

#define PATH_BYTES  1024
#define LOOKED_MAX  4096	 /* files that are opened */
#define SCANNED_MAX (4ull << 30) /* bytes that are looked through */

#define LIBRARY "/lib/python" /* PREFIX/lib/python3.11/os.py: the program is PREFIX/bin/python3.11 */

struct paths {
	struct target *t;
	struct found_list *l;
	struct map seen; /* hashes */
	size_t looked;
	uint64_t scanned;
	bool failed;
};

struct elf_file *core_open_elf(const char *path)
{
	struct elf_file *f = NULL;
	struct diag d = {0};
	int fd = open_regular(path);

	return fd >= 0 && !elf_file_open(path, fd, &f, &d) ? f : NULL;
}

/* What stands in every path that is looked for. */
static const struct needle {
	const char *bytes;
	size_t n;
	unsigned width; /* bytes of a character */
	bool library;	/* the path is in the library of the program that is looked for */
} needles[] = {
    {".so", 3, 1, false},
    {"/bin/", 5, 1, false},
    {LIBRARY, sizeof(LIBRARY) - 1, 1, true},
    {"/\0\0\0b\0\0\0i\0\0\0n\0\0\0/\0\0\0", 20, 4, false},
};

/* 0: no character of a path, or of a few that are not worth the trouble. */
static char char_at(const char *at, unsigned width)
{
	uint32_t c = width == 1 ? (uint8_t)*at : load32((const uint8_t *)at);

	return c > ' ' && c < 0x7f ? (char)c : 0;
}

static bool seen_before(struct paths *p, const char *s, size_t n)
{
	uint64_t h = 0;

	for (size_t i = 0; i < n; i++)
		h = map_hash(h ^ (uint8_t)s[i]);
	if (map_get(&p->seen, h) != MAP_NONE)
		return true;
	p->failed |= !map_put(&p->seen, h, 1);
	return false;
}

static void try_path(struct paths *p, const char *path)
{
	const char *root = p->t->options.sysroot;
	char full[PATH_BYTES + 4096];
	struct elf_file *f = NULL;

	if (root && (size_t)snprintf(full, sizeof(full), "%s%s", root, path) < sizeof(full))
		f = core_open_elf(full);
	if (!f)
		f = core_open_elf(path);
	vec_foreach (it, p->l)
		if (f && !it->name && it->id.n && build_id_equal(&it->id, elf_file_build_id(f))) {
			it->name = target_string(p->t, path, strlen(path));
			p->failed |= !it->name;
		}
	elf_file_close(f);
}

/* The interpreter whose library this is a path in. False: it is none. */
static bool program_of(const char *path, char out[PATH_BYTES])
{
	const char *library = strstr(path, LIBRARY), *name;

	if (!library)
		return false;
	name = library + strlen("/lib/");
	return snprintf(out, PATH_BYTES, "%.*s/bin/%.*s", (int)(library - path), path, (int)strcspn(name, "/"), name) <
	       PATH_BYTES;
}

/* The path around `at`: from its first '/' to its NUL. */
static void try_around(struct paths *p, const struct needle *k, const char *at, const char *start, const char *end)
{
	unsigned width = k->width;
	const char *from = at;
	char path[PATH_BYTES], program[PATH_BYTES], *slash;
	size_t n = 0;

	while ((size_t)(from - start) >= width && (size_t)(at - from) < PATH_BYTES * width && char_at(from - width, width))
		from -= width;
	for (; n < sizeof(path) && (size_t)(end - from) >= width && (path[n] = char_at(from, width)); from += width)
		n++;
	if (n == sizeof(path) || (size_t)(end - from) < width || (width == 1 && *from))
		return;
	path[n] = 0;
	slash = memchr(path, '/', n);
	if (slash && k->library)
		slash = program_of(slash, program) ? program : NULL;
	if (!slash || seen_before(p, slash, strlen(slash)))
		return;
	p->looked++;
	try_path(p, slash);
}

static bool any_unnamed(const struct found_list *l)
{
	vec_foreach (f, l)
		if (!f->name && f->id.n)
			return true;
	return false;
}

static void search(struct paths *p, const struct needle *k, const char *start, const char *end)
{
	const char *at = start;

	while (!p->failed && p->looked < LOOKED_MAX && !target_interrupted(p->t) &&
	       (at = memmem(at, (size_t)(end - at), k->bytes, k->n))) {
		try_around(p, k, at, start, end);
		at += k->n;
	}
}

bool core_names_from_paths(struct target *t, const struct corefile *c, struct found_list *l)
{
	struct paths p = {.t = t, .l = l};

	vec_foreach (s, &c->segments) {
		const char *start = (const char *)c->at + s->offset;

		if (!(s->flags & PF_W) || p.scanned > SCANNED_MAX)
			continue;
		p.scanned += s->have;
		for (size_t i = 0; i < ARRAY_SIZE(needles) && any_unnamed(l); i++)
			search(&p, &needles[i], start, start + s->have);
	}
	map_release(&p.seen);
	return !p.failed;
}
