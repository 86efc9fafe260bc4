/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From 3.11 on a thread state takes its frames from pieces of memory of its own, one behind the other. There they can be
 * found without the C stack, on which 3.11 and 3.12 note the innermost frame and 3.12 and later link what C code called.
 */
#include "stack/cut.h"
#include "target/image.h"
#include "target/target.h"
#include "types/peek.h"

#define CHUNKS_MAX   100000
#define CHUNK_LEAST  (16u << 10) /* bytes: DATA_STACK_CHUNK_SIZE, Python/pystate.c; a frame that needs more doubles it */
#define CHUNK_MOST   (1u << 30)
#define FRAME_BYTES_MAX (1u << 24)
#define INSIDE_A_CALL (-1) /* stacktop of a frame whose evaluation loop has its stack pointer in a register */

struct piece {
	addr_t start, end; /* of its words; end: what is in use */
	bool guessed;	   /* how far it is in use is not known */
};

static bool has_datastack(const struct python *py)
{
	return layout_has(&py->L, F_stack_chunk_data) && layout_has(&py->L, F_tstate_datastack_top) &&
	       layout_has(&py->L, F_iframe_localsplus);
}

/* The bytes that a frame of this code object takes; 0: it is none. */
static uint64_t frame_bytes(const struct python *py, addr_t code)
{
	uint64_t specials = (uint32_t)py->L.f[F_iframe_localsplus].offset;
	int64_t words;

	if (code & 7 || !peek_is(py, code, K_code))
		return 0;
	if (layout_has(&py->L, F_code_co_framesize)) {
		words = peek_int(py, code, F_code_co_framesize, 0);
	} else {
		int64_t locals = peek_int(py, code, F_code_co_nlocalsplus, -1), stack = peek_int(py, code, F_code_co_stacksize, -1);

		words = locals < 0 || stack < 0 ? 0 : (int64_t)(specials / 8) + locals + stack;
	}
	return words > 0 && words < FRAME_BYTES_MAX / 8 && 8 * (uint64_t)words >= specials ? 8 * (uint64_t)words : 0;
}

/* The bytes of the frame at this address of a data stack; 0: there is none. */
static uint64_t frame_at(const struct python *py, addr_t at)
{
	bool lost = false, named = layout_has(&py->L, F_iframe_f_executable);
	addr_t code = cut_ptr(py, at, named ? F_iframe_f_executable : F_iframe_f_code, &lost) & ~(addr_t)3;
	addr_t previous = cut_ptr(py, at, F_iframe_previous, &lost);
	uint64_t owner = 0;

	if (lost || previous & 7 || !peek_field(py, at, F_iframe_owner, &owner) ||
	    owner == py->L.c[C_FRAME_OWNED_BY_GENERATOR])
		return 0;
	return frame_bytes(py, code);
}

/* The frames of one piece. What a call has left behind lies above those in use, and looks alike but for its stacktop. */
static bool add_frames(const struct python *py, const struct piece *p, struct datastack *out)
{
	size_t in_use = out->n;
	uint64_t bytes;

	for (addr_t at = p->start; at < p->end && (bytes = frame_at(py, at)) && bytes <= p->end - at; at += bytes) {
		if (!vec_push(out, at))
			return false;
		if (peek_int(py, at, F_iframe_stacktop, 0) == INSIDE_A_CALL)
			in_use = out->n;
	}
	if (p->guessed)
		out->n = in_use;
	return true;
}

static bool piece_of(const struct python *py, addr_t chunk, struct piece *out)
{
	addr_t data = chunk + (uint32_t)py->L.f[F_stack_chunk_data].offset;
	bool lost = false;
	addr_t previous = cut_ptr(py, chunk, F_stack_chunk_previous, &lost);
	uint64_t size = cut_ptr(py, chunk, F_stack_chunk_size, &lost), top = cut_ptr(py, chunk, F_stack_chunk_top, &lost);

	if (lost || size < CHUNK_LEAST || size > CHUNK_MOST || size & (size - 1) || top > size / 8)
		return false;
	/* the very first word stays free: Python/pystate.c, push_chunk() */
	*out = (struct piece){data + (previous ? 0 : 8), data + 8 * top, false};
	return true;
}

bool datastack_of_thread(const struct python *py, addr_t tstate, struct datastack *out)
{
	struct datastack chunks = {0};
	bool lost = false, ok = true;
	struct piece p;
	addr_t newest, top;

	if (!has_datastack(py))
		return true;
	newest = cut_ptr(py, tstate, F_tstate_datastack_chunk, &lost);
	top = cut_ptr(py, tstate, F_tstate_datastack_top, &lost);
	for (addr_t at = newest; ok && at && !lost && chunks.n < CHUNKS_MAX;) {
		ok = vec_push(&chunks, at);
		at = cut_ptr(py, at, F_stack_chunk_previous, &lost);
	}
	out->first = chunks.n && !lost ? chunks.at[chunks.n - 1] : 0;
	for (size_t i = chunks.n; ok && i-- > 0;) { /* the oldest first */
		if (!piece_of(py, chunks.at[i], &p))
			continue;
		if (chunks.at[i] == newest)
			p.end = top;
		ok = add_frames(py, &p, out);
	}
	vec_release(&chunks);
	return ok;
}

bool datastack_of_lost(const struct python *py, addr_t chunk, struct datastack *out)
{
	bool lost = false;
	struct piece p;

	out->n = 0;
	out->first = chunk;
	if (cut_ptr(py, chunk, F_stack_chunk_previous, &lost) || !piece_of(py, chunk, &p))
		return true;
	p.end = chunk + cut_ptr(py, chunk, F_stack_chunk_size, &lost);
	p.guessed = true;
	return add_frames(py, &p, out);
}

bool cut_find_datastacks(const struct python *py, struct datastack *out)
{
	struct piece p;
	bool ok = true;

	if (!has_datastack(py))
		return true;
	vec_foreach (r, &py->t->image->ranges) {
		for (addr_t page = r->start; ok && r->writable && page < r->end; page += IMAGE_PAGE) {
			const uint8_t *at = image_at(py->t->image, page, IMAGE_PAGE);

			/* no piece before it, and one of its own size */
			if (at && !load64(at + py->L.f[F_stack_chunk_previous].offset) && piece_of(py, page, &p) &&
			    frame_at(py, p.start))
				ok = vec_push(out, page);
		}
	}
	return ok;
}

void datastack_release(struct datastack *d)
{
	vec_release(d);
}

/* Where the frame is in the data stack; n if it is not. */
static size_t position(const struct datastack *d, const struct map *at, addr_t frame)
{
	uint64_t i = map_get(at, frame);

	return i == MAP_NONE ? d->n : i;
}

bool cut_chain(struct chain *c, struct codes *codes, const struct datastack *d)
{
	struct map at = {0};
	size_t next = d->n, checked = 0; /* frames of d from `next` on are in the chain, or inside of what is */
	bool ok = true, gaps = false;

	for (size_t i = 0; ok && i < d->n; i++)
		ok = map_put(&at, d->at[i], i);
	while (ok && d->n && c->end == CHAIN_UNREADABLE) {
		for (; checked < c->n; checked++)
			next = min_of(next, position(d, &at, c->at[checked].addr));
		if (!next) { /* all that there is: what runs its outermost frame is C code */
			c->end = CHAIN_GAPS;
			break;
		}
		gaps = true;
		ok = chain_go_on(c, codes, d->at[--next]);
	}
	if (gaps && c->end == CHAIN_WHOLE)
		c->end = CHAIN_GAPS;
	map_release(&at);
	return ok;
}
