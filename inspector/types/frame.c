/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frame objects. Up to 3.10 locals, cells and stack are items of the object; from 3.11 they lie in
 * an interpreter frame, which the object owns when the call has ended (or a generator does, or the
 * thread's stack).
 */
#include "types/iframe.h"

#define STACK_MAX (1u << 20)

/* ---- 3.11+ ---- */

static addr_t own_iframe(const struct typectx *c, const struct object *o)
{
	return o->addr + offset_of(c, F_frame_f_frame_data);
}

static uint64_t new_size(const struct typectx *c, const struct object *o)
{
	const uint8_t *iframe = struct_at(c, obj_u64(c, o, F_frame_f_frame), S_iframe);
	uint64_t n = iframe ? iframe_bytes(c, iframe) : 0;

	return n ? offset_of(c, F_frame_f_frame_data) + n : SIZE_BAD;
}

static void new_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	if (obj_u64(c, o, F_frame_f_frame) == own_iframe(c, o))
		iframe_refs(c, own_iframe(c, o), v);
}

/* ---- up to 3.10 ---- */

/* Slots of locals and cells; `stack` on top of them. False if f_code is damaged. */
static bool old_slots(const struct typectx *c, const struct object *o, uint64_t *locals,
		      uint64_t *cells, uint64_t *stack)
{
	const uint8_t *code = struct_at(c, obj_u64(c, o, F_frame_f_code), S_code);

	if (!code)
		return false;
	*locals = at_uint(c, code, F_code_co_nlocals);
	*cells = other_count(c, at_u64(c, code, F_code_co_cellvars)) +
		 other_count(c, at_u64(c, code, F_code_co_freevars));
	*stack = at_uint(c, code, F_code_co_stacksize);
	return *locals < STACK_MAX && *cells < STACK_MAX && *stack < STACK_MAX;
}

static uint64_t old_size(const struct typectx *c, const struct object *o)
{
	uint64_t locals, cells, stack;

	if (!old_slots(c, o, &locals, &cells, &stack))
		return SIZE_BAD;
	return c->L->size[S_frame] + (locals + cells + stack) * 8 - 8;
}

/* How much of the value stack is alive: nobody says while the frame runs. */
static uint64_t old_depth(const struct typectx *c, const struct object *o, uint64_t stack)
{
	addr_t start = obj_u64(c, o, F_frame_f_valuestack);
	uint64_t n;

	if (has(c, F_frame_f_stackdepth)) {
		int64_t depth = at_int(c, o->at, F_frame_f_stackdepth);

		n = depth < 0 ? 0 : (uint64_t)depth;
	} else {
		addr_t top = obj_u64(c, o, F_frame_f_stacktop);

		n = top >= start && top ? (top - start) / 8 : 0;
	}
	return n <= stack ? n : 0;
}

static void old_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	addr_t at = o->addr + offset_of(c, F_frame_f_localsplus);
	uint64_t locals, cells, stack;

	if (!old_slots(c, o, &locals, &cells, &stack))
		return;
	visit_array(c, at, locals, EDGE_LOCAL, 0, v);
	visit_array(c, at + locals * 8, cells, EDGE_CELL, 0, v);
	visit_array(c, at + (locals + cells) * 8, old_depth(c, o, stack), EDGE_STACK, 0, v);
}

/* ---- */

static bool is_new(const struct typectx *c)
{
	return has(c, F_frame_f_frame_data);
}

static uint64_t frame_size(const struct typectx *c, const struct object *o)
{
	return is_new(c) ? new_size(c, o) : old_size(c, o);
}

static void frame_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	(is_new(c) ? new_refs : old_refs)(c, o, v);
}

const struct pytype pytype_frame = {
    .name = "frame",
    .size = frame_size,
    .extent = frame_size, /* old frames are kept for reuse and may be larger */
    .refs = frame_refs,
};
