/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of shared libraries that stand somewhere in a core's memory: the dynamic linker and the
 * interpreter keep them on their heaps. A wrong one does no harm: only a build-id makes it count.
 */
#include "base/map.h"
#include <stdio.h>
#include "target/corenames.h"

#define PATH_BYTES  1024
#define LOOKED_MAX  4096	 /* files that are opened */
#define SCANNED_MAX (4ull << 30) /* bytes that are looked through */

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

static bool is_path_char(uint8_t c)
{
	return c > ' ' && c < 0x7f;
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

/* The path around ".so" at `at`: from its first '/' to its NUL. */
static void try_around(struct paths *p, const char *at, const char *start, const char *end)
{
	const char *from = at, *to = at, *slash;
	char path[PATH_BYTES];

	while (from > start && at - from < PATH_BYTES && is_path_char((uint8_t)from[-1]))
		from--;
	while (to < end && to - from < PATH_BYTES && is_path_char((uint8_t)*to))
		to++;
	slash = memchr(from, '/', (size_t)(to - from));
	if (!slash || slash > at || to - slash >= PATH_BYTES || to >= end || *to ||
	    seen_before(p, slash, (size_t)(to - slash)))
		return;
	memcpy(path, slash, (size_t)(to - slash));
	path[to - slash] = 0;
	p->looked++;
	try_path(p, path);
}

static bool any_unnamed(const struct found_list *l)
{
	vec_foreach (f, l)
		if (!f->name && f->id.n)
			return true;
	return false;
}

bool core_names_from_paths(struct target *t, const struct corefile *c, struct found_list *l)
{
	struct paths p = {.t = t, .l = l};

	vec_foreach (s, &c->segments) {
		const char *start = (const char *)c->at + s->offset, *end = start + s->have;
		const char *at = start;

		if (!(s->flags & PF_W) || !any_unnamed(l) || p.scanned > SCANNED_MAX)
			continue;
		p.scanned += s->have;
		while (!p.failed && p.looked < LOOKED_MAX && !target_interrupted(t) &&
		       (at = memmem(at, (size_t)(end - at), ".so", 3))) {
			try_around(&p, at, start, end);
			at += 3;
		}
	}
	map_release(&p.seen);
	return !p.failed;
}
