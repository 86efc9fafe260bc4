/* SPDX-License-Identifier: Apache-2.0 */
/* Between unwind.c, cfi.c and cfiexpr.c. */
#ifndef ELF_UNWINDPRIV_H
#define ELF_UNWINDPRIV_H

#include <elfutils/libdw.h>
#include "elf/unwind.h"

struct unwind_machine {
	uint16_t machine;
	uint8_t n, pc, sp, fp;
	int8_t link;
	uint8_t address_bits;
	int8_t word[UNWIND_REGS];
};

void regs_set(struct unwind_regs *r, unsigned reg, uint64_t value);
/** False: it is not known. */
bool regs_get(const struct unwind_regs *r, uint64_t reg, uint64_t *out);
/** The address without a signature in its upper bits. */
addr_t code_address(const struct unwind_machine *m, addr_t a);

/** Where an expression is computed. */
struct cfi_context {
	const struct unwind_regs *regs;
	const struct unwind_memory *mem;
	addr_t bias;
	bool has_cfa;
	addr_t cfa;
};
/**
 * Computes what a register or the CFA was. ops with a final DW_OP_stack_value, or with `value`, say it
 * themselves; otherwise they say in which register or where in memory it is. Bounded in steps and depth.
 */
enum unwind_end cfi_compute(const struct cfi_context *c, const Dwarf_Op *ops, size_t n, bool value,
			    uint64_t *out) must_check;

#endif
