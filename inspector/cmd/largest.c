/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap: the one at i goes before those at 2i+1 and 2i+2. */
#include "cmd/largest.h"

static bool goes_before(const struct largest_one *a, const struct largest_one *b)
{
	return a->size != b->size ? a->size > b->size : a->number < b->number;
}

bool largest_push(struct largest *q, uint64_t size, uint32_t number)
{
	struct largest_one one = {size, number};
	size_t i = q->n;

	if (!vec_push(q, one))
		return false;
	for (; i && goes_before(&one, &q->at[(i - 1) / 2]); i = (i - 1) / 2)
		q->at[i] = q->at[(i - 1) / 2];
	q->at[i] = one;
	return true;
}

bool largest_pop(struct largest *q, uint32_t *number)
{
	struct largest_one last;
	size_t i = 0, below;

	if (!q->n)
		return false;
	*number = q->at[0].number;
	last = q->at[--q->n];
	while ((below = 2 * i + 1) < q->n) {
		if (below + 1 < q->n && goes_before(&q->at[below + 1], &q->at[below]))
			below++;
		if (!goes_before(&q->at[below], &last))
			break;
		q->at[i] = q->at[below];
		i = below;
	}
	if (q->n)
		q->at[i] = last;
	return true;
}
