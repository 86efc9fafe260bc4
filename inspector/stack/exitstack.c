/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contextlib.ExitStack: what it has entered, it keeps as bound __exit__ methods in a deque, beside a flag (3.7 and later);
 * 3.6 as functions that have the object as an attribute. Callbacks of other kinds are nothing that was entered.
 */
#include "stack/slots.h"
#include "stack/withblocks.h"
#include "types/peek.h"

static addr_t object_of(const struct python *py, addr_t callback)
{
	addr_t self = slot_self(py, callback), dict;

	if (self && self != callback)
		return self;
	dict = peek_is(py, callback, K_function) ? peek_ptr(py, callback, F_function_func_dict) : 0;
	return dict ? peek_dict_value(py, dict, "__self__") : 0;
}

unsigned exit_stack_objects(const struct python *py, addr_t stack, addr_t out[EXIT_STACK_MAX])
{
	addr_t deque = peek_attribute(py, stack, "_exit_callbacks"), item, object;
	struct peek_deque w;
	unsigned found = 0;
	int64_t n;

	if (!deque || !peek_deque(py, deque, &w, &n))
		return 0;
	for (int64_t i = 0; i < n && i < EXIT_STACK_MAX && peek_deque_next(&w, &item); i++) {
		object = object_of(py, peek_is(py, item, K_tuple) ? peek_item(py, item, 1) : item);
		if (object)
			out[found++] = object;
	}
	return found;
}
