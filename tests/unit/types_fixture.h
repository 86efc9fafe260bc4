/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types and objects laid out by hand in a buffer target, for the tests of types/. One at a time: all of it
 * is the test program's.
 */
#ifndef TESTS_UNIT_TYPES_FIXTURE_H
#define TESTS_UNIT_TYPES_FIXTURE_H

#include <check.h>
#include <stdio.h>

#include "types/dicttable.h"
#include "types/typetab.h"

#define BASE  0x10000000ull
#define PAGES 16
#define SIZE  (PAGES * 4096u)
#define END   (BASE + SIZE)

/* Where things are, from BASE. */
enum { TYPE = 0x1000, OBJECT = 0x1400, OTHER = 0x1800, NAMES = 0x2000, AREA = 0x4000 };

extern uint8_t memory[SIZE];
extern struct python py;
extern struct notes notes;
extern struct target *target;
extern struct typetab *tt;
extern const struct typectx *c;

/* What an object's handlers gave. */
struct seen {
	struct visitor v;
	struct buffers b;
	uint64_t n, unowned;
	addr_t to[4096];
	uint64_t buffers, bytes;
};

void put(uint64_t at, uint64_t v);
void field(enum field_id f, int32_t offset, uint32_t size);
void lay_out_header(void);
void put_type(uint64_t at, uint64_t meta, uint64_t base, const char *name, uint64_t basicsize, uint64_t itemsize, uint64_t flags);
void open_all(void);
void setup_version(uint32_t hexversion);
void setup(void);
void teardown(void);
struct seen look(const struct object *o);
struct object load(uint64_t at);
void one_object(uint64_t at, const char *name, uint64_t basicsize, uint64_t itemsize, uint64_t flags);

#endif
