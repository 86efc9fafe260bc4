/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The references from one object to another, asked for again and again: of the millions that a large container has, each
 * question would look at all. From the second question on they are found in an index of that container.
 *
 * `struct between b = {0};` is empty. It lives as long as the heap that it was asked about stays as it is.
 */
#ifndef CMD_BETWEEN_H
#define CMD_BETWEEN_H

#include "heap/labels.h"

#define BETWEEN_INDEXES 4

struct between {
	struct between_index {
		addr_t from; /* 0: free */
		struct edges edges;
		struct between_place {
			addr_t to;
			uint32_t at; /* in `edges` */
		} *places;	     /* by address, then as the object has them */
	} at[BETWEEN_INDEXES];
	addr_t asked[BETWEEN_INDEXES]; /* once, without an index */
	unsigned next, next_asked;
};

/**
 * Appends the first `max` references from `from` to `to`, in the order of edges_each(). `n` is how many references
 * `from` has, about. @return false when memory is out.
 */
bool between_collect(struct between *b, const struct heap *h, const struct object *from, size_t n, addr_t to,
		     size_t max, struct edges *out) must_check;
void between_release(struct between *b);

#endif
