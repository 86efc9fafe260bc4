/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

static struct map_entry *map_slot(const struct map *m, uint64_t key)
{
	size_t mask = m->cap - 1;
	size_t i = map_hash(key) & mask;

	while (m->at[i].value != MAP_NONE && m->at[i].key != key)
		i = (i + 1) & mask;
	return &m->at[i];
}

uint64_t map_get(const struct map *m, uint64_t key)
{
	return m->cap ? map_slot(m, key)->value : MAP_NONE;
}

static bool map_resize(struct map *m)
{
	struct map bigger = {.cap = m->cap ? m->cap * 2 : 64, .n = m->n};

	bigger.at = malloc(bigger.cap * sizeof(*bigger.at));
	if (!bigger.at)
		return false;
	for (size_t i = 0; i < bigger.cap; i++)
		bigger.at[i] = (struct map_entry){0, MAP_NONE};
	for (size_t i = 0; i < m->cap; i++)
		if (m->at[i].value != MAP_NONE)
			*map_slot(&bigger, m->at[i].key) = m->at[i];
	free(m->at);
	*m = bigger;
	return true;
}

bool map_put(struct map *m, uint64_t key, uint64_t value)
{
	struct map_entry *e;

	if (m->n * 4 >= m->cap * 3 && !map_resize(m))
		return false;
	e = map_slot(m, key);
	if (e->value == MAP_NONE)
		m->n++;
	*e = (struct map_entry){key, value};
	return true;
}

void map_release(struct map *m)
{
	free(m->at);
	*m = (struct map){0};
}
