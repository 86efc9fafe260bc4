/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/merge.h"

/* A loop that has just begun, or is about to end, has no Python frame: then it is innermost, but for what it calls. */
#define BEGINNING 4

struct merge {
	struct stack_items *out;
	const struct chain *c;
	const struct native_chain *nc;
	const struct natives *n;
	size_t next;  /* Python frame that comes next */
	bool no_loop; /* the innermost loop has no frame */
};

static const struct native_place *place_of(const struct merge *m, size_t i)
{
	return &m->n->places.at[m->nc->at[i].place];
}

/* Does a loop begin in that frame? A part that was split off belongs to the loop that called it. */
static bool is_loop(const struct merge *m, size_t i)
{
	const struct native_place *p = place_of(m, i);

	if (!p->eval)
		return false;
	if (!p->part || i + 1 >= m->nc->n)
		return true;
	return !place_of(m, i + 1)->eval || place_of(m, i + 1)->part;
}

static bool is_entry(const struct pyframe *f)
{
	return f->entry != ENTRY_NO;
}

static bool push(struct merge *m, enum item_kind kind, size_t frame, size_t line)
{
	struct stack_item it = {(uint32_t)frame, (uint16_t)line, (uint8_t)kind};

	return vec_push(m->out, it);
}

static bool push_native(struct merge *m, size_t i)
{
	const struct native_place *p = place_of(m, i);
	bool ok = true;

	for (uint32_t k = 0; ok && k < p->n; k++)
		ok = push(m, ITEM_NATIVE, i, k);
	return ok;
}

/* The Python frames that one loop runs. */
static bool push_run(struct merge *m)
{
	bool ok = true, last = false;

	while (ok && !last && m->next < m->c->n) {
		last = is_entry(&m->c->at[m->next]);
		ok = push(m, ITEM_PYTHON, m->next++, 0);
	}
	return ok;
}

static bool push_python(struct merge *m)
{
	bool ok = true;

	while (ok && m->next < m->c->n)
		ok = push(m, ITEM_PYTHON, m->next++, 0);
	return ok;
}

bool items_of_python(struct stack_items *out, const struct chain *c)
{
	struct merge m = {.out = out, .c = c};

	out->n = 0;
	out->unmerged = false;
	return vec_reserve(out, c->n) && push_python(&m);
}

static bool merge_by_loops(struct merge *m)
{
	bool ok = true, first = true;

	for (size_t i = 0; ok && i < m->nc->n; i++) {
		if (!place_of(m, i)->eval) {
			ok = push_native(m, i);
			continue;
		}
		if (!is_loop(m, i))
			continue;
		if ((first && m->no_loop) || m->next >= m->c->n)
			ok = push_native(m, i);
		else
			ok = push_run(m);
		first = false;
	}
	return ok && push_python(m);
}

static bool one_after_the_other(struct merge *m)
{
	bool ok = true;

	for (size_t i = 0; ok && i < m->nc->n; i++)
		ok = push_native(m, i);
	return ok && push_python(m);
}

static void count(struct merge *m, size_t *innermost)
{
	m->out->loops = m->out->entries = 0;
	for (size_t i = m->nc->n; i-- > 0;) {
		if (is_loop(m, i)) {
			m->out->loops++;
			*innermost = i;
		}
	}
	for (size_t i = 0; i < m->c->n; i++)
		m->out->entries += is_entry(&m->c->at[i]);
}

/* Do the numbers agree, as far as each side is whole? Both are counted from the innermost frame on. */
static bool agree(struct merge *m)
{
	size_t innermost = SIZE_MAX, loops, entries;

	count(m, &innermost);
	loops = m->out->loops;
	entries = m->out->entries;
	if (m->nc->end == NATIVE_WHOLE && m->c->end == CHAIN_WHOLE && loops == entries + 1 && innermost < BEGINNING)
		m->no_loop = true;
	return m->no_loop || ((loops >= entries || m->nc->end != NATIVE_WHOLE) &&
			      (loops <= entries || m->c->end != CHAIN_WHOLE));
}

bool items_merge(struct stack_items *out, const struct chain *c, const struct native_chain *nc,
		 const struct natives *n)
{
	struct merge m = {.out = out, .c = c, .nc = nc, .n = n};

	out->n = 0;
	out->unmerged = !agree(&m);
	return out->unmerged ? one_after_the_other(&m) : merge_by_loops(&m);
}

size_t items_inner_native(const struct stack_items *it)
{
	size_t n = 0;

	while (n < it->n && it->at[n].kind == ITEM_NATIVE)
		n++;
	return n;
}
