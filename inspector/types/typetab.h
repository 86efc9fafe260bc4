/* SPDX-License-Identifier: Apache-2.0 */
/* Inside types/ only: the table of types, and how one type object is read. */
#ifndef TYPES_TYPETAB_H
#define TYPES_TYPETAB_H

#include <pthread.h>

#include "base/buf.h"
#include "base/map.h"
#include "types/family.h"

#define TYPES_PER_CHUNK 256
#define TYPE_CHUNKS	1024 /* as many chunks as there can be: 262144 types */
#define FAST_BITS	14   /* slots of the lock-free table */

struct typetab {
	struct typectx ctx;
	struct target *t;
	struct notes *notes;
	const struct python *py;
	pthread_mutex_t lock;
	struct map known; /* address -> id, or KNOWN_BAD */
	struct map words; /* typetab_word() */
	struct typeinfo *chunks[TYPE_CHUNKS];
	uint32_t n;
	struct {
		VEC(void *);
	} strings;				     /* names, slots, refs: freed at the end */
	const struct typeinfo *fast[1 << FAST_BITS]; /* published with release, read with acquire */
	const struct typeinfo *type_type;	     /* `type`, set while the table is opened */
	bool refined;
	struct {
		VEC(struct arena_area);
	} arenas; /* by address: once refined */
};

/** What a type object says, as bytes of ours. */
struct raw_type {
	addr_t addr;
	uint8_t at[1024]; /* the PyTypeObject, and what of the PyHeapTypeObject is there */
	size_t n;
};
bool raw_type_read(const struct typetab *tt, addr_t addr, struct raw_type *out);
uint64_t raw_type_u64(const struct typetab *tt, const struct raw_type *r, enum field_id f);
/** Could this be a type object at all: sizes, flags, and a chain of types that ends at `type`? */
bool raw_type_valid(const struct typetab *tt, const struct raw_type *r);
/** Fills in everything but id, base and meta, which the caller knows. False: out of memory, or no
 * type after all. */
bool typeinfo_fill(struct typetab *tt, const struct raw_type *r, struct typeinfo *ti);
/** Decides the family: its row, its references, what must be scanned. Wants all else of ti. False:
 * out of memory. */
bool typeinfo_choose(struct typetab *tt, const struct raw_type *r, struct typeinfo *ti);
/**
 * 8 bytes of read-only data of a module (descriptors, names), which the image does not hold.
 * Remembered; takes the lock. False if they are not there.
 */
bool typetab_word(struct typetab *tt, addr_t at, uint64_t *out);
/** The table's own, to change. */
struct typeinfo *typetab_own(struct typetab *tt, uint32_t id);
const char *typetab_keep_string(struct typetab *tt, const char *s);
/** Memory that lives as long as the table. */
void *typetab_keep(struct typetab *tt, size_t n);

#endif
