/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which thread runs a garbage collection. The interpreter only says that one runs; the thread is
 * the one that has the collector's code among the return addresses of its C stack, asleep or not.
 */
#include "stack/state.h"
#include "types/peek.h"

#define STACK_LOOK (8u << 20) /* at most so much of a stack is looked at */
#define CHUNK	   4096

/* Functions inside of which a collection runs; which of them is a function of its own depends on
 * the compiler. */
static const char *const functions[] = {"gc_collect_main", "collect", "collect_with_callback",
					"collect_generations"};

bool collection_runs(const struct python *py, addr_t interp)
{
	int64_t v = 0;
	uint32_t word;

	vec_foreach (in, &py->interps)
		if (in->addr == interp && in->gc)
			v = peek_int(py, in->gc, F_gcruntime_collecting, 0);
	if (!v && py->known[K_gc_collecting] &&
	    target_read_u32(py->t, py->known[K_gc_collecting], &word))
		v = word;
	return v == 1;
}

void collector_find(const struct python *py, struct collector_code *out)
{
	struct elf_symbol found[4];

	out->n = 0;
	for (size_t i = 0; py->module->file && i < ARRAY_SIZE(functions); i++) {
		size_t n =
		    elf_file_symbols(py->module->file, functions[i], found, ARRAY_SIZE(found));

		for (size_t k = 0; k < n && out->n < ARRAY_SIZE(out->start); k++) {
			out->start[out->n] = found[k].addr + py->module->bias;
			out->end[out->n++] = found[k].addr + py->module->bias + found[k].size;
		}
	}
}

static bool is_inside(const struct collector_code *c, addr_t a)
{
	for (size_t i = 0; i < c->n; i++)
		if (a > c->start[i] && a < c->end[i])
			return true;
	return false;
}

bool collector_on_stack(const struct python *py, const struct collector_code *c,
			const struct thread *th)
{
	const struct mapping *m = th->has_regs ? target_mapping(py->t, th->sp) : NULL;
	addr_t at = th->sp & ~(addr_t)7, end;
	uint64_t words[CHUNK / 8];

	if (!m || !c->n)
		return false;
	end = min_of(m->end, at + STACK_LOOK);
	/* a thread's descriptor lies above its stack, which may share a mapping with others */
	if (th->fs_base > at && th->fs_base < end)
		end = th->fs_base;
	if (is_inside(c, th->pc))
		return true;
	while (at < end) {
		size_t n = min_of(end - at, sizeof(words));

		if (!target_read(py->t, at, words, n))
			return false;
		for (size_t i = 0; i < n / 8; i++)
			if (is_inside(c, words[i]))
				return true;
		at += n;
	}
	return false;
}
