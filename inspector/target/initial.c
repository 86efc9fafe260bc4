/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A core that was cut off lacks modules' data. What is in it at the start of the program follows
 * from the file: static objects, types above all, are there but for what running has changed in
 * them. It stands in page by page where the core has nothing, and target_initial() tells: lists,
 * counters and pointers of such pages say nothing about the process. Never for a core that is
 * whole, and never .bss, which starts as zeros: a list that seems empty is worse than one that is
 * missing.
 */
#include <elf.h>
#include "elf/elfreloc.h"
#include "target/internal.h"

#define DATA_MAX (1u << 30) /* of a module */

struct resolving {
	struct target *t;
	const struct module *of;
};

static bool global_symbol(struct module *m, const char *name, addr_t *out)
{
	struct elf_symbol s;

	if (!m->file || !elf_file_symbol(m->file, name, &s) || s.tls || s.bind == STB_LOCAL)
		return false;
	*out = m->bias + s.addr;
	return true;
}

/* As the dynamic linker looks it up: the program first, then the file's own, then the others. */
static addr_t resolve(void *arg, const char *name, bool defined)
{
	const struct resolving *r = arg;
	addr_t at = 0;

	vec_foreach (m, &r->t->modules)
		if (m->exe && m != r->of && global_symbol(m, name, &at))
			return at;
	vec_foreach (m, &r->t->modules)
		if (!defined && !m->exe && m != r->of && global_symbol(m, name, &at))
			return at;
	return 0;
}

/* Marks the pages that are mapped and that the core does not have. @return how many. */
static size_t find_lost(struct target *t, struct initial_block *b)
{
	uint8_t page[IMAGE_PAGE];
	size_t n = 0;

	for (addr_t a = b->start; a < b->end; a += IMAGE_PAGE) {
		const struct mapping *m = target_mapping(t, a);
		bool lost =
		    m && m->module >= 0 && target_read_raw(t, a, page, sizeof(page)) < sizeof(page);

		b->lost[(a - b->start) / IMAGE_PAGE] = lost;
		n += lost;
	}
	return n;
}

static void block_free(struct initial_block *b)
{
	free(b->at);
	free(b->lost);
}

/* One writable segment, if anything of it is lost. False: no memory. */
static bool add_segment(struct target *t, struct module *m, const struct elf_segment *s,
			uint64_t *lost)
{
	addr_t head = s->vaddr & (IMAGE_PAGE - 1);
	struct initial_block b = {.start = s->vaddr - head + m->bias};
	struct resolving r = {t, m};
	const void *before =
	    head <= s->offset ? elf_file_bytes(m->file, s->offset - head, head) : NULL;
	size_t n;

	b.end = b.start + round_up(head + s->filesz, IMAGE_PAGE);
	if (!before || b.end <= b.start || b.end >> 48)
		return true;
	b.lost = calloc((b.end - b.start) / IMAGE_PAGE, 1);
	n = b.lost ? find_lost(t, &b) : 0;
	if (b.lost && !n) {
		free(b.lost);
		return true;
	}
	b.at = calloc(1, b.end - b.start);
	if (!b.at || !b.lost || !vec_reserve(&t->own->initial, 1)) {
		block_free(&b);
		return false;
	}
	memcpy(b.at, before, head);
	if (!elf_file_relocated(m->file, s, m->bias, resolve, &r, b.at + head)) {
		block_free(&b);
		return true;
	}
	t->own->initial.at[t->own->initial.n++] = b;
	*lost += n * IMAGE_PAGE;
	return true;
}

/* False: no memory. */
static bool add_module(struct target *t, struct module *m, uint64_t *lost)
{
	uint64_t left = DATA_MAX; /* so that segments which share bytes of the file do not add up */
	const struct elf_segment *s;
	size_t n;

	if (!m->file || m->no_bytes)
		return true;
	s = elf_file_segments(m->file, &n);
	for (size_t i = 0; i < n; i++) {
		if (!(s[i].flags & PF_W) || s[i].filesz > left ||
		    !elf_file_bytes(m->file, s[i].offset, s[i].filesz))
			continue;
		left -= s[i].filesz;
		if (!add_segment(t, m, &s[i], lost))
			return false;
	}
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct initial_block *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Blocks that overlap: the first keeps its place, so that an address has one answer. */
static void put_in_order(struct target *t)
{
	size_t out = 0;
	addr_t end = 0;

	if (t->own->initial.n)
		qsort(t->own->initial.at, t->own->initial.n, sizeof(*t->own->initial.at), by_start);
	for (size_t i = 0; i < t->own->initial.n; i++) {
		struct initial_block b = t->own->initial.at[i];

		if (b.start < end) {
			block_free(&b);
			continue;
		}
		end = b.end;
		t->own->initial.at[out++] = b;
	}
	t->own->initial.n = out;
}

bool initial_load(struct target *t)
{
	uint64_t lost = 0;
	bool ok = true;

	if (t->missing_bytes)
		vec_foreach (m, &t->modules)
			ok = ok && add_module(t, m, &lost);
	put_in_order(t);
	if (lost)
		notes_add(t->notes, NOTE_PARTIAL,
			  "%llu bytes of the data of programs and libraries were cut off: what is "
			  "taken from their files "
			  "is as the program started",
			  (unsigned long long)lost);
	return ok;
}

void initial_release(struct target *t)
{
	vec_foreach (b, &t->own->initial)
		block_free(b);
	vec_release(&t->own->initial);
}

/* The block of a lost page, or NULL. */
static const struct initial_block *block_at(const struct target *t, addr_t addr)
{
	size_t lo = 0, hi = t->own->initial.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct initial_block *b = &t->own->initial.at[mid];

		if (addr < b->start)
			hi = mid;
		else if (addr >= b->end)
			lo = mid + 1;
		else
			return b->lost[(addr - b->start) / IMAGE_PAGE] ? b : NULL;
	}
	return NULL;
}

bool target_initial(const struct target *t, addr_t addr)
{
	return block_at(t, addr);
}

size_t initial_read(const struct target *t, addr_t addr, void *out, size_t len)
{
	const struct initial_block *b = block_at(t, addr);

	if (!b)
		return 0;
	len = min_of(len, IMAGE_PAGE - (addr & (IMAGE_PAGE - 1)));
	memcpy(out, b->at + (addr - b->start), len);
	return len;
}

bool image_add_initial(struct image *im, const struct target *t)
{
	vec_foreach (b, &t->own->initial)
		for (addr_t a = b->start; a < b->end; a += IMAGE_PAGE)
			if (b->lost[(a - b->start) / IMAGE_PAGE] &&
			    !image_add(im, a, b->at + (a - b->start), IMAGE_PAGE, true))
				return false;
	return true;
}
