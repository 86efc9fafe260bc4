/* SPDX-License-Identifier: Apache-2.0 */
/* _pickle: what has been pickled so far (a table by address), what has been unpickled (an array),
 * stacks. */
#include "types/family.h"

#define STRING_MAX (1u << 16)

static const uint8_t *memo(const struct typectx *c, const struct object *o)
{
	return struct_at(c, obj_u64(c, o, F_pickler_memo), S_memotable);
}

static uint64_t memo_slots(const struct typectx *c, const uint8_t *m)
{
	uint64_t n = m ? at_u64(c, m, F_memotable_mt_allocated) : 0;

	return n < OWNED_MAX / 16 ? n : 0;
}

static uint64_t pickler_size(const struct typectx *c, const struct object *o)
{
	const uint8_t *m = memo(c, o);
	uint64_t n =
	    o->type->basicsize + bytes_getsizeof(c, obj_u64(c, o, F_pickler_output_buffer));

	return m ? n + c->L->size[S_memotable] + memo_slots(c, m) * c->L->size[S_memoentry] : n;
}

static void pickler_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	const uint8_t *m = memo(c, o), *at;
	uint64_t n = memo_slots(c, m);
	uint32_t each = c->L->size[S_memoentry];

	if (!m)
		return;
	at = image_at(c->im, at_u64(c, m, F_memotable_mt_table), n * each);
	for (uint64_t i = 0; at && i < n; i++)
		visit(v, at_u64(c, at + i * each, F_memoentry_me_key), EDGE_KEY, 0);
}

static void pickler_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	const uint8_t *m = memo(c, o);

	if (!m)
		return;
	own(b, obj_u64(c, o, F_pickler_memo), c->L->size[S_memotable]);
	own(b, at_u64(c, m, F_memotable_mt_table), memo_slots(c, m) * c->L->size[S_memoentry]);
}

static uint64_t words(const struct typectx *c, const struct object *o, enum field_id array,
		      enum field_id n)
{
	return obj_u64(c, o, array) && obj_u64(c, o, n) < OWNED_MAX / 8 ? obj_u64(c, o, n) * 8 : 0;
}

static const enum field_id strings[] = {F_unpickler_input_line, F_unpickler_encoding,
					F_unpickler_errors};

static uint64_t unpickler_size(const struct typectx *c, const struct object *o)
{
	uint64_t n = o->type->basicsize + words(c, o, F_unpickler_memo, F_unpickler_memo_size) +
		     words(c, o, F_unpickler_marks, F_unpickler_marks_size);

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		n += string_size(c, obj_u64(c, o, strings[i]), STRING_MAX);
	return n;
}

static void unpickler_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	visit_array(c, obj_u64(c, o, F_unpickler_memo),
		    words(c, o, F_unpickler_memo, F_unpickler_memo_size) / 8, EDGE_INDEX, 0, v);
}

static void unpickler_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	own(b, obj_u64(c, o, F_unpickler_memo),
	    words(c, o, F_unpickler_memo, F_unpickler_memo_size));
	own(b, obj_u64(c, o, F_unpickler_marks),
	    words(c, o, F_unpickler_marks, F_unpickler_marks_size));
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		own(b, obj_u64(c, o, strings[i]),
		    string_size(c, obj_u64(c, o, strings[i]), STRING_MAX));
}

/* The unpickler's stack. 3.x: a var-sized object with an array; 2.7: `length` and `size`. */
static uint64_t pdata_used(const struct typectx *c, const struct object *o)
{
	return has(c, F_pdata_length) ? obj_u64(c, o, F_pdata_length) & 0x7fffffff
				      : obj_count(c, o);
}

static void pdata_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	visit_array(c, obj_u64(c, o, F_pdata_data), pdata_used(c, o), EDGE_INDEX, 0, v);
}

static void pdata_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	uint64_t n =
	    has(c, F_pdata_allocated) ? obj_u64(c, o, F_pdata_allocated) : pdata_used(c, o);

	if (n < OWNED_MAX / 8)
		own(b, obj_u64(c, o, F_pdata_data), n * 8);
}

const struct pytype pytype_pickler = {
    .name = "Pickler",
    .size = pickler_size,
    .extent = plain_extent,
    .refs = pickler_refs,
    .buffers = pickler_buffers,
    .exact_extent = true,
};
const struct pytype pytype_unpickler = {
    .name = "Unpickler",
    .size = unpickler_size,
    .extent = plain_extent,
    .refs = unpickler_refs,
    .buffers = unpickler_buffers,
    .exact_extent = true,
};
const struct pytype pytype_pdata = {
    .name = "Pdata",
    .size = fixed_size,
    .refs = pdata_refs,
    .buffers = pdata_buffers,
    .exact_extent = true,
};
