/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/slots.h"
#include "types/peek.h"

#define LOCALS_MAX 100000
#define SLOT_TAGS  3 /* low bits of a slot that are no part of the address (3.14 and later) */

addr_t slot_inside(const struct python *py, addr_t slot)
{
	return peek_is(py, slot, K_cell) ? peek_ptr(py, slot, F_cell_ob_ref) : slot;
}

addr_t slot_self(const struct python *py, addr_t obj)
{
	if (peek_is(py, obj, K_cfunction))
		return peek_ptr(py, obj, F_cfunction_m_self);
	if (peek_is(py, obj, K_method))
		return peek_ptr(py, obj, F_method_im_self);
	return obj;
}

static addr_t slot_at(const struct python *py, addr_t base, uint64_t i)
{
	uint64_t v;

	return base && target_read_u64(py->t, base + 8 * i, &v) ? v & ~(addr_t)SLOT_TAGS : 0;
}

static bool is_plus(const struct python *py)
{
	return layout_has(&py->L, F_iframe_localsplus);
}

addr_t slot_local(const struct python *py, const struct pyframe *f, unsigned i)
{
	enum field_id at = is_plus(py) ? F_iframe_localsplus : F_frame_f_localsplus;

	if (!layout_has(&py->L, at))
		return 0;
	return slot_inside(py, slot_at(py, f->addr + py->L.f[at].offset, i));
}

/* To 3.10 an argument that is a cell is not among the arguments. */
static addr_t among_cells(const struct python *py, const struct pyframe *f, const struct code *code)
{
	addr_t cells = peek_ptr(py, code->addr, F_code_co_cellvars);
	int64_t first = peek_int(py, code->addr, F_code_co_nlocals, -1), n = peek_size(py, cells);

	if (first < 0 || first > LOCALS_MAX || n > LOCALS_MAX)
		return 0;
	for (int64_t i = 0; i < n; i++)
		if (peek_string_is(py, peek_item(py, cells, i), "self"))
			return slot_local(py, f, (unsigned)(first + i));
	return 0;
}

addr_t slot_self_argument(const struct python *py, const struct pyframe *f, const struct code *code)
{
	bool plus = is_plus(py);
	addr_t names = peek_ptr(py, code->addr,
				plus ? F_code_co_localsplusnames : F_code_co_varnames);
	addr_t self;

	if (peek_int(py, code->addr, F_code_co_argcount, 0) < 1 ||
	    !peek_string_is(py, peek_item(py, names, 0), "self"))
		return 0;
	self = slot_local(py, f, 0);
	return self || plus ? self : among_cells(py, f, code);
}

uint64_t slot_stack_size(const struct python *py, const struct code *code)
{
	int64_t n = peek_int(py, code->addr, F_code_co_stacksize, 0);

	return n < 0 ? 0 : min_of(n, SLOTS_MAX);
}

addr_t slot_stack(const struct python *py, const struct pyframe *f, const struct code *code,
		  uint64_t i)
{
	int64_t locals;

	if (!is_plus(py))
		return slot_at(py, peek_ptr(py, f->addr, F_frame_f_valuestack), i);
	locals = peek_int(py, code->addr, F_code_co_nlocalsplus, -1);
	if (locals < 0 || locals > LOCALS_MAX)
		return 0;
	return slot_at(py, f->addr + py->L.f[F_iframe_localsplus].offset, locals + i);
}
