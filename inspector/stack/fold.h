/* SPDX-License-Identifier: Apache-2.0 */
/* Long stacks and many threads, made short: runs of the same frames, and threads that stand alike.
 */
#ifndef STACK_FOLD_H
#define STACK_FOLD_H

#include "stack/merge.h"
#include "stack/stacks.h"

/** A piece of a stack: `period` frames that come `times` times in a row. */
struct fold {
	size_t first; /* index of the first frame, counted from the outermost */
	size_t period;
	size_t times; /* 1 = as it is */
};
struct folds {
	VEC(struct fold);
};

/**
 * Cuts a stack into pieces, outermost first. nc: NULL if no item is native. False if memory is out.
 */
bool folds_make(struct folds *f, const struct stack_items *it, const struct chain *c,
		const struct native_chain *nc) must_check;
/** The i-th item from the outermost. */
static inline const struct stack_item *items_outer(const struct stack_items *it, size_t i)
{
	return &it->at[it->n - 1 - i];
}
/** A number that is the same for chains that go through the same places, in whatever process. */
uint64_t chain_hash(const struct codes *codes, const struct chain *c);
/** Do both go through the same places, whatever frames those are? Each with the codes of its process. */
bool chain_same_places(const struct codes *codes_a, const struct chain *a, const struct codes *codes_b,
		       const struct chain *b);

#endif
