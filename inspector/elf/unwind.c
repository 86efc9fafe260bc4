/* SPDX-License-Identifier: Apache-2.0 */
/* Registers from frame to frame. */
#include <elf.h>
#include "elf/unwindpriv.h"

#define WORD 8

static const struct unwind_machine machines[] = {
#define UNWIND_MACHINE(machine, n, pc, sp, fp, link, bits, ...)                                    \
	{machine, n, pc, sp, fp, link, bits, {__VA_ARGS__}},
#include "elf/unwindregs.def"
#undef UNWIND_MACHINE
};

bool unwind_begin(struct unwind_regs *r, uint16_t machine, const uint8_t *regs, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct unwind_machine *m = &machines[i];

		if (m->machine != machine || n < (m->pc + 1u) * WORD)
			continue;
		*r = (struct unwind_regs){.machine = m, .pc = load64(regs + m->pc * WORD)};
		for (unsigned k = 0; k < m->n; k++)
			if (m->word[k] >= 0 && n >= (m->word[k] + 1u) * WORD)
				regs_set(r, k, load64(regs + m->word[k] * WORD));
		return true;
	}
	return false;
}

addr_t unwind_sp(const struct unwind_regs *r)
{
	return r->at[r->machine->sp];
}

void regs_set(struct unwind_regs *r, unsigned reg, uint64_t value)
{
	r->at[reg] = value;
	r->known |= 1ull << reg;
}

bool regs_get(const struct unwind_regs *r, uint64_t reg, uint64_t *out)
{
	if (reg >= r->machine->n || !(r->known >> reg & 1))
		return false;
	*out = r->at[reg];
	return true;
}

addr_t code_address(const struct unwind_machine *m, addr_t a)
{
	return m->address_bits < 64 ? a & ((1ull << m->address_bits) - 1) : a;
}

static bool read_word(const struct unwind_memory *mem, addr_t at, uint64_t *out)
{
	return mem->read(mem->arg, at, out, WORD);
}

enum unwind_end unwind_by_frame_pointer(const struct unwind_memory *mem, struct unwind_regs *r)
{
	const struct unwind_machine *m = r->machine;
	uint64_t fp, older, pc;

	if (!regs_get(r, m->fp, &fp) || fp < unwind_sp(r) || fp % WORD || fp > UINT64_MAX - 2 * WORD)
		return UNWIND_NO_INFO;
	if (!read_word(mem, fp, &older) || !read_word(mem, fp + WORD, &pc))
		return UNWIND_NO_INFO;
	/* nothing else of the caller's is known */
	r->known = 0;
	regs_set(r, m->fp, older);
	regs_set(r, m->sp, fp + 2 * WORD);
	r->pc = code_address(m, pc);
	r->after_call = true;
	return UNWIND_STEPPED;
}

enum unwind_end unwind_from_entry(const struct unwind_memory *mem, struct unwind_regs *r)
{
	const struct unwind_machine *m = r->machine;
	uint64_t pc;

	if (m->link >= 0) {
		if (!regs_get(r, m->link, &pc))
			return UNWIND_NO_INFO;
	} else {
		if (!read_word(mem, unwind_sp(r), &pc))
			return UNWIND_NO_MEMORY_THERE;
		regs_set(r, m->sp, unwind_sp(r) + WORD);
	}
	r->pc = code_address(m, pc);
	r->after_call = true;
	return UNWIND_STEPPED;
}
