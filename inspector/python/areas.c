/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that lie in place: in the runtime, in interpreters, in arrays of the program, in 2.7's
 * own blocks. */
#include "base/map.h"
#include "python/priv.h"

static void add_area(struct refresh *r, addr_t start, uint64_t size, uint32_t stride,
		     const char *what)
{
	if (start && size)
		r->failed |= !vec_push(&r->py->static_areas,
				       ((struct static_area){start, start + size, stride, what}));
}

static void add_field(struct refresh *r, addr_t base, enum field_id f, enum struct_id element,
		      const char *what)
{
	const struct field *k = &r->py->L.f[f];
	uint32_t stride = k->stride ? k->stride : element < S_COUNT ? r->py->L.size[element] : 0;

	if (base && k->offset >= 0)
		add_area(r, base + (uint32_t)k->offset, k->size, stride, what);
}

static void add_runtime(struct refresh *r)
{
	addr_t at = r->py->runtime;

	add_field(r, at, F_runtime_object_small_ints, S_long, "small_ints");
	add_field(r, at, F_runtime_bytes_empty, S_COUNT, "bytes_empty");
	add_field(r, at, F_runtime_bytes_characters, S_COUNT, "bytes_characters");
	add_field(r, at, F_runtime_strings, S_COUNT, "strings");
	add_field(r, at, F_runtime_tuple_empty, S_COUNT, "tuple_empty");
	add_field(r, at, F_runtime_hamt_bitmap_node_empty, S_COUNT, "hamt_bitmap_node_empty");
	add_field(r, at, F_runtime_context_token_missing, S_COUNT, "context_token_missing");
}

static void add_interp(struct refresh *r, addr_t at)
{
	add_field(r, at, F_interp_hamt_empty, S_COUNT, "hamt_empty");
	add_field(r, at, F_interp_last_resort_memory_error, S_COUNT, "last_resort_memory_error");
}

/* Through 3.8 the small ints are an array of objects (2.7: of pointers, to objects in its int
 * blocks). */
static void add_small_ints(struct refresh *r)
{
	uint64_t size = python_known_size(r->py, K_small_ints), each = r->py->L.size[S_long];

	if (r->py->known[K_small_ints] && each && size == each * r->py->L.c[C_SMALL_INT_COUNT])
		add_area(r, r->py->known[K_small_ints], size, (uint32_t)each, "small_ints");
}

static void add_blocks(struct refresh *r, addr_t head, enum struct_id block, enum field_id next,
		       enum field_id objects, enum struct_id element, const char *what)
{
	const struct layout *L = &r->py->L;
	struct map seen = {0};
	addr_t at;

	if (!target_read_u64(r->py->t, head, &at)) {
		r->damaged++;
		return;
	}
	for (uint32_t n = 0; at && !r->failed; n++) {
		if (n >= BLOCKS_MAX || map_get(&seen, at) != MAP_NONE) {
			r->damaged++;
			break;
		}
		r->failed = !map_put(&seen, at, 1);
		add_area(r, at + (uint32_t)L->f[objects].offset,
			 L->size[block] - (uint32_t)L->f[objects].offset, L->size[element], what);
		if (!py_field(r->py, at, next, &at)) {
			r->damaged++;
			break;
		}
	}
	map_release(&seen);
}

/* 2.7's ints and floats: each kind has a file-level block_list. Their blocks have the same form but
 * for the name. */
static void add_number_blocks(struct refresh *r)
{
	struct static_symbol lists[4];
	size_t n = python_statics(r->py, K_block_list, lists, ARRAY_SIZE(lists));

	if (!layout_has(&r->py->L, F_intblock27_next) ||
	    !layout_has(&r->py->L, F_intblock27_objects))
		return;
	for (size_t i = 0; i < n; i++)
		add_blocks(r, lists[i].addr, S_intblock27, F_intblock27_next, F_intblock27_objects,
			   S_int27, "number block");
}

void refresh_areas(struct refresh *r)
{
	add_runtime(r);
	vec_foreach (in, &r->py->interps)
		add_interp(r, in->addr);
	add_small_ints(r);
	add_number_blocks(r);
}
