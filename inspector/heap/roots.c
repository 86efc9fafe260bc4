/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What neither pools nor GC lists nor references give: static types, objects inside of
 * _PyRuntime, 2.7's blocks of ints and floats, and whatever the C side alone holds: globals,
 * interpreters, thread states, frames, native stacks. The latter are scanned word by word; a word
 * counts if a live object starts where it points.
 */
#include <elf.h>
#include "heap/walk.h"

static void scan_words(struct walker *w, addr_t start, addr_t end)
{
	const struct heap *h = w->h;

	for (addr_t page = start & ~(addr_t)(IMAGE_PAGE - 1); page < end; page += IMAGE_PAGE) {
		const uint8_t *at = image_at(h->im, page, IMAGE_PAGE);

		if (!at || heap_interrupted(h))
			continue;
		for (uint32_t off = page < start ? (uint32_t)(start - page) : 0;
		     off < IMAGE_PAGE && page + off < end; off += 8)
			visit(&w->visitor, load64(at + off), EDGE_UNSURE, 0);
	}
}

/* Objects that lie in place, at a fixed stride or packed: every 8 bytes could start one. */
static void scan_in_place(struct walker *w, addr_t start, addr_t end)
{
	for (addr_t a = round_up(start, 8); a + 16 <= end; a += 8) {
		struct object o;

		if (!space_has_object(&w->h->space, a) && walker_probe(w, a, &o))
			walker_offer(w, a, true);
	}
}

static void walk_types(struct walker *w)
{
	for (uint32_t i = 0; i < typetab_count(w->h->tt); i++)
		walker_offer(w, typetab_at(w->h->tt, i)->addr, false);
	walker_drain(w);
}

void walk_statics(struct walker *w)
{
	const struct python *py = w->h->py;

	w->way = BY_STATIC;
	for (unsigned i = 0; i < K_COUNT; i++)
		if (py->known[i])
			walker_offer(w, py->known[i], false);
	vec_foreach (area, &py->static_areas)
		scan_in_place(w, area->start, area->end);
	walker_drain(w);
	/* draining finds further types */
	for (uint32_t n = 0; n != typetab_count(w->h->tt) && !w->failed;) {
		n = typetab_count(w->h->tt);
		walk_types(w);
	}
}

/*
 * Writable memory of the modules: .data and .bss, as far as the file says that they reach (memory
 * of others can follow at once). Of a file that is not at hand, what is mapped from it.
 */
static void scan_globals(struct walker *w)
{
	const struct target *t = w->h->py->t;
	size_t n;

	vec_foreach (mod, &t->modules) {
		const struct elf_segment *s = mod->file ? elf_file_segments(mod->file, &n) : NULL;

		for (size_t i = 0; s && i < n; i++)
			if (s[i].flags & PF_W)
				scan_words(w, mod->bias + s[i].vaddr,
					   mod->bias + s[i].vaddr + s[i].memsz);
	}
	vec_foreach (m, &t->mappings)
		if (m->module >= 0 && !t->modules.at[m->module].file && m->prot & MAP_WRITE)
			scan_words(w, m->start, m->end);
}

static void scan_thread(struct walker *w, const struct thread *th)
{
	const struct mapping *m = th->has_regs ? target_mapping(w->h->py->t, th->sp) : NULL;

	for (size_t i = 0; th->has_regs && i + 8 <= th->regs_size; i += 8)
		visit(&w->visitor, load64(th->regs + i), EDGE_UNSURE, 0);
	if (m)
		scan_words(w, th->sp & ~(addr_t)7, m->end);
}

/* 3.11+: locals of running frames are in chunks of their own, which nothing else refers to. */
static void scan_data_stack(struct walker *w, addr_t tstate)
{
	const struct layout *L = w->h->c->L;
	const uint8_t *ts = image_at(w->h->im, tstate, L->size[S_tstate]), *chunk;
	addr_t at;

	if (!ts)
		return;
	scan_words(w, tstate, tstate + L->size[S_tstate]);
	if (!layout_has(L, F_tstate_datastack_chunk) || !layout_has(L, F_stack_chunk_previous))
		return;
	at = field_u64(L, ts, F_tstate_datastack_chunk);
	for (unsigned n = 0; at && n < 100000; n++) {
		chunk = image_at(w->h->im, at, L->size[S_stack_chunk]);
		if (!chunk)
			return;
		scan_words(w, at, at + min_of(field_u64(L, chunk, F_stack_chunk_size), 1u << 30));
		at = field_u64(L, chunk, F_stack_chunk_previous);
	}
}

void walk_roots(struct walker *w)
{
	const struct python *py = w->h->py;
	const struct target *t = py->t;

	w->way = BY_REFERENCE;
	scan_globals(w);
	vec_foreach (in, &py->interps)
		scan_words(w, in->addr, in->addr + py->L.size[S_interp]);
	vec_foreach (ts, &py->threads)
		scan_data_stack(w, ts->addr);
	vec_foreach (th, &t->threads)
		scan_thread(w, th);
	walker_drain(w);
}
