/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash map from u64 to u64, open addressing, for up to a few million entries.
 * The key 0 is allowed. map_put() returns false when memory is out.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/base.h"

struct map_entry {
	uint64_t key, value;
};
struct map {
	struct map_entry *at; /* cap entries; a free one has value MAP_NONE */
	size_t n, cap;
};

#define MAP_NONE UINT64_MAX /* not a value */

/** The value, or MAP_NONE. */
uint64_t map_get(const struct map *m, uint64_t key);
bool map_put(struct map *m, uint64_t key, uint64_t value) must_check;
void map_release(struct map *m);

static inline uint64_t map_hash(uint64_t k)
{
	k *= 0x9e3779b97f4a7c15u;
	return k ^ k >> 32;
}

#endif
