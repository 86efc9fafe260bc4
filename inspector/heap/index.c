/* SPDX-License-Identifier: Apache-2.0 */
/* From addresses to ids and back: bitmap and rank. */
#include "heap/walk.h"

bool heap_id(const struct heap *h, addr_t addr, uint32_t *id)
{
	const struct space_leaf *l = space_leaf(&h->space, addr);
	addr_t page = addr & ~(addr_t)(IMAGE_PAGE - 1);
	uint32_t n;

	if (!space_has_object(&h->space, addr))
		return false;
	n = l->rank[space_page(addr)];
	for (size_t i = space_word(page); i < space_word(addr); i++)
		n += (uint32_t)__builtin_popcountll(l->objects[i]);
	*id = n +
	      (uint32_t)__builtin_popcountll(l->objects[space_word(addr)] & (space_bit(addr) - 1));
	return true;
}

static const struct heap_page *page_of(const struct heap *h, uint32_t id)
{
	size_t lo = 0, hi = h->pages.n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (h->pages.at[mid].first <= id)
			lo = mid;
		else
			hi = mid;
	}
	return &h->pages.at[lo];
}

addr_t heap_address(const struct heap *h, uint32_t id)
{
	const struct heap_page *p;
	const uint64_t *words;
	uint32_t left;

	if (id >= h->facts.objects)
		return 0;
	p = page_of(h, id);
	words = &space_leaf(&h->space, p->page)->objects[space_word(p->page)];
	left = id - p->first;
	for (unsigned i = 0; i < SPACE_WORDS_PAGE; i++) {
		uint64_t bits = words[i];
		uint32_t here = (uint32_t)__builtin_popcountll(bits);

		if (left >= here) {
			left -= here;
			continue;
		}
		while (left--)
			bits &= bits - 1;
		return p->page + ((addr_t)i * 64 + (addr_t)__builtin_ctzll(bits)) * 8;
	}
	return 0;
}

static bool each_in_word(const struct heap *h, addr_t base, uint64_t bits,
			 bool (*fn)(void *, const struct object *), void *arg)
{
	for (; bits; bits &= bits - 1) {
		struct object o;

		if (object_load(h->tt, base + (addr_t)__builtin_ctzll(bits) * 8, &o) &&
		    !fn(arg, &o))
			return false;
	}
	return true;
}

void heap_each(const struct heap *h, bool (*fn)(void *arg, const struct object *o), void *arg)
{
	vec_foreach (r, &h->im->ranges)
		for (addr_t page = r->start; page < r->end; page += IMAGE_PAGE) {
			const uint64_t *words =
			    &space_leaf(&h->space, page)->objects[space_word(page)];

			for (unsigned i = 0; i < SPACE_WORDS_PAGE; i++)
				if (words[i] &&
				    !each_in_word(h, page + (addr_t)i * 512, words[i], fn, arg))
					return;
		}
}

static uint64_t cursor_word(const struct heap *h, const struct heap_cursor *c)
{
	addr_t page = h->pages.at[c->page].page;

	return space_leaf(&h->space, page)->objects[space_word(page) + c->word];
}

void heap_cursor_init(const struct heap *h, uint32_t id, struct heap_cursor *out)
{
	uint32_t left;

	*out = (struct heap_cursor){.page = h->pages.n, .id = id};
	if (id >= h->facts.objects)
		return;
	out->page = (size_t)(page_of(h, id) - h->pages.at);
	left = id - h->pages.at[out->page].first;
	for (;; out->word++) {
		uint32_t here;

		out->bits = cursor_word(h, out);
		here = (uint32_t)__builtin_popcountll(out->bits);
		if (left < here)
			break;
		left -= here;
	}
	while (left--)
		out->bits &= out->bits - 1;
}

/* To a word with objects. */
static bool cursor_settle(const struct heap *h, struct heap_cursor *c)
{
	while (!c->bits) {
		if (c->page >= h->pages.n)
			return false;
		if (++c->word == SPACE_WORDS_PAGE) {
			c->word = 0;
			if (++c->page >= h->pages.n)
				return false;
		}
		c->bits = cursor_word(h, c);
	}
	return true;
}

bool heap_cursor_next(const struct heap *h, struct heap_cursor *c, struct object *out, uint32_t *id)
{
	while (cursor_settle(h, c)) {
		addr_t addr = h->pages.at[c->page].page +
			      ((addr_t)c->word * 64 + (addr_t)__builtin_ctzll(c->bits)) * 8;

		c->bits &= c->bits - 1;
		*id = c->id++;
		if (object_load(h->tt, addr, out))
			return true;
	}
	return false;
}

uint32_t heap_id_from(const struct heap *h, addr_t addr)
{
	uint32_t lo = 0, hi = (uint32_t)h->facts.objects;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (heap_address(h, mid) < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
