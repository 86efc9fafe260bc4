/* SPDX-License-Identifier: Apache-2.0 */
/* collections.deque: a chain of blocks, each of as many pointers as its struct has. */
#include "target/target.h"
#include "types/peek.h"

bool peek_deque(const struct python *py, addr_t deque, struct peek_deque *out, int64_t *n)
{
	const struct layout *L = &py->L;

	*out = (struct peek_deque){py, peek_ptr(py, deque, F_deque_leftblock), L->f[F_deque_block_data].size / 8,
				   (uint64_t)peek_int(py, deque, F_deque_leftindex, 0)};
	*n = layout_has(L, F_deque_len) ? peek_int(py, deque, F_deque_len, -1) : peek_size(py, deque);
	return *n >= 0 && layout_has(L, F_deque_block_data) && out->at <= out->each;
}

bool peek_deque_next(struct peek_deque *w, addr_t *item)
{
	addr_t data;

	if (w->at == w->each) {
		w->block = peek_ptr(w->py, w->block, F_deque_block_rightlink);
		w->at = 0;
	}
	if (!w->block)
		return false;
	data = w->block + (addr_t)w->py->L.f[F_deque_block_data].offset;
	return target_read_u64(w->py->t, data + 8 * w->at++, item);
}
