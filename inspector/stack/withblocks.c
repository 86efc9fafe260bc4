/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/slots.h"
#include "stack/withblocks.h"
#include "types/peek.h"

#define UNIT	   2 /* bytes of a code unit */
#define TABLE_MAX  (1u << 20)
#define CODE_MAX   (4u << 20)
#define CHAIN_MAX  200	/* handlers around each other */
#define BLOCKS_MAX 20	/* of a frame, before 3.11 */
#define VARINT_MAX (1u << 30)

/* ---- 3.11 and later: the exception table ---- */

struct bytes {
	const uint8_t *at, *end;
};

/* Six bits a byte, the highest first; 0x40 = more follow. */
static bool varint(struct bytes *b, uint32_t *out)
{
	uint32_t v = 0;
	uint8_t byte = 0x40;

	while (byte & 0x40) {
		if (b->at == b->end || v > VARINT_MAX >> 6)
			return false;
		byte = *b->at++;
		v = v << 6 | (byte & 0x3f);
	}
	*out = v;
	return true;
}

struct handler {
	uint32_t target, depth;
	bool lasti;
};

/* Entries are in order and do not overlap: start, length, target, depth. In code units. */
static bool find_handler(const uint8_t *table, size_t n, uint32_t unit, struct handler *out)
{
	struct bytes b = {table, table + n};
	uint32_t start, length, target, depth;

	while (varint(&b, &start) && varint(&b, &length) && varint(&b, &target) &&
	       varint(&b, &depth)) {
		if (start > unit)
			return false;
		if (unit - start >= length)
			continue;
		*out = (struct handler){target, depth >> 1, depth & 1};
		return true;
	}
	return false;
}

void with_depths_find(const uint8_t *table, size_t n, const uint8_t *bytecode, size_t size,
		      int64_t at, uint8_t opcode, struct with_depths *out)
{
	struct handler h;
	uint64_t unit = (uint64_t)at / UNIT;

	out->n = 0;
	for (int i = 0; at >= 0 && unit < CODE_MAX && i < CHAIN_MAX && out->n < WITH_BLOCKS_MAX; i++) {
		if (!find_handler(table, n, unit, &h))
			return;
		if (h.lasti && h.depth && (uint64_t)(h.target + 1) * UNIT < size &&
		    bytecode[(h.target + 1) * UNIT] == opcode)
			out->depth[out->n++] = h.depth;
		unit = h.target;
	}
}

static uint8_t *read_bytes(const struct python *py, addr_t at, uint64_t n, uint64_t max)
{
	uint8_t *bytes = n && n <= max ? malloc(n) : NULL;

	if (bytes && target_read(py->t, at, bytes, n))
		return bytes;
	free(bytes);
	return NULL;
}

static void decode(struct with_reader *r, const struct code *code, int64_t at,
		   struct with_depths *out)
{
	const struct python *py = r->py;
	addr_t table_at = peek_ptr(py, code->addr, F_code_co_exceptiontable);
	int64_t n = peek_size(py, table_at);
	uint8_t *table = n > 0 && peek_is(py, table_at, K_bytes)
			     ? read_bytes(py, table_at + py->L.f[F_bytes_ob_sval].offset, n, TABLE_MAX)
			     : NULL;
	uint8_t *bytecode = table && code->start ? read_bytes(py, code->start, code->size, CODE_MAX) : NULL;

	if (bytecode)
		with_depths_find(table, n, bytecode, code->size, at,
				 (uint8_t)py->L.c[C_OP_WITH_EXCEPT_START], out);
	free(table);
	free(bytecode);
}

/* Out of memory: nothing is remembered. */
static struct with_depths depths_of(struct with_reader *r, const struct pyframe *f)
{
	uint64_t key = (uint64_t)f->code << 32 | (uint32_t)f->at;
	uint64_t known = map_get(&r->seen, key);
	struct with_depths d = {0};

	if (known != MAP_NONE)
		return r->known.at[known];
	decode(r, &r->codes->at[f->code], f->at, &d);
	if (vec_push(&r->known, d) && !map_put(&r->seen, key, r->known.n - 1))
		r->known.n--;
	return d;
}

/* ---- before: the frame's own blocks ---- */

static unsigned block_depths(const struct python *py, addr_t frame, uint32_t depth[BLOCKS_MAX])
{
	int64_t n = peek_int(py, frame, F_frame_f_iblock, 0);
	unsigned found = 0;

	if (n > BLOCKS_MAX || !layout_has(&py->L, F_frame_f_blockstack))
		return 0;
	while (n-- > 0) {
		addr_t block = frame + py->L.f[F_frame_f_blockstack].offset +
			       n * py->L.size[S_tryblock];
		int64_t level = peek_int(py, block, F_tryblock_b_level, 0);

		if (level > 0 && level <= SLOTS_MAX && (!found || depth[found - 1] != level))
			depth[found++] = (uint32_t)level;
	}
	return found;
}

/* ---- */

/* self of what lies there, if that is a bound __exit__. */
static addr_t exit_self(const struct python *py, addr_t obj)
{
	addr_t self = obj ? slot_self(py, obj) : 0, def;
	char name[16];

	if (!self || self == obj)
		return 0;
	if (!peek_is(py, obj, K_cfunction))
		return peek_string_is(py, peek_ptr(py, peek_ptr(py, obj, F_method_im_func),
						   F_function_func_name),
				      "__exit__")
			   ? self
			   : 0;
	def = peek_ptr(py, peek_ptr(py, obj, F_cfunction_m_ml), F_methoddef_ml_name);
	return def && target_read_string(py->t, def, name, sizeof(name)) &&
		       !strcmp(name, "__exit__")
		   ? self
		   : 0;
}

unsigned with_blocks(struct with_reader *r, const struct pyframe *f, addr_t out[WITH_BLOCKS_MAX])
{
	const struct python *py = r->py;
	const struct code *code = &r->codes->at[f->code];
	struct with_depths d = {0};
	unsigned n = 0;

	if (layout_has(&py->L, F_code_co_exceptiontable)) {
		if (layout_has_const(&py->L, C_OP_WITH_EXCEPT_START))
			d = depths_of(r, f);
	} else {
		d.n = block_depths(py, f->addr, d.depth);
	}
	for (unsigned i = 0; i < d.n; i++) {
		addr_t self = exit_self(py, slot_stack(py, f, code, d.depth[i] - 1));

		if (self)
			out[n++] = self;
	}
	return n;
}

void with_reader_release(struct with_reader *r)
{
	map_release(&r->seen);
	vec_release(&r->known);
}
