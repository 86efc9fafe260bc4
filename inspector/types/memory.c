/* SPDX-License-Identifier: Apache-2.0 */
/* Objects around raw memory: memoryview, weak references, mmap, locks, 2.7's file, expat parsers.
 */
#include "types/family.h"

static void weakref_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	addr_t to = obj_u64(c, o, F_weakref_wr_object);

	if (to != c->py->known[K_none]) /* what dead ones hold */
		visit(v, to, EDGE_WEAK, 0);
}

static void lock_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	own(b, obj_u64(c, o, F_lock_lock_lock), 32); /* sizeof(sem_t) */
}

static void file27_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	addr_t start = obj_u64(c, o, F_file27_f_buf), end = obj_u64(c, o, F_file27_f_bufend);

	if (end > start)
		own(b, start, end - start);
	own(b, obj_u64(c, o, F_file27_f_setbuf), 1);
}

#define HANDLERS_MAX 64

/* expat's handlers: an array of objects, as many as there are kinds of event. */
static void expat_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	uint64_t n = c->L->c[C_EXPAT_HANDLERS];

	if (n <= HANDLERS_MAX)
		visit_array(c, obj_u64(c, o, F_expat_handlers), n, EDGE_FIELD,
			    (uintptr_t) "handler", v);
}

static void expat_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	uint64_t n = c->L->c[C_EXPAT_HANDLERS];

	if (n <= HANDLERS_MAX)
		own(b, obj_u64(c, o, F_expat_handlers), n * 8);
	own(b, obj_u64(c, o, F_expat_buffer), at_uint(c, o->at, F_expat_buffer_size));
}

/* Shape, strides and suboffsets follow the struct: 3 numbers for each dimension are its items. */
const struct pytype pytype_memoryview = {.name = "memoryview", .exact_extent = true};
/* Connections have an object for isolation_level up to 3.10; since there are blobs, a C string. */
static void sqlite_connection_refs(const struct typectx *c, const struct object *o,
				   struct visitor *v)
{
	if (!has(c, F_sqlite_connection_blobs))
		visit(v, obj_u64(c, o, F_sqlite_connection_isolation_level), EDGE_FIELD,
		      (uintptr_t) "isolation_level");
}

const struct pytype pytype_sqlite_connection = {
    .name = "sqlite3.Connection",
    .size = fixed_size,
    .refs = sqlite_connection_refs,
    .exact_extent = true,
};

#define STATE_MAX (1u << 16)

/* A module's C state: a struct of its own, known to its m_traverse only. Words that may be
 * references. */
static uint64_t module_state(const struct typectx *c, const struct object *o, addr_t *state)
{
	const uint8_t *def = has(c, F_module_md_def) && has(c, F_moduledef_m_size)
				 ? struct_at(c, obj_u64(c, o, F_module_md_def), S_moduledef)
				 : NULL;
	int64_t n = def ? (int64_t)at_u64(c, def, F_moduledef_m_size) : 0;

	*state = has(c, F_module_md_state) ? obj_u64(c, o, F_module_md_state) : 0;
	return *state && n > 0 && n < STATE_MAX ? (uint64_t)n : 0;
}

static void module_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	addr_t state;
	uint64_t n = module_state(c, o, &state);
	const uint8_t *at = image_at(c->im, state, n);

	for (uint64_t i = 0; at && i + 8 <= n; i += 8) {
		addr_t to = load64(at + i);

		if (to && !(to & 7) && image_delta(c->im, to))
			visit(v, to, EDGE_UNSURE, i);
	}
}

static void module_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	addr_t state;
	uint64_t n = module_state(c, o, &state);

	own(b, state, n);
}

const struct pytype pytype_module = {
    .name = "module",
    .size = fixed_size,
    .refs = module_refs,
    .buffers = module_buffers,
    .exact_extent = true,
};
const struct pytype pytype_weakref = {
    .name = "weakref",
    .size = fixed_size,
    .refs = weakref_refs,
    .exact_extent = true,
};
const struct pytype pytype_mmap = {.name = "mmap", .size = fixed_size, .exact_extent = true};
const struct pytype pytype_lock = {
    .name = "lock",
    .size = fixed_size,
    .buffers = lock_buffers,
    .exact_extent = true,
};
const struct pytype pytype_file27 = {
    .name = "file",
    .size = fixed_size,
    .buffers = file27_buffers,
    .exact_extent = true,
};
const struct pytype pytype_expat = {
    .name = "xmlparser",
    .size = fixed_size,
    .refs = expat_refs,
    .buffers = expat_buffers,
    .exact_extent = true,
};
