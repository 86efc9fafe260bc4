/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts to numbers 0, 1, 2..., each text once, in the order in which they came.
 */
#ifndef CMD_TEXTMAP_H
#define CMD_TEXTMAP_H

#include "base/buf.h"
#include "base/vec.h"

struct text_entry {
	char *text;
	uint64_t hash;
};
struct text_map {
	struct {
		VEC(struct text_entry);
	} texts;
	uint32_t *slots; /* index + 1, 0 = free */
	size_t n_slots;	 /* a power of two */
};
#define TEXT_NONE UINT32_MAX

/** The text's number, a new one if it was not there. TEXT_NONE when memory is out. */
uint32_t text_map_add(struct text_map *m, const char *text);
static inline const char *text_map_at(const struct text_map *m, uint32_t i)
{
	return m->texts.at[i].text;
}
void text_map_release(struct text_map *m);

#endif
