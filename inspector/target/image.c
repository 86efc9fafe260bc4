/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>
#include "target/image.h"

struct image *image_new(void)
{
	struct image *im = calloc(1, sizeof(*im));

	if (im)
		im->top = calloc(IMAGE_TOP, sizeof(*im->top));
	if (im && !im->top) {
		free(im);
		return NULL;
	}
	return im;
}

void image_close(struct image *im)
{
	if (!im)
		return;
	for (size_t i = 0; i < IMAGE_TOP; i++)
		free(im->top[i]);
	vec_foreach (b, &im->owned)
		munmap(b->at, b->len);
	vec_release(&im->owned);
	vec_release(&im->ranges);
	free(im->top);
	image_source_free(im->source);
	free(im);
}

static struct image_leaf *image_leaf_for(struct image *im, addr_t a)
{
	struct image_leaf **leaf = &im->top[a >> IMAGE_LEAF_SHIFT];

	/* 2 MiB of zero pages each, so only the part that is used costs memory */
	if (!*leaf)
		*leaf = calloc(1, sizeof(**leaf));
	return *leaf;
}

bool image_put(struct image *im, addr_t start, const void *bytes, size_t len)
{
	intptr_t delta = (intptr_t)bytes - (intptr_t)start;

	for (addr_t a = start; a < start + len; a += IMAGE_PAGE) {
		struct image_leaf *leaf = image_leaf_for(im, a);
		intptr_t *slot;

		if (!leaf)
			return false;
		slot = &leaf->delta[(a >> IMAGE_PAGE_SHIFT) & (IMAGE_LEAF_PAGES - 1)];
		if (!*slot)
			*slot = delta;
	}
	return true;
}

bool image_add(struct image *im, addr_t start, const void *bytes, size_t len, bool writable)
{
	if (start >> 48 || (start + len) >> 48)
		return true; /* not user space */
	return vec_push(&im->ranges, ((struct image_range){start, start + len, writable})) &&
	       image_put(im, start, bytes, len);
}

bool image_read(const struct image *im, addr_t a, void *out, size_t len)
{
	uint8_t *to = out;

	while (len) {
		size_t n = min_of(len, IMAGE_PAGE - (a & (IMAGE_PAGE - 1)));
		const uint8_t *from = image_at(im, a, n);

		if (!from)
			return false;
		memcpy(to, from, n);
		a += n;
		to += n;
		len -= n;
	}
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct image_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void image_finish(struct image *im)
{
	struct image_range *r = im->ranges.at;
	size_t out = 0;

	if (!im->ranges.n)
		return;
	qsort(r, im->ranges.n, sizeof(*r), by_start);
	for (size_t i = 1; i < im->ranges.n; i++) {
		if (r[i].start <= r[out].end && r[i].writable == r[out].writable)
			r[out].end = max_of(r[out].end, r[i].end);
		else if (r[i].end > r[out].end) {
			r[out + 1] = r[i];
			r[out + 1].start = max_of(r[i].start, r[out].end);
			out++;
		}
	}
	im->ranges.n = out + 1;
}
