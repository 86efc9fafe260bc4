/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/textmap.h"

/* FNV-1a */
static uint64_t hash_of(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return h ^ h >> 29;
}

static bool grow(struct text_map *m)
{
	size_t n = max_of(2 * m->n_slots, 64);
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < m->texts.n; i++) {
		size_t at = m->texts.at[i].hash & (n - 1);

		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(m->slots);
	m->slots = slots;
	m->n_slots = n;
	return true;
}

uint32_t text_map_add(struct text_map *m, const char *text)
{
	struct text_entry entry = {.hash = hash_of(text)};
	size_t at;

	if (2 * (m->texts.n + 1) > m->n_slots && !grow(m))
		return TEXT_NONE;
	at = entry.hash & (m->n_slots - 1);
	for (; m->slots[at]; at = (at + 1) & (m->n_slots - 1)) {
		const struct text_entry *have = &m->texts.at[m->slots[at] - 1];

		if (have->hash == entry.hash && !strcmp(have->text, text))
			return m->slots[at] - 1;
	}
	entry.text = strdup(text);
	if (!entry.text || !vec_push(&m->texts, entry)) {
		free(entry.text);
		return TEXT_NONE;
	}
	m->slots[at] = (uint32_t)m->texts.n;
	return (uint32_t)m->texts.n - 1;
}

void text_map_release(struct text_map *m)
{
	vec_foreach (e, &m->texts)
		free(e->text);
	vec_release(&m->texts);
	free(m->slots);
	*m = (struct text_map){0};
}
