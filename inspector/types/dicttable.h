/* SPDX-License-Identifier: Apache-2.0 */
/* Inside types/ only: the key tables of dicts (3.6+), which instances and types have too. */
#ifndef TYPES_DICTTABLE_H
#define TYPES_DICTTABLE_H

#include "types/family.h"

struct dict_table {
	addr_t addr;
	uint64_t size;	 /* bytes of the whole table */
	uint64_t slots;	 /* dk_size */
	uint64_t usable; /* entries it has room for */
	uint64_t used;	 /* dk_nentries: entries 0 .. used - 1 are there */
	uint64_t free;	 /* dk_usable */
	uint64_t refcount;
	const uint8_t *entries;
	uint32_t stride, key, value; /* bytes an entry; offsets in it */
};

/** Reads and checks the header; the entries up to `used` are in the image. False if the table is
 * damaged. */
bool dict_table_load(const struct typectx *c, addr_t keys, struct dict_table *out);
static inline addr_t dict_table_key(const struct dict_table *t, uint64_t i)
{
	return load64(t->entries + i * t->stride + t->key);
}
static inline addr_t dict_table_value(const struct dict_table *t, uint64_t i)
{
	return load64(t->entries + i * t->stride + t->value);
}

/** __sizeof__ of a dict beyond basicsize, SIZE_BAD if damaged. */
uint64_t dict_table_bytes(const struct typectx *c, const struct object *o);
void dict_refs(const struct typectx *c, const struct object *o, struct visitor *v);
void dict_buffers(const struct typectx *c, const struct object *o, struct buffers *b);
bool dict_plausible(const struct typectx *c, const struct object *o);
void dict27_refs(const struct typectx *c, const struct object *o, struct visitor *v);
void dict27_buffers(const struct typectx *c, const struct object *o, struct buffers *b);
bool dict27_plausible(const struct typectx *c, const struct object *o);
uint64_t dict27_table_bytes(const struct typectx *c, const struct object *o);
/** 3.13+: the header of a values array, with capacity and flags. NULL if it is not there, or in
 * older versions. */
static inline const uint8_t *dict_values_head(const struct typectx *c, addr_t values)
{
	return has(c, F_dictvalues_values)
		   ? image_at(c->im, values, offset_of(c, F_dictvalues_values))
		   : NULL;
}
/** The start of the block that holds a values array, and its size: 3.11 and 3.12 keep bytes before
 * the pointer. */
void dict_values_block(const struct typectx *c, const struct dict_table *t, addr_t values,
		       addr_t *start, uint64_t *len);

#endif
