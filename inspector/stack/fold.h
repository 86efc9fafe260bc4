/* SPDX-License-Identifier: Apache-2.0 */
/* Long stacks and many threads, made short: runs of the same frames, and threads that stand alike.
 */
#ifndef STACK_FOLD_H
#define STACK_FOLD_H

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

/** Cuts a chain into pieces, outermost first. False if memory is out. */
bool folds_make(struct folds *f, const struct chain *c) must_check;
/** The chain's i-th frame from the outermost. */
static inline const struct pyframe *chain_outer(const struct chain *c, size_t i)
{
	return &c->at[c->n - 1 - i];
}
/** A number that is the same for chains that go through the same places. */
uint64_t chain_hash(const struct chain *c);
/** Do both go through the same places (whatever frames those are)? */
bool chain_same_places(const struct chain *a, const struct chain *b);

#endif
