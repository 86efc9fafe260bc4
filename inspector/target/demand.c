/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mappings of the target that touch each other get one area of ours, of the same length and without memory: so pages
 * lie to each other as they do there, whenever each of them comes, and pointers into them stay good.
 */
#include <sys/mman.h>
#include "target/demand.h"
#include "target/internal.h"

#define CHUNK	 (1u << 20)    /* of an area, that becomes memory at once: areas are cut into few pieces */
#define AREA_MAX (1ull << 44) /* larger ones nobody can reserve */

struct area {
	addr_t start, end;
	uint8_t *at;
};
struct image_source {
	struct image *im;
	struct target *t;
	uint64_t bytes; /* read so far */
	struct {
		VEC(struct area);
	} areas;
};

/* The mappings around an address without a gap. */
static bool around(const struct target *t, addr_t a, struct area *out)
{
	size_t i = target_mapping_from(t, a), last = i;

	if (i == t->mappings.n || t->mappings.at[i].start > a)
		return false;
	while (i && t->mappings.at[i - 1].end == t->mappings.at[i].start)
		i--;
	while (last + 1 < t->mappings.n && t->mappings.at[last + 1].start == t->mappings.at[last].end)
		last++;
	out->start = t->mappings.at[i].start & ~(addr_t)(IMAGE_PAGE - 1);
	out->end = round_up(t->mappings.at[last].end, IMAGE_PAGE);
	return out->end > out->start && out->end - out->start <= AREA_MAX && !(out->end >> 47);
}

static const struct area *area_of(struct image_source *s, addr_t a)
{
	struct area new;
	size_t len;

	vec_foreach (area, &s->areas)
		if (a >= area->start && a < area->end)
			return area;
	if (!around(s->t, a, &new))
		return NULL;
	len = new.end - new.start;
	new.at = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (new.at == MAP_FAILED)
		return NULL;
	if (!vec_push(&s->im->owned, ((struct image_block){new.at, len}))) {
		munmap(new.at, len);
		return NULL;
	}
	return vec_push(&s->areas, new) ? &s->areas.at[s->areas.n - 1] : NULL;
}

/* Makes memory of the part of the area around [from, end). */
static bool make_memory(const struct area *area, addr_t from, addr_t end)
{
	uint64_t first = (from - area->start) & ~(uint64_t)(CHUNK - 1);
	uint64_t behind = min_of(round_up(end - area->start, CHUNK), area->end - area->start);

	return !mprotect(area->at + first, behind - first, PROT_READ | PROT_WRITE);
}

static bool bring_page(struct image_source *s, const struct area *area, addr_t page)
{
	uint8_t *to = area->at + (page - area->start);

	if (image_delta(s->im, page))
		return true;
	if (s->bytes >= DEMAND_MAX || !make_memory(area, page, page + IMAGE_PAGE) ||
	    !target_read(s->t, page, to, IMAGE_PAGE) || !image_put(s->im, page, to, IMAGE_PAGE))
		return false;
	s->bytes += IMAGE_PAGE;
	return true;
}

const uint8_t *image_fetch(struct image_source *s, addr_t a, size_t len)
{
	addr_t end = a + max_of(len, 1);
	const struct area *area = end < a ? NULL : area_of(s, a);

	if (!area || end > area->end)
		return NULL;
	for (addr_t page = a & ~(addr_t)(IMAGE_PAGE - 1); page < end; page += IMAGE_PAGE)
		if (target_interrupted(s->t) || !bring_page(s, area, page))
			return NULL;
	return area->at + (a - area->start);
}

void image_source_free(struct image_source *s)
{
	if (s)
		vec_release(&s->areas);
	free(s);
}

struct image *image_on_demand(struct target *t)
{
	struct image *im = image_new();
	struct image_source *s = calloc(1, sizeof(*s));

	if (!im || !s) {
		image_close(im);
		free(s);
		return NULL;
	}
	*s = (struct image_source){.im = im, .t = t};
	im->source = s;
	return im;
}
