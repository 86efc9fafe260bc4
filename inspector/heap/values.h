/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short texts of objects for labels and paths, and how long a container is. Whole values are
 * written by object_repr() (types/repr.h).
 */
#ifndef HEAP_VALUES_H
#define HEAP_VALUES_H

#include "base/buf.h"
#include "heap/heap.h"

#define VALUE_BRIEF 60 /* characters of a text */

/** The text of a str (2.7: unicode too), as it is. False if it is none. */
bool value_name(const struct heap *h, addr_t addr, struct buf *out);
bool value_is_str(const struct heap *h, addr_t addr);
/** As Python would print it, at most a line. Never fails: what cannot be read is <type at 0x...>.
 */
void value_brief(const struct heap *h, addr_t addr, struct buf *out);
/** The same with other limits: characters of a string, containers in containers, elements of one.
 */
void value_text(const struct heap *h, addr_t addr, size_t length, unsigned depth, unsigned elements,
		struct buf *out);
/** Exactly what one writes in Python to get an equal object. False if there is no such literal
 * here. */
bool value_literal(const struct heap *h, addr_t addr, struct buf *out);
/**
 * len(): characters, bytes or elements. False if the object has no length that we know.
 */
bool object_length(const struct typectx *c, const struct object *o, uint64_t *n);

#endif
