/* SPDX-License-Identifier: Apache-2.0 */
/* DWARF expressions of call frame information: a machine with a small stack and few steps. */
#include <dwarf.h>
#include "elf/unwindpriv.h"

#define DEPTH_MAX 64
#define STEPS_MAX 4096

struct machine {
	const struct cfi_context *c;
	const Dwarf_Op *ops;
	size_t n, at;
	uint64_t stack[DEPTH_MAX];
	size_t depth;
	enum unwind_end end;
};

static bool fails(struct machine *m, enum unwind_end how)
{
	m->end = how;
	return false;
}

static bool push(struct machine *m, uint64_t v)
{
	if (m->depth >= DEPTH_MAX)
		return fails(m, UNWIND_DAMAGED);
	m->stack[m->depth++] = v;
	return true;
}

static bool pop(struct machine *m, uint64_t *out)
{
	if (!m->depth)
		return fails(m, UNWIND_DAMAGED);
	*out = m->stack[--m->depth];
	return true;
}

static bool push_register(struct machine *m, uint64_t reg, uint64_t offset)
{
	uint64_t v;

	if (!regs_get(m->c->regs, reg, &v))
		return fails(m, UNWIND_DAMAGED);
	return push(m, v + offset);
}

static bool deref(struct machine *m, uint64_t size)
{
	uint64_t addr, v = 0;

	if (size < 1 || size > 8)
		return fails(m, UNWIND_DAMAGED);
	if (!pop(m, &addr))
		return false;
	if (!m->c->mem->read(m->c->mem->arg, addr, &v, size))
		return fails(m, UNWIND_NO_MEMORY_THERE);
	return push(m, v);
}

/* `to` is the offset of an operation in the encoded expression. */
static bool jump(struct machine *m, uint64_t to)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->ops[i].offset == to) {
			m->at = i;
			return true;
		}
	}
	m->at = m->n;
	return to > m->ops[m->n - 1].offset ? true : fails(m, UNWIND_DAMAGED);
}

/* Offsets of jumps count from behind the operation: an operation code and two bytes. */
static bool branch(struct machine *m, const Dwarf_Op *op, bool always)
{
	uint64_t v = 1;

	if (!always && !pop(m, &v))
		return false;
	return !v || jump(m, op->offset + 3 + (uint64_t)(int16_t)op->number);
}

static bool pick(struct machine *m, uint64_t index)
{
	if (index >= m->depth)
		return fails(m, UNWIND_DAMAGED);
	return push(m, m->stack[m->depth - 1 - index]);
}

static bool rotate(struct machine *m, size_t n)
{
	uint64_t top;

	if (m->depth < n)
		return fails(m, UNWIND_DAMAGED);
	top = m->stack[m->depth - 1];
	for (size_t i = m->depth - 1; i > m->depth - n; i--)
		m->stack[i] = m->stack[i - 1];
	m->stack[m->depth - n] = top;
	return true;
}

static bool unary(struct machine *m, unsigned atom)
{
	uint64_t v;

	if (!pop(m, &v))
		return false;
	if (atom == DW_OP_abs)
		v = (int64_t)v < 0 ? -v : v;
	else if (atom == DW_OP_neg)
		v = -v;
	else
		v = ~v;
	return push(m, v);
}

