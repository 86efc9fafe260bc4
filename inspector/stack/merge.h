/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Python's frames and C's in one stack. Each evaluation loop on the C stack stands for the Python
 * frames that it runs: one where every call of a Python function calls the loop anew (to 3.10), from 3.11
 * on all up to the one that C called. They are never put together by guess: if the numbers disagree, both are given, one
 * after the other, and `unmerged` says so.
 */
#ifndef STACK_MERGE_H
#define STACK_MERGE_H

#include "stack/frames.h"
#include "stack/native.h"

enum item_kind { ITEM_PYTHON, ITEM_NATIVE };
struct stack_item {
	uint32_t frame; /* index in the Python chain, or in the native one: 0 = innermost */
	uint16_t line;	/* native: index in the place's lines, for inlined calls */
	uint8_t kind;	/* enum item_kind */
};
struct stack_items { /* innermost first */
	VEC(struct stack_item);
	bool unmerged;	      /* the native ones come first, all of them, then Python's */
	size_t loops, entries; /* evaluation loops, and how many Python's frames need */
};

/** Only Python's frames. False: memory is out. */
bool items_of_python(struct stack_items *out, const struct chain *c) must_check;
/** Both; the Python chain may be empty. False: memory is out. */
bool items_merge(struct stack_items *out, const struct chain *c, const struct native_chain *nc,
		 const struct natives *n) must_check;
/** How many of the innermost items are native. */
size_t items_inner_native(const struct stack_items *it);

#endif
