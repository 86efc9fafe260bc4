/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mappings of a core: PT_LOAD says what was mapped and how it was protected, NT_FILE which file
 * and offset it was. The kernel has a PT_LOAD for each mapping; gcore has none for what it leaves
 * out.
 */
#include <elf.h>
#include "target/core.h"

#define VSYSCALL 0xffffffffff600000ull /* arch/x86/include/uapi/asm/vsyscall.h */

static addr_t segment_end(const struct core_segment *s)
{
	uint64_t room = (UINT64_MAX & ~(uint64_t)(IMAGE_PAGE - 1)) - s->start;

	return s->start + (s->memsz > room ? room : min_of(round_up(s->memsz, IMAGE_PAGE), room));
}

static uint32_t segment_prot(const struct core_segment *s)
{
	return (s->flags & PF_R ? MAP_READ : 0) | (s->flags & PF_W ? MAP_WRITE : 0) |
	       (s->flags & PF_X ? MAP_EXEC : 0);
}

/* Notes do not tell what was shared; these names do. */
static bool is_shared_memory(const char *path)
{
	static const char *const names[] = {"/dev/zero", "/dev/shm/", "/SYSV", "/memfd:"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(path, names[i], strlen(names[i])))
			return true;
	return false;
}

static bool set_file(struct target *t, struct mapping *m, const struct core_file_map *f)
{
	static const char deleted[] = " (deleted)";
	size_t n = strlen(f->path), mark = sizeof(deleted) - 1;

	m->offset = f->offset + (m->start - f->start);
	if (n > mark && !strcmp(f->path + n - mark, deleted)) {
		m->deleted = true;
		n -= mark;
	}
	m->path = target_string(t, f->path, n);
	if (m->path && is_shared_memory(m->path))
		m->prot |= MAP_SHARED_;
	return m->path;
}

static bool add(struct target *t, addr_t start, addr_t end, uint32_t prot,
		const struct core_file_map *f)
{
	struct mapping m = {.start = start, .end = end, .prot = prot, .path = "", .module = -1};

	if (start >= end || (start | end) & (IMAGE_PAGE - 1))
		return true;
	return (!f || set_file(t, &m, f)) && vec_push(&t->mappings, m);
}

/* A segment, cut where one file ends and another begins. *row: the first that may overlap it. */
static bool add_segment(struct target *t, const struct corefile *c, const struct core_segment *s,
			size_t *row)
{
	addr_t at = s->start, end = segment_end(s);
	uint32_t prot = segment_prot(s);

	while (*row < c->files.n && c->files.at[*row].end <= at)
		++*row;
	for (size_t i = *row; i < c->files.n && c->files.at[i].start < end; i++) {
		const struct core_file_map *f = &c->files.at[i];

		if (f->end <= at)
			continue;
		if (!add(t, at, max_of(f->start, at), prot, NULL) ||
		    !add(t, max_of(f->start, at), min_of(f->end, end), prot, f))
			return false;
		at = min_of(f->end, end);
	}
	return add(t, at, end, prot, NULL);
}

/* What of a file mapping no segment covers. Its protection is not known: code or constants, as it
 * was left out. */
static bool add_uncovered(struct target *t, const struct corefile *c, const struct core_file_map *f,
			  size_t *segment)
{
	addr_t at = f->start;

	while (*segment < c->segments.n && segment_end(&c->segments.at[*segment]) <= at)
		++*segment;
	for (size_t i = *segment; i < c->segments.n && c->segments.at[i].start < f->end; i++) {
		const struct core_segment *s = &c->segments.at[i];

		if (!add(t, at, max_of(at, s->start), MAP_READ | MAP_EXEC, f))
			return false;
		at = max_of(at, segment_end(s));
	}
	return add(t, at, f->end, MAP_READ | MAP_EXEC, f);
}

static void name_mapping(struct target *t, addr_t addr, const char *name)
{
	struct mapping *m = (struct mapping *)target_mapping(t, addr);

	if (m && !m->path[0])
		m->path = name;
}

static void name_special(struct target *t, const struct corefile *c)
{
	uint64_t at;

	if (corefile_auxv(c, AT_SYSINFO_EHDR, &at))
		name_mapping(t, at, "[vdso]");
	if (corefile_auxv(c, AT_RANDOM, &at))
		name_mapping(t, at, "[stack]");
	name_mapping(t, VSYSCALL, "[vsyscall]");
}

bool core_mappings(struct target *t, const struct corefile *c)
{
	size_t row = 0, segment = 0;
	addr_t end = 0;

	vec_foreach (s, &c->segments) {
		if (s->start < end)
			continue; /* overlaps: a damaged header */
		end = segment_end(s);
		if (!add_segment(t, c, s, &row))
			return false;
	}
	end = 0;
	vec_foreach (f, &c->files) {
		if (f->start < end)
			continue;
		end = f->end;
		if (!add_uncovered(t, c, f, &segment))
			return false;
	}
	mapping_list_order(&t->mappings);
	name_special(t, c);
	return true;
}
