/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The target's memory in ours: a two-level table from the target's 4 KiB pages to where their bytes lie.
 * For one page the table holds (our address - the target's address), so bytes that are contiguous in both
 * need one lookup and a comparison. Read-only after it was filled, so any number of threads may look.
 */
#ifndef TARGET_IMAGE_H
#define TARGET_IMAGE_H

#include "base/base.h"
#include "base/vec.h"

#define IMAGE_PAGE_SHIFT 12
#define IMAGE_PAGE       (1u << IMAGE_PAGE_SHIFT)
#define IMAGE_LEAF_SHIFT 30 /* a leaf covers 1 GiB */
#define IMAGE_TOP        (1u << (48 - IMAGE_LEAF_SHIFT))
#define IMAGE_LEAF_PAGES (1u << (IMAGE_LEAF_SHIFT - IMAGE_PAGE_SHIFT))

struct image_leaf {
	intptr_t delta[IMAGE_LEAF_PAGES]; /* 0 = the page is not here */
};
struct image_range { /* address order, disjoint, every page of it is here */
	addr_t start, end;
	bool writable;
};
struct image {
	struct image_leaf **top; /* IMAGE_TOP entries */
	struct { VEC(struct image_range); } ranges;
	struct { VEC(struct image_block { void *at; size_t len; }); } owned; /* munmap'ed by image_close */
	struct image_source *source; /* demand.h: where pages come from that are not here; NULL = from nowhere */
};

struct image *image_new(void);
void image_close(struct image *im);
/**
 * Adds whole pages: [start, start + len) of the target lie at `bytes` (borrowed, must outlive the image;
 * any alignment). start and len are multiples of IMAGE_PAGE. Pages that are there already stay.
 */
bool image_add(struct image *im, addr_t start, const void *bytes, size_t len, bool writable) must_check;
/** The same, without a range of it. */
bool image_put(struct image *im, addr_t start, const void *bytes, size_t len) must_check;
/* demand.h: brings the pages of [a, a + len), contiguous; NULL if they are not all there. */
const uint8_t *image_fetch(struct image_source *s, addr_t a, size_t len);
void image_source_free(struct image_source *s);
/** Copies len bytes, which may lie in several runs of pages. False if any of them is not there. */
bool image_read(const struct image *im, addr_t a, void *out, size_t len) must_check;
/** Sorts and merges ranges. Call once after the last image_add. */
void image_finish(struct image *im);

static inline intptr_t image_delta(const struct image *im, addr_t a)
{
	const struct image_leaf *leaf;

	if (unlikely(a >> 48))
		return 0;
	leaf = im->top[a >> IMAGE_LEAF_SHIFT];
	return leaf ? leaf->delta[(a >> IMAGE_PAGE_SHIFT) & (IMAGE_LEAF_PAGES - 1)] : 0;
}

/** len bytes at addr, contiguous, or NULL if they are not all there. len 0 counts as 1. */
static inline const uint8_t *image_at(const struct image *im, addr_t a, size_t len)
{
	intptr_t d = image_delta(im, a);
	addr_t last = a + len - (len > 0);

	if (unlikely(!d || last < a))
		return im->source ? image_fetch(im->source, a, len) : NULL;
	for (addr_t p = (a | (IMAGE_PAGE - 1)) + 1; unlikely(p <= last); p += IMAGE_PAGE)
		if (image_delta(im, p) != d)
			return im->source ? image_fetch(im->source, a, len) : NULL;
	return (const uint8_t *)((intptr_t)a + d);
}

#endif
