/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>
#include "heap/space.h"

static struct space_leaf *leaf_new(void)
{
	void *p = mmap(NULL, sizeof(struct space_leaf), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* huge pages would make memory of addresses that hold nothing */
	(void)madvise(p, sizeof(struct space_leaf), MADV_NOHUGEPAGE);
	return p;
}

bool space_init(struct space *s, const struct image *im)
{
	s->top = calloc(IMAGE_TOP, sizeof(*s->top));
	if (!s->top)
		return false;
	vec_foreach (r, &im->ranges)
		for (addr_t g = r->start >> IMAGE_LEAF_SHIFT; g <= (r->end - 1) >> IMAGE_LEAF_SHIFT;
		     g++) {
			if (!s->top[g])
				s->top[g] = leaf_new();
			if (!s->top[g])
				return false;
		}
	return true;
}

void space_release(struct space *s)
{
	if (!s->top)
		return;
	for (size_t i = 0; i < IMAGE_TOP; i++)
		if (s->top[i])
			munmap(s->top[i], sizeof(struct space_leaf));
	free(s->top);
	s->top = NULL;
}
