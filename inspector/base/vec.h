/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing arrays of any type: `struct { VEC(struct foo); } foos = {0};`
 * vec_push() returns false when memory is out and leaves the array as it was.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/base.h"

#define VEC(type)                                                                                  \
	type *at;                                                                                  \
	size_t n, cap

bool vec_grow_(void **at, size_t *cap, size_t need, size_t each);

/** Makes room for `more` further elements. */
#define vec_reserve(v, more)                                                                       \
	((v)->n + (more) <= (v)->cap ||                                                            \
	 vec_grow_((void **)&(v)->at, &(v)->cap, (v)->n + (more), sizeof(*(v)->at)))
#define vec_push(v, value)    (vec_reserve(v, 1) && ((v)->at[(v)->n++] = (value), true))
#define vec_release(v)        (free((v)->at), (v)->at = NULL, (v)->n = (v)->cap = 0)
#define vec_foreach(p, v)     for (__typeof__(*(v)->at) *p = (v)->at; p < (v)->at + (v)->n; p++)
/** How many elements have a `member` of at most `key`, where the array is sorted by it. */
#define vec_count_upto(v, member, key)                                                             \
	({                                                                                         \
		size_t lo_ = 0, hi_ = (v)->n;                                                      \
                                                                                                   \
		while (lo_ < hi_) {                                                                \
			size_t mid_ = lo_ + (hi_ - lo_) / 2;                                       \
                                                                                                   \
			if ((v)->at[mid_].member <= (key))                                         \
				lo_ = mid_ + 1;                                                    \
			else                                                                       \
				hi_ = mid_;                                                        \
		}                                                                                  \
		lo_;                                                                               \
	})

#endif
