/* SPDX-License-Identifier: Apache-2.0 */
#include "types/iframe.h"

#define STACK_MAX (1u << 20)

addr_t iframe_code(const struct typectx *c, const uint8_t *at)
{
	if (has(c, F_iframe_f_executable))
		return at_u64(c, at, F_iframe_f_executable);
	return at_u64(c, at, F_iframe_f_code);
}

/* Slots of locals, cells and stack, and how many of these are locals; false if that is no code
 * object. */
static bool code_slots(const struct typectx *c, addr_t code, uint64_t *slots, uint64_t *locals)
{
	const uint8_t *at = code && !(code & 7)
				? image_at(c->im, code, offset_of(c, F_code_co_code_adaptive))
				: NULL;
	uint64_t stack;

	if (!at || at_u64(c, at, F_object_ob_type) != c->py->known[K_code])
		return false;
	*locals = at_uint(c, at, F_code_co_nlocalsplus);
	stack = at_uint(c, at, F_code_co_stacksize);
	*slots = *locals + stack;
	return *locals < STACK_MAX && stack < STACK_MAX;
}

uint64_t iframe_bytes(const struct typectx *c, const uint8_t *iframe)
{
	uint64_t slots, locals;

	if (!code_slots(c, iframe_code(c, iframe), &slots, &locals))
		return 0;
	return offset_of(c, F_iframe_localsplus) + slots * 8;
}

/* How many entries of localsplus are alive: `stacktop`, or while the frame runs at least the
 * locals. */
static uint64_t live_slots(const struct typectx *c, const uint8_t *at)
{
	uint64_t slots, locals;
	int64_t top;

	if (!code_slots(c, iframe_code(c, at), &slots, &locals))
		return 0;
	top = has(c, F_iframe_stacktop) ? at_int(c, at, F_iframe_stacktop) : -1;
	return top < 0 ? locals : min_of((uint64_t)top, slots);
}

void iframe_refs(const struct typectx *c, addr_t addr, struct visitor *v)
{
	static const struct {
		enum field_id f;
		const char *label;
	} owned[] = {
	    {F_iframe_f_executable, "f_code"}, {F_iframe_f_code, "f_code"},
	    {F_iframe_f_funcobj, "function"},  {F_iframe_f_func, "function"},
	    {F_iframe_f_locals, "f_locals"},   {F_iframe_frame_obj, "frame"},
	};
	const uint8_t *at = struct_at(c, addr, S_iframe);
	uint64_t n, locals = 0, slots;

	if (!at)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		if (has(c, owned[i].f))
			visit(v, at_u64(c, at, owned[i].f), EDGE_FIELD, (uintptr_t)owned[i].label);
	n = live_slots(c, at);
	if (!code_slots(c, iframe_code(c, at), &slots, &locals))
		return;
	addr += offset_of(c, F_iframe_localsplus);
	visit_array(c, addr, min_of(n, locals), EDGE_LOCAL, 0, v);
	if (n > locals)
		visit_array(c, addr + locals * 8, n - locals, EDGE_STACK, 0, v);
}
