/* SPDX-License-Identifier: Apache-2.0 */
/* Words of C's memory that point to objects. */
#include "heap/rootscan.h"
#include "heap/walk.h"

/* Fields that hold nothing alive: free lists, caches that are dropped when they are in the way. */
static bool field_is_weak(const char *name)
{
	static const char *const words[] = {"interned",	   "freelist", "free_list",  "type_cache",
					    "cached_keys", "obmalloc", "slice_cache"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(name, words[i]))
			return true;
	return false;
}

static void skip_area(struct root_scan *s, addr_t start, uint64_t size)
{
	if (start && size && !vec_push(&s->skip, ((struct weak_area){start, start + size})))
		s->failed = true;
}

/* File-local ones: several have the same name. */
static void skip_symbol(struct root_scan *s, const char *name)
{
	const struct module *m = s->h->py->module;
	struct elf_symbol found[32];
	size_t n = m && m->file ? elf_file_symbols(m->file, name, found, ARRAY_SIZE(found)) : 0;

	for (size_t i = 0; i < n; i++)
		skip_area(s, m->bias + found[i].addr, max_of(found[i].size, 8));
}

static int by_start(const void *a, const void *b)
{
	const struct weak_area *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void find_weak_areas(struct root_scan *s)
{
	/* file-level tables of the versions that have them */
	static const char *const symbols[] = {"interned",	 "free_list",	"method_cache",
					      "free_tuple",	 "zombie_list", "freeblocks",
					      "unicode_freelist"};
	const struct layout *L = s->h->c->L;

	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		skip_symbol(s, symbols[i]);
	for (int f = 0; f < F_COUNT; f++) {
		if (!layout_has(L, f) || !field_is_weak(field_name(f)))
			continue;
		if (field_struct(f) == S_interp)
			vec_foreach (in, &s->h->py->interps)
				skip_area(s, in->addr + (addr_t)L->f[f].offset, L->f[f].size);
		if (field_struct(f) == S_runtime && s->h->py->runtime)
			skip_area(s, s->h->py->runtime + (addr_t)L->f[f].offset, L->f[f].size);
	}
	if (s->skip.n)
		qsort(s->skip.at, s->skip.n, sizeof(*s->skip.at), by_start);
}

static addr_t skipped_to(const struct root_scan *s, addr_t a)
{
	for (size_t i = 0; i < s->skip.n && s->skip.at[i].start <= a; i++)
		if (a < s->skip.at[i].end)
			return s->skip.at[i].end;
	return a;
}

static void scan_page(struct root_scan *s, const uint8_t *at, addr_t start, addr_t end,
		      struct root r)
{
	for (addr_t a = start; a + 8 <= end; a += 8) {
		addr_t to = load64(at + (a - start));

		if (!space_has_object(&s->h->space, to))
			continue;
		if (skipped_to(s, a) != a)
			continue;
		r.what = a;
		root_add(s, to, r);
	}
}

/* Every word of [start, end) that points to an object. */
static void scan_words(struct root_scan *s, addr_t start, addr_t end, struct root r)
{
	for (addr_t a = start; a < end && !s->failed;) {
		addr_t stop = min_of((a | (IMAGE_PAGE - 1)) + 1, end);
		const uint8_t *at = image_at(s->h->im, a, stop - a);

		if (at && !heap_interrupted(s->h))
			scan_page(s, at, a, stop, r);
		a = stop;
	}
}

static void scan_states(struct root_scan *s)
{
	const struct python *py = s->h->py;
	const struct layout *L = s->h->c->L;

	for (size_t i = 0; i < py->interps.n; i++)
		scan_words(s, py->interps.at[i].addr, py->interps.at[i].addr + L->size[S_interp],
			   (struct root){.kind = ROOT_INTERP, .who = (uint32_t)i});
	for (size_t i = 0; i < py->threads.n; i++)
		scan_words(s, py->threads.at[i].addr, py->threads.at[i].addr + L->size[S_tstate],
			   (struct root){.kind = ROOT_THREAD, .who = (uint32_t)i});
}

/* Types that no allocation made, None and its like. */
static void scan_statics(struct root_scan *s)
{
	const struct python *py = s->h->py;

	for (uint32_t i = 0; i < typetab_count(s->h->tt); i++) {
		const struct typeinfo *ti = typetab_at(s->h->tt, i);

		if (!ti->heap)
			root_add(s, ti->addr, (struct root){.kind = ROOT_STATIC, .what = ti->addr});
	}
	for (unsigned i = 0; i < K_COUNT; i++)
		root_add(s, py->known[i], (struct root){.kind = ROOT_STATIC, .what = py->known[i]});
}

/* Objects that lie in place inside of the runtime. */
static void scan_static_areas(struct root_scan *s)
{
	const struct heap *h = s->h;

	vec_foreach (area, &h->py->static_areas) {
		if (strstr(area->what, "block"))
			continue; /* 2.7's ints and floats come and go */
		for (addr_t a = round_up(area->start, 8); a + 16 <= area->end; a += 8)
			root_add(s, a, (struct root){.kind = ROOT_STATIC, .what = a});
	}
}

/* Where the module's .bss ends: an anonymous mapping behind it may be somebody else's. */
static addr_t bss_end(const struct target *t, int module)
{
	const struct module *m = &t->modules.at[module];
	const struct elf_segment *seg;
	size_t n = 0;
	addr_t end = 0;

	seg = m->file ? elf_file_segments(m->file, &n) : NULL;
	for (size_t i = 0; i < n; i++)
		end = max_of(end, m->bias + seg[i].vaddr + seg[i].memsz);
	return end;
}

static void scan_globals(struct root_scan *s)
{
	const struct target *t = s->h->py->t;
	addr_t module_end = 0, bss = 0;

	vec_foreach (m, &t->mappings) {
		bool tail = m->module < 0 && !*m->path && m->start == module_end && m->start < bss;

		if (m->module < 0 && !tail)
			continue;
		module_end = m->end;
		if (m->module >= 0)
			bss = bss_end(t, m->module);
		if (m->prot & MAP_WRITE)
			scan_words(s, m->start, tail ? min_of(m->end, bss) : m->end,
				   (struct root){.kind = ROOT_GLOBAL});
	}
}

static void scan_threads(struct root_scan *s)
{
	const struct target *t = s->h->py->t;

	for (size_t i = 0; i < t->threads.n; i++) {
		const struct thread *th = &t->threads.at[i];
		const struct mapping *m = th->has_regs ? target_mapping(t, th->sp) : NULL;
		struct root r = {.kind = ROOT_NATIVE, .who = (uint32_t)i};

		for (size_t k = 0; th->has_regs && k + 8 <= th->regs_size; k += 8) {
			r.what = k;
			root_add(s, load64(th->regs + k), r);
		}
		if (m)
			scan_words(s, th->sp & ~(addr_t)7, m->end, r);
	}
}

void roots_scan(struct root_scan *s)
{
	find_weak_areas(s);
	scan_states(s);
	scan_statics(s);
	scan_static_areas(s);
	scan_globals(s);
	scan_threads(s);
	vec_release(&s->skip);
}
