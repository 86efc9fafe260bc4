/* SPDX-License-Identifier: Apache-2.0 */
/* The list of mappings: order, and lookup by address. */
#include "target/internal.h"

static int by_start(const void *a, const void *b)
{
	const struct mapping *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end;
}

void mapping_list_order(struct mapping_list *l)
{
	addr_t end = 0;
	size_t out = 0;

	if (!l->n)
		return;
	qsort(l->at, l->n, sizeof(*l->at), by_start);
	for (size_t i = 0; i < l->n; i++) {
		struct mapping m = l->at[i];

		if (m.end <= max_of(m.start, end))
			continue;
		if (m.start < end) {
			m.offset += end - m.start;
			m.start = end;
		}
		end = m.end;
		l->at[out++] = m;
	}
	l->n = out;
}

size_t target_mapping_from(const struct target *t, addr_t addr)
{
	return vec_count_upto(&t->mappings, end, addr);
}

const struct mapping *target_mapping(const struct target *t, addr_t addr)
{
	size_t i = target_mapping_from(t, addr);

	return i < t->mappings.n && t->mappings.at[i].start <= addr ? &t->mappings.at[i] : NULL;
}

struct module *target_module(const struct target *t, addr_t addr)
{
	const struct mapping *m = target_mapping(t, addr);

	return m && m->module >= 0 && (size_t)m->module < t->modules.n ? &t->modules.at[m->module]
								       : NULL;
}