/* False: no such operation, or it has no result. */
static bool binary_value(unsigned atom, uint64_t a, uint64_t b, uint64_t *out)
{
	int64_t x = (int64_t)a, y = (int64_t)b;

	switch (atom) {
	case DW_OP_and: *out = a & b; return true;
	case DW_OP_or: *out = a | b; return true;
	case DW_OP_xor: *out = a ^ b; return true;
	case DW_OP_plus: *out = a + b; return true;
	case DW_OP_minus: *out = a - b; return true;
	case DW_OP_mul: *out = a * b; return true;
	case DW_OP_shl: *out = b < 64 ? a << b : 0; return true;
	case DW_OP_shr: *out = b < 64 ? a >> b : 0; return true;
	case DW_OP_shra: *out = (uint64_t)(x >> min_of(b, 63u)); return true;
	case DW_OP_eq: *out = a == b; return true;
	case DW_OP_ne: *out = a != b; return true;
	case DW_OP_lt: *out = x < y; return true;
	case DW_OP_le: *out = x <= y; return true;
	case DW_OP_gt: *out = x > y; return true;
	case DW_OP_ge: *out = x >= y; return true;
	case DW_OP_div:
		if (!b || (x == INT64_MIN && y == -1))
			return false;
		*out = (uint64_t)(x / y);
		return true;
	case DW_OP_mod:
		if (!b)
			return false;
		*out = a % b;
		return true;
	default: return false;
	}
}

static bool binary(struct machine *m, unsigned atom)
{
	uint64_t a, b, v;

	if (!pop(m, &b) || !pop(m, &a))
		return false;
	return binary_value(atom, a, b, &v) ? push(m, v) : fails(m, UNWIND_DAMAGED);
}

static bool step(struct machine *m, const Dwarf_Op *op)
{
	unsigned atom = op->atom;
	uint64_t dropped;

	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
		return push(m, atom - DW_OP_lit0);
	if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
		return push_register(m, atom - DW_OP_breg0, op->number);
	if (atom >= DW_OP_const1u && atom <= DW_OP_consts) /* libdw has extended their signs */
		return push(m, op->number);
	switch (atom) {
	case DW_OP_nop: return true;
	case DW_OP_addr: return push(m, op->number + m->c->bias);
	case DW_OP_bregx: return push_register(m, op->number, op->number2);
	case DW_OP_call_frame_cfa: return m->c->has_cfa ? push(m, m->c->cfa) : fails(m, UNWIND_DAMAGED);
	case DW_OP_plus_uconst: return push(m, op->number) && binary(m, DW_OP_plus);
	case DW_OP_deref: return deref(m, 8);
	case DW_OP_deref_size: return deref(m, op->number);
	case DW_OP_dup: return pick(m, 0);
	case DW_OP_over: return pick(m, 1);
	case DW_OP_pick: return pick(m, op->number);
	case DW_OP_drop: return pop(m, &dropped);
	case DW_OP_swap: return rotate(m, 2);
	case DW_OP_rot: return rotate(m, 3);
	case DW_OP_abs:
	case DW_OP_neg:
	case DW_OP_not: return unary(m, atom);
	case DW_OP_skip: return branch(m, op, true);
	case DW_OP_bra: return branch(m, op, false);
	default: return binary(m, atom);
	}
}

/* The whole expression is the name of a register. */
static bool is_register(const Dwarf_Op *ops, size_t n, uint64_t *reg)
{
	if (n != 1)
		return false;
	if (ops->atom >= DW_OP_reg0 && ops->atom <= DW_OP_reg31)
		*reg = ops->atom - DW_OP_reg0;
	else if (ops->atom == DW_OP_regx)
		*reg = ops->number;
	else
		return false;
	return true;
}

enum unwind_end cfi_compute(const struct cfi_context *c, const Dwarf_Op *ops, size_t n, bool value,
			    uint64_t *out)
{
	struct machine m = {.c = c, .ops = ops, .n = n, .end = UNWIND_STEPPED};
	uint64_t reg;

	if (is_register(ops, n, &reg))
		return regs_get(c->regs, reg, out) ? UNWIND_STEPPED : UNWIND_DAMAGED;
	if (n && ops[n - 1].atom == DW_OP_stack_value) {
		value = true;
		m.n--;
	}
	for (int steps = 0; m.at < m.n; steps++) {
		const Dwarf_Op *op = &ops[m.at++];

		if (steps >= STEPS_MAX)
			return UNWIND_DAMAGED;
		if (!step(&m, op))
			return m.end;
	}
	if ((!value && !deref(&m, 8)) || !pop(&m, out))
		return m.end;
	return UNWIND_STEPPED;
}
