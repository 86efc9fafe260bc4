/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which thread runs a garbage collection, or ends the interpreter. The interpreter only says that a
 * collection goes on, and of its end nothing until the atexit functions have run; the thread is the
 * one that has the code among the return addresses of its C stack, asleep or not.
 */
#include "stack/state.h"
#include "types/peek.h"

#define STACK_LOOK (8u << 20) /* at most so much of a stack is looked at */
#define CHUNK	   4096

/* Functions inside of which a collection runs; which of them is a function of its own depends on
 * the compiler. */
static const char *const collectors[] = {"gc_collect_main", "collect", "collect_with_callback",
					 "collect_generations"};
static const char *const finalizers[] = {"Py_FinalizeEx", "Py_Finalize", "_Py_Finalize"};

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

static void find(const struct python *py, const char *const *names, size_t n_names,
		 struct code_ranges *out)
{
	struct elf_symbol found[4];

	out->n = 0;
	for (size_t i = 0; py->module->file && i < n_names; i++) {
		size_t n = elf_file_symbols(py->module->file, names[i], found, ARRAY_SIZE(found));

		for (size_t k = 0; k < n && out->n < ARRAY_SIZE(out->start); k++) {
			out->start[out->n] = found[k].addr + py->module->bias;
			out->end[out->n++] = found[k].addr + py->module->bias + found[k].size;
		}
	}
}

void collector_find(const struct python *py, struct code_ranges *out)
{
	find(py, collectors, ARRAY_SIZE(collectors), out);
}

void finalizer_find(const struct python *py, struct code_ranges *out)
{
	find(py, finalizers, ARRAY_SIZE(finalizers), out);
}

static bool is_inside(const struct code_ranges *c, addr_t a)
{
	for (size_t i = 0; i < c->n; i++)
		if (a > c->start[i] && a < c->end[i])
			return true;
	return false;
}

/*
 * Where the outermost C frame ends. A thread's descriptor lies above its stack, which may share a mapping with others.
 * Above the first thread's stack lie its arguments and environment: the dynamic linker has noted where.
 */
static addr_t stack_end(const struct python *py, const struct mapping *m, const struct thread *th)
{
	addr_t at, end;
	uint64_t size;

	if (th->fs_base > th->sp && th->fs_base < m->end)
		return th->fs_base;
	if (target_find_symbol(py->t, "__libc_stack_end", &at, &size) &&
	    target_read_u64(py->t, at, &end) && end > th->sp && end < m->end)
		return end;
	return m->end;
}

bool thread_stack(const struct python *py, const struct thread *th, addr_t *from, addr_t *end)
{
	const struct mapping *m = th->has_regs ? target_mapping(py->t, th->sp) : NULL;

	if (!m)
		return false;
	*from = th->sp & ~(addr_t)7;
	*end = min_of(stack_end(py, m, th), *from + STACK_LOOK);
	return true;
}

bool code_on_stack(const struct python *py, const struct code_ranges *c, const struct thread *th,
		   uint64_t last)
{
	addr_t at, end;
	uint64_t words[CHUNK / 8];

	if (!c->n || !thread_stack(py, th, &at, &end))
		return false;
	if (is_inside(c, th->pc))
		return true;
	if (last && end - at > last)
		at = (end - last) & ~(addr_t)7;
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
