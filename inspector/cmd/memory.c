/* SPDX-License-Identifier: Apache-2.0 */
/* Memory by kind of mapping. */
#include <stdio.h>
#include "cmd/process.h"

const char *memory_kind_name(enum memory_kind kind)
{
	static const char *const names[] = {
#define X(id, name) name,
	    MEMORY_KINDS(X)
#undef X
	};

	return names[kind];
}

static bool holds_a_stack(const struct target *t, const struct mapping *m)
{
	if (!strncmp(m->path, "[stack", 6))
		return true;
	vec_foreach (th, &t->threads)
		if (th->has_regs && th->sp >= m->start && th->sp < m->end)
			return true;
	return false;
}

static enum memory_kind kind_of(const struct target *t, const struct mapping *m)
{
	if (!strcmp(m->path, "[heap]"))
		return MEMORY_HEAP;
	if (holds_a_stack(t, m))
		return MEMORY_STACKS;
	if (m->path[0] == '[' && strncmp(m->path, "[anon", 5))
		return MEMORY_KERNEL;
	if (m->prot & MAP_SHARED_)
		return MEMORY_SHARED;
	if (!*m->path || m->path[0] == '[')
		return MEMORY_ANONYMOUS;
	return m->prot & MAP_WRITE ? MEMORY_FILE_PRIVATE : MEMORY_FILE_READONLY;
}

/* Bytes of [start, end) that the image has. Its ranges are in address order and disjoint. */
static uint64_t image_bytes(const struct image *im, addr_t start, addr_t end)
{
	size_t low = 0, high = im->ranges.n;
	uint64_t sum = 0;

	while (low < high) { /* the first range that ends after start */
		size_t mid = (low + high) / 2;

		if (im->ranges.at[mid].end <= start)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < im->ranges.n && im->ranges.at[low].start < end; low++) {
		const struct image_range *r = &im->ranges.at[low];

		sum += min_of(r->end, end) - max_of(r->start, start);
	}
	return sum;
}

/* Takes what was counted as part of a mapping over to the arenas. */
static void move_arena(struct session *s, const struct arena_area *a, struct memory_sum *out)
{
	const struct mapping *m = target_mapping(s->target, a->start);
	struct memory_sum *from;
	uint64_t size, read;

	if (!m)
		return;
	from = &out[kind_of(s->target, m)];
	size = min_of(min_of(a->size, m->end - a->start), from->size);
	read = min_of(image_bytes(s->target->image, a->start, a->start + size), from->read);
	from->size -= size;
	from->read -= read;
	out[MEMORY_ARENAS].mappings++;
	out[MEMORY_ARENAS].size += size;
	out[MEMORY_ARENAS].read += read;
	if (from->resident != OUT_NULL) {
		uint64_t resident = min_of(read, from->resident);

		from->resident -= resident;
		out[MEMORY_ARENAS].resident += resident;
	}
}

/* Adds "Rss:" of each mapping of /proc/PID/smaps to its kind. */
static bool add_resident(struct session *s, struct memory_sum *out)
{
	char path[40], line[8192];
	unsigned long long start, end, kb;
	const struct mapping *m = NULL;
	bool line_start = true;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", s->target->pid);
	if (!(f = fopen(path, "re")))
		return false;
	while (fgets(line, sizeof(line), f) && !s->interrupted) {
		if (!line_start)
			;
		else if (sscanf(line, "%llx-%llx ", &start, &end) == 2)
			m = target_mapping(s->target, start);
		else if (m && sscanf(line, "Rss: %llu kB", &kb) == 1)
			out[kind_of(s->target, m)].resident += kb * 1024;
		line_start = strchr(line, '\n');
	}
	fclose(f);
	return true;
}

void memory_sums(struct session *s, struct memory_sum *out)
{
	struct target *t = s->target;

	memset(out, 0, MEMORY_COUNT * sizeof(*out));
	vec_foreach (m, &t->mappings) {
		struct memory_sum *to = &out[kind_of(t, m)];

		to->mappings++;
		to->size += m->end - m->start;
		to->read += image_bytes(t->image, m->start, m->end);
	}
	if (t->kind != TARGET_LIVE || !add_resident(s, out))
		for (int k = 0; k < MEMORY_COUNT; k++)
			out[k].resident = OUT_NULL;
	vec_foreach (a, &s->python->arenas)
		move_arena(s, a, out);
}
