/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bits for addresses: where objects start, which raw memory is claimed, what kind a page is.
 *
 * One bit for every 8 bytes (objects of 2.7's int blocks and of _PyRuntime are only 8-aligned). A
 * leaf covers 1 GiB of the target's addresses; its arrays are reserved whole and cost memory only
 * where they are written. Setting bits is atomic, so several threads may; making a leaf is not:
 * space_cover() does it before.
 */
#ifndef HEAP_SPACE_H
#define HEAP_SPACE_H

#include "base/base.h"
#include "target/image.h"

#define SPACE_BITS_PAGE	 (IMAGE_PAGE / 8)	/* 512 bits a page */
#define SPACE_WORDS_PAGE (SPACE_BITS_PAGE / 64) /* 8 words a page */

enum page_kind { PAGE_OTHER, PAGE_POOL };

struct space_leaf {
	uint64_t objects[(size_t)IMAGE_LEAF_PAGES * SPACE_WORDS_PAGE];
	uint64_t claimed[(size_t)IMAGE_LEAF_PAGES * SPACE_WORDS_PAGE];
	uint64_t listed[(size_t)IMAGE_LEAF_PAGES * SPACE_WORDS_PAGE]; /* on a GC list */
	uint32_t rank[IMAGE_LEAF_PAGES];			      /* objects before this page */
	uint8_t kind[IMAGE_LEAF_PAGES];
};
struct space {
	struct space_leaf **top; /* IMAGE_TOP entries */
};

/** Makes leaves for every range of the image. False when memory is out. */
bool space_init(struct space *s, const struct image *im) must_check;
void space_release(struct space *s);

static inline struct space_leaf *space_leaf(const struct space *s, addr_t a)
{
	return unlikely(a >> 48) ? NULL : s->top[a >> IMAGE_LEAF_SHIFT];
}
static inline size_t space_page(addr_t a)
{
	return (a >> IMAGE_PAGE_SHIFT) & (IMAGE_LEAF_PAGES - 1);
}
static inline size_t space_word(addr_t a)
{
	return (a & ((1u << IMAGE_LEAF_SHIFT) - 1)) >> 9;
}
static inline uint64_t space_bit(addr_t a)
{
	return 1ull << (a >> 3 & 63);
}
static inline bool space_is_pool(const struct space *s, addr_t a)
{
	const struct space_leaf *l = space_leaf(s, a);

	return l && l->kind[space_page(a)] == PAGE_POOL;
}
static inline bool space_has_object(const struct space *s, addr_t a)
{
	const struct space_leaf *l = space_leaf(s, a);

	return l && !(a & 7) && l->objects[space_word(a)] & space_bit(a);
}
/** @return true if it was not set before. The leaf must be there. */
static inline bool space_set_object(const struct space *s, addr_t a)
{
	uint64_t *w = &space_leaf(s, a)->objects[space_word(a)];

	return !(__atomic_fetch_or(w, space_bit(a), __ATOMIC_RELAXED) & space_bit(a));
}
static inline void space_clear_object(const struct space *s, addr_t a)
{
	__atomic_fetch_and(&space_leaf(s, a)->objects[space_word(a)], ~space_bit(a),
			   __ATOMIC_RELAXED);
}
static inline void space_claim(const struct space *s, addr_t a)
{
	struct space_leaf *l = space_leaf(s, a);

	if (l && !(a & 7))
		__atomic_fetch_or(&l->claimed[space_word(a)], space_bit(a), __ATOMIC_RELAXED);
}
static inline bool space_is_listed(const struct space *s, addr_t a)
{
	const struct space_leaf *l = space_leaf(s, a);

	return l && l->listed[space_word(a)] & space_bit(a);
}
/* One thread walks the GC lists, so this needs no atomics. */
static inline void space_set_listed(const struct space *s, addr_t a)
{
	struct space_leaf *l = space_leaf(s, a);

	if (l && !(a & 7))
		l->listed[space_word(a)] |= space_bit(a);
}

#endif
