/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What .eh_frame and .debug_frame say about an address, read by libdw. The answer for each address is
 * kept: a stack of a thousand equal frames asks for the same few again and again.
 */
#include <stdbool.h>
#include "base/map.h"
#include "base/vec.h"
#include "elf/dwarfpriv.h"
#include "elf/unwindpriv.h"

#define FRAMES_KEPT 200000

struct cfi_frame {
	Dwarf_Frame *rules; /* NULL: nothing is known of that address */
	int ra;		    /* the register that stands for the return address */
	bool signal;
};
struct cfi_info { /* of one file; owned by it */
	Elf *elf;
	Dwarf_CFI *eh;	  /* of .eh_frame */
	Dwarf_CFI *debug; /* of .debug_frame, which dwarf_info's Dwarf owns */
	bool debug_tried;
	struct map by_address; /* -> index in frames */
	struct { VEC(struct cfi_frame); } frames;
};

void cfi_info_close(struct cfi_info *c)
{
	if (!c)
		return;
	vec_foreach (f, &c->frames)
		free(f->rules);
	vec_release(&c->frames);
	map_release(&c->by_address);
	if (c->eh)
		dwarf_cfi_end(c->eh);
	elf_end(c->elf);
	free(c);
}

static struct cfi_info *cfi_info_get(struct elf_file *f)
{
	struct cfi_info *c = f->cfi;

	if (c)
		return c;
	c = f->cfi = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	elf_version(EV_CURRENT);
	c->elf = elf_begin(f->map.fd, ELF_C_READ_MMAP, NULL);
	if (c->elf)
		c->eh = dwarf_getcfi_elf(c->elf);
	return c;
}

/* Opened when .eh_frame says nothing: few files have one. */
static Dwarf_CFI *debug_frame(struct elf_file *f, struct cfi_info *c)
{
	struct dwarf_info *w;

	if (!c->debug_tried) {
		c->debug_tried = true;
		if (elf_file_section(f, ".debug_frame") ||
		    (f->debug && elf_file_section(f->debug, ".debug_frame"))) {
			w = dwarf_info_code(f);
			c->debug = w ? dwarf_getcfi(w->dwarf) : NULL;
		}
	}
	return c->debug;
}

static Dwarf_Frame *rules_at(Dwarf_CFI *cfi, addr_t vaddr)
{
	Dwarf_Frame *rules = NULL;

	return cfi && !dwarf_cfi_addrframe(cfi, vaddr, &rules) ? rules : NULL;
}

/* False: memory is out. */
static bool frame_at(struct elf_file *f, struct cfi_info *c, addr_t vaddr, struct cfi_frame *out)
{
	uint64_t known = map_get(&c->by_address, vaddr);

	if (known != MAP_NONE) {
		*out = c->frames.at[known];
		return true;
	}
	*out = (struct cfi_frame){.rules = rules_at(c->eh, vaddr)};
	if (!out->rules)
		out->rules = rules_at(debug_frame(f, c), vaddr);
	if (out->rules)
		out->ra = dwarf_frame_info(out->rules, NULL, NULL, &out->signal);
	if (c->frames.n < FRAMES_KEPT && vec_push(&c->frames, *out)) {
		if (map_put(&c->by_address, vaddr, c->frames.n - 1))
			return true;
		c->frames.n--;
	}
	free(out->rules);
	return false;
}

static enum unwind_end compute_cfa(struct cfi_context *c, Dwarf_Frame *rules)
{
	enum unwind_end e;
	Dwarf_Op *ops;
	size_t n;

	if (dwarf_frame_cfa(rules, &ops, &n) || !n)
		return UNWIND_DAMAGED;
	e = cfi_compute(c, ops, n, true, &c->cfa);
	c->has_cfa = e == UNWIND_STEPPED;
	return e;
}

/* A register of the caller's. UNWIND_NO_INFO: it cannot be known. */
static enum unwind_end caller_register(const struct cfi_context *c, Dwarf_Frame *rules, unsigned reg,
				       uint64_t *out)
{
	Dwarf_Op mem[3], *ops;
	size_t n;

	if (dwarf_frame_register(rules, (int)reg, mem, &ops, &n))
		return UNWIND_DAMAGED;
	if (n)
		return cfi_compute(c, ops, n, false, out);
	if (ops || !regs_get(c->regs, reg, out))
		return UNWIND_NO_INFO;
	return UNWIND_STEPPED;
}

static enum unwind_end step(const struct cfi_context *c, const struct cfi_frame *f,
			    struct unwind_regs *caller)
{
	const struct unwind_machine *m = caller->machine;
	enum unwind_end e;
	uint64_t v;

	/* the return address first: without it the rest is of no use */
	if (f->ra < 0 || f->ra >= m->n)
		return UNWIND_DAMAGED;
	e = caller_register(c, f->rules, (unsigned)f->ra, &v);
	if (e != UNWIND_STEPPED)
		return e == UNWIND_NO_INFO ? UNWIND_OUTERMOST : e;
	caller->known = 0;
	for (unsigned i = 0; i < m->n; i++) {
		uint64_t was;

		/* one that cannot be known may never be asked for */
		if (caller_register(c, f->rules, i, &was) == UNWIND_STEPPED)
			regs_set(caller, i, was);
	}
	if (!(caller->known >> m->sp & 1) || !f->signal)
		regs_set(caller, m->sp, c->cfa);
	caller->pc = code_address(m, v);
	caller->after_call = !f->signal;
	return UNWIND_STEPPED;
}

enum unwind_end unwind_by_cfi(struct elf_file *f, addr_t bias, const struct unwind_memory *mem,
			      struct unwind_regs *regs, bool *signal_frame)
{
	struct cfi_context c = {.regs = regs, .mem = mem, .bias = bias};
	struct cfi_info *info = cfi_info_get(f);
	struct unwind_regs caller = *regs;
	struct cfi_frame frame;
	enum unwind_end e;

	if (!info || !frame_at(f, info, regs->pc - regs->after_call - bias, &frame) || !frame.rules)
		return UNWIND_NO_INFO;
	e = compute_cfa(&c, frame.rules);
	if (e == UNWIND_STEPPED)
		e = step(&c, &frame, &caller);
	if (e != UNWIND_STEPPED)
		return e;
	*regs = caller;
	*signal_frame = frame.signal;
	return UNWIND_STEPPED;
}
