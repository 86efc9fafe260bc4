/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target_read(): the image, else the backend through a page cache, else the mapped file. A file
 * stands in only for bytes that cannot differ from it: pages that a core left out on purpose, and
 * segments that nobody writes.
 */
#include <elf.h>
#include "base/map.h"
#include "target/internal.h"

#define BULK (64u << 10) /* longer reads do not go through the cache */

void target_forget_pages(struct target *t)
{
	for (size_t i = 0; i < CACHE_PAGES; i++)
		t->own->cache[i].n = 0;
}

/* Is the page one of a segment that is never written (relocation writes only PF_W segments)? */
static bool is_constant(const struct module *mod, addr_t addr)
{
	size_t n;
	const struct elf_segment *s = elf_file_segments(mod->file, &n);
	addr_t vaddr = addr - mod->bias;
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		addr_t lo = s[i].vaddr & ~(addr_t)(IMAGE_PAGE - 1);

		if (vaddr < lo || vaddr - lo >= round_up(s[i].filesz + s[i].vaddr - lo, IMAGE_PAGE))
			continue;
		if (s[i].flags & PF_W)
			return false;
		found = true;
	}
	return found;
}

static size_t read_file(struct target *t, addr_t addr, uint8_t *out, size_t len)
{
	const struct mapping *m = target_mapping(t, addr);
	const struct module *mod = m ? target_module(t, addr) : NULL;
	const void *bytes;
	uint64_t offset;

	if (!mod || !mod->file || mod->no_bytes || !mapping_is_file(m) ||
	    m->offset > UINT64_MAX / 2)
		return 0;
	offset = m->offset + (addr - m->start);
	len = min_of(len, m->end - addr);
	if (!(t->ops->left_out && t->ops->left_out(t, addr)) &&
	    ((m->prot & MAP_WRITE) || !is_constant(mod, addr)))
		return 0;
	/* the last page may be asked for past the end of the file */
	while (!(bytes = elf_file_bytes(mod->file, offset, len)) && len > 1)
		len /= 2;
	if (!bytes)
		return 0;
	memcpy(out, bytes, len);
	return len;
}

static const struct cache_page *cache_get(struct target *t, addr_t page)
{
	struct cache_page *c = &t->own->cache[map_hash(page >> IMAGE_PAGE_SHIFT) % CACHE_PAGES];

	if (c->n && c->page == page)
		return c;
	if (!c->at)
		c->at = malloc(IMAGE_PAGE);
	if (!c->at)
		return NULL;
	c->page = page;
	c->n = target_read_raw(t, page, c->at, IMAGE_PAGE);
	return c;
}

/* At most to the end of the page. */
static size_t read_cached(struct target *t, addr_t addr, uint8_t *out, size_t len)
{
	size_t at = addr & (IMAGE_PAGE - 1);
	const struct cache_page *c = cache_get(t, addr - at);

	if (!c || at >= c->n)
		return 0;
	len = min_of(len, c->n - at);
	memcpy(out, c->at + at, len);
	return len;
}

/* One step: at least a byte, at most len. 0: it is nowhere. */
static size_t read_some(struct target *t, addr_t addr, uint8_t *out, size_t len)
{
	size_t in_page = min_of(len, IMAGE_PAGE - (addr & (IMAGE_PAGE - 1)));
	size_t n = 0;

	if (t->image && image_read(t->image, addr, out, in_page))
		return in_page;
	/* with an image, a long read may not take from the backend what the image has */
	if (len >= BULK && !t->image)
		n = target_read_raw(t, addr, out, len);
	if (!n)
		n = read_cached(t, addr, out, in_page);
	if (!n)
		n = read_file(t, addr, out, in_page);
	if (!n)
		n = initial_read(t, addr, out, in_page);
	return n;
}

bool target_read(struct target *t, addr_t addr, void *out, size_t len)
{
	uint8_t *to = out;

	if (addr + len < addr)
		return false;
	while (len) {
		size_t n = read_some(t, addr, to, len);

		if (!n)
			return false;
		addr += n;
		to += n;
		len -= n;
	}
	return true;
}

bool target_read_words(struct target *t, const addr_t *at, size_t n, uint64_t *out)
{
	if (!t->image && t->ops->read_words && t->ops->read_words(t, at, n, out))
		return true;
	target_forget_pages(t);
	for (size_t i = 0; i < n; i++)
		if (!target_read_u64(t, at[i], &out[i]))
			return false;
	return true;
}

bool target_read_u64(struct target *t, addr_t addr, uint64_t *out)
{
	uint64_t v;

	if (!target_read(t, addr, &v, sizeof(v)))
		return false;
	*out = v;
	return true;
}

bool target_read_u32(struct target *t, addr_t addr, uint32_t *out)
{
	uint32_t v;

	if (!target_read(t, addr, &v, sizeof(v)))
		return false;
	*out = v;
	return true;
}

bool target_read_string(struct target *t, addr_t addr, char *out, size_t size)
{
	size_t have = 0;

	if (!size)
		return false;
	while (have < size - 1) {
		size_t in_page = IMAGE_PAGE - ((addr + have) & (IMAGE_PAGE - 1));
		size_t n = read_some(t, addr + have, (uint8_t *)out + have,
				     min_of(in_page, size - 1 - have));
		char *end = memchr(out + have, 0, n);

		if (end)
			return true;
		if (!n)
			break;
		have += n;
	}
	out[have] = 0;
	return have > 0 || size == 1;
}
