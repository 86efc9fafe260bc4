/* SPDX-License-Identifier: Apache-2.0 */
/* collections.deque: a chain of blocks of 64 items (2.7: 62). Also queue.SimpleQueue. */
#include "types/family.h"

/* Items in a block. */
static uint64_t block_items(const struct typectx *c)
{
	return c->L->f[F_deque_block_data].size / 8;
}

static uint64_t count(const struct typectx *c, const struct object *o)
{
	return has(c, F_deque_len) ? obj_u64(c, o, F_deque_len) : obj_count(c, o);
}

/* Blocks that hold `count` items from leftindex on. */
static uint64_t blocks(const struct typectx *c, const struct object *o)
{
	uint64_t each = block_items(c), n = count(c, o), left = obj_u64(c, o, F_deque_leftindex);

	return each && n < OWNED_MAX / 8 && left <= each ? (left + n + each - 1) / each : SIZE_BAD;
}

static uint64_t deque_size(const struct typectx *c, const struct object *o)
{
	uint64_t n = blocks(c, o);

	return n == SIZE_BAD ? n : size_var(o->type->basicsize, n, c->L->size[S_deque_block]);
}

static void deque_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	uint64_t each = block_items(c), left = obj_u64(c, o, F_deque_leftindex), todo = count(c, o),
		 index = 0;
	addr_t block = obj_u64(c, o, F_deque_leftblock);
	struct chain ch = {0};

	if (blocks(c, o) == SIZE_BAD)
		return;
	while (todo && chain_goes_on(&ch, block)) {
		const uint8_t *at = struct_at(c, block, S_deque_block);
		uint64_t n = min_of(each - left, todo);

		if (!at || !n)
			return;
		visit_array(c, block + offset_of(c, F_deque_block_data) + left * 8, n, EDGE_INDEX,
			    index, v);
		index += n;
		todo -= n;
		left = 0;
		block = at_u64(c, at, F_deque_block_rightlink);
	}
}

static void free_block_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	uint64_t n = has(c, F_deque_numfreeblocks) ? obj_u64(c, o, F_deque_numfreeblocks) : 0;
	uint64_t room = has(c, F_deque_freeblocks) ? c->L->f[F_deque_freeblocks].size / 8 : 0;

	for (uint64_t i = 0; i < min_of(n, room); i++)
		own(b, load64(o->at + offset_of(c, F_deque_freeblocks) + i * 8),
		    c->L->size[S_deque_block]);
}

static void deque_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	addr_t block = obj_u64(c, o, F_deque_leftblock);
	uint64_t n = blocks(c, o);
	struct chain ch = {0};

	free_block_buffers(c, o, b);
	/* An empty deque keeps one. */
	for (uint64_t i = 0; n != SIZE_BAD && i < max_of(n, 1ull) && chain_goes_on(&ch, block);
	     i++) {
		const uint8_t *at = struct_at(c, block, S_deque_block);

		if (!at)
			return;
		own(b, block, c->L->size[S_deque_block]);
		block = at_u64(c, at, F_deque_block_rightlink);
	}
}

/* 3.13+: a ring buffer of its own; before, a list (a field). */
static void simplequeue_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	uint64_t cap, at, n;
	const uint8_t *items;

	if (!has(c, F_simplequeue_buf_items))
		return;
	cap = obj_u64(c, o, F_simplequeue_buf_items_cap);
	at = obj_u64(c, o, F_simplequeue_buf_get_idx);
	n = obj_u64(c, o, F_simplequeue_buf_num_items);
	if (cap > OWNED_MAX / 8 || n > cap || at >= cap)
		return;
	items = image_at(c->im, obj_u64(c, o, F_simplequeue_buf_items), cap * 8);
	for (uint64_t i = 0; items && i < n; i++)
		visit(v, load64(items + (at + i) % cap * 8), EDGE_INDEX, i);
}

static void simplequeue_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	if (has(c, F_simplequeue_buf_items) &&
	    obj_u64(c, o, F_simplequeue_buf_items_cap) < OWNED_MAX / 8)
		own(b, obj_u64(c, o, F_simplequeue_buf_items),
		    obj_u64(c, o, F_simplequeue_buf_items_cap) * 8);
}

const struct pytype pytype_deque = {
    .name = "deque",
    .size = deque_size,
    .extent = plain_extent,
    .refs = deque_refs,
    .buffers = deque_buffers,
    .exact_extent = true,
};
const struct pytype pytype_simplequeue = {
    .name = "SimpleQueue",
    .size = fixed_size,
    .refs = simplequeue_refs,
    .buffers = simplequeue_buffers,
    .exact_extent = true,
};
