/* SPDX-License-Identifier: Apache-2.0 */
/* _io: BytesIO, StringIO, Buffered*; 2.7's cStringIO. */
#include "types/family.h"

/* Bytes objects only: what else a damaged pointer leads to might come back here. */
uint64_t bytes_getsizeof(const struct typectx *c, addr_t at)
{
	struct object o;

	return at && object_load(c->types, at, &o) && o.type->py == &pytype_bytes
		   ? object_size(c, &o)
		   : 0;
}

/* 3.x: a bytes object, counted while nobody shares it. 2.7: a plain buffer. */
static uint64_t bytesio_size(const struct typectx *c, const struct object *o)
{
	addr_t buf = obj_u64(c, o, F_bytesio_buf);
	uint64_t n = o->type->basicsize;
	const uint8_t *at;

	if (has(c, F_bytesio_buf_size))
		return buf ? size_var(n, obj_u64(c, o, F_bytesio_buf_size), 1) : n;
	at = buf ? image_at(c->im, buf, c->L->size[S_object]) : NULL;
	if (!at || object_refcount(c, at) > 1)
		return n;
	return size_var(n, bytes_getsizeof(c, buf), 1);
}

static void bytesio_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	if (!has(c, F_bytesio_buf_size))
		visit(v, obj_u64(c, o, F_bytesio_buf), EDGE_FIELD, (uintptr_t) "buf");
}

static void bytesio_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	if (has(c, F_bytesio_buf_size))
		own(b, obj_u64(c, o, F_bytesio_buf), obj_u64(c, o, F_bytesio_buf_size));
}

static void stringio_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	if (obj_u64(c, o, F_stringio_buf_size) < OWNED_MAX / 4)
		own(b, obj_u64(c, o, F_stringio_buf), obj_u64(c, o, F_stringio_buf_size) * 4);
}

static uint64_t buffered_size(const struct typectx *c, const struct object *o)
{
	return size_var(
	    o->type->basicsize,
	    obj_u64(c, o, F_buffered_buffer) ? obj_u64(c, o, F_buffered_buffer_size) : 0, 1);
}

static void buffered_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	own(b, obj_u64(c, o, F_buffered_buffer), obj_u64(c, o, F_buffered_buffer_size));
}

static void stringo27_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	own(b, obj_u64(c, o, F_cstringio_o27_buf), obj_u64(c, o, F_cstringio_o27_buf_size));
}

const struct pytype pytype_bytesio = {
    .name = "BytesIO",
    .size = bytesio_size,
    .extent = plain_extent,
    .refs = bytesio_refs,
    .buffers = bytesio_buffers,
    .exact_extent = true,
};
const struct pytype pytype_stringio = {
    .name = "StringIO",
    .size = fixed_size,
    .buffers = stringio_buffers,
    .exact_extent = true,
};
const struct pytype pytype_buffered = {
    .name = "buffered",
    .size = buffered_size,
    .extent = plain_extent,
    .buffers = buffered_buffers,
    .exact_extent = true,
};
const struct pytype pytype_cstringio_o27 = {
    .name = "StringO",
    .size = fixed_size,
    .buffers = stringo27_buffers,
    .exact_extent = true,
};
