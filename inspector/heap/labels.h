/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The references of one object with what they are: recomputed from the object, never stored.
 *
 * A label reads as Python where Python has a word for it: ".name", "['key']", "[3]", "key 'x'",
 * "local x", "cell_contents"; else it says what it is: "stack 2", "word at +24 (unsure)".
 * An expression is what Python would evaluate to get from the one object to the other.
 */
#ifndef HEAP_LABELS_H
#define HEAP_LABELS_H

#include "base/buf.h"
#include "base/vec.h"
#include "heap/heap.h"

struct edge {
	addr_t to;
	uint64_t aux;
	uint32_t nth; /* of the references of this kind, from 0, in the order of the visit */
	enum edge_kind kind;
};
struct edges {
	VEC(struct edge);
};

/** Gets every reference that leads to an object; false ends the visit. */
typedef bool edge_fn(void *arg, const struct edge *e);
/** All references of the object that lead to known objects, weak ones too. */
void edges_each(const struct heap *h, const struct object *o, edge_fn *fn, void *arg);
/** The same, collected: at most max, to_only's alone if that is not 0. False when memory is out. */
bool edges_collect(const struct heap *h, const struct object *o, addr_t to_only, size_t max,
		   struct edges *out) must_check;

/** The object at an address that is known to be one. False if it is none. */
bool heap_object(const struct heap *h, addr_t addr, struct object *out);
/** The object of an id. */
bool heap_object_at(const struct heap *h, uint32_t id, struct object *out);

/** The label of a reference of `from`. */
void edge_label(const struct heap *h, const struct object *from, const struct edge *e,
		struct buf *out);
/** The C field whose memory an EDGE_CARRAY lies in. */
const char *carray_label(const struct typeinfo *ti, uint64_t aux);
/**
 * Appends what leads from the object on to `e` in Python's own words. `next` is the step that
 * follows, or NULL: "__dict__" and ['x'] together are .x, and *merged says that it was used up.
 * False if Python has no expression for it.
 */
bool edge_expression(const struct heap *h, const struct object *from, const struct edge *e,
		     const struct edge *next, bool *merged, struct buf *out);
/** The name of a reference without the mark around it: an attribute's or a local's name, a key's
 * text. */
bool edge_name(const struct heap *h, const struct object *from, const struct edge *e,
	       struct buf *out);
/** The code of a function, method, generator, frame or code object; 0 if it is none of them, or written in C. */
addr_t object_code(const struct heap *h, const struct object *o);
/** Name of local `index` of a code object (localsplus). False if it has none. */
bool code_local_name(const struct heap *h, addr_t code, uint64_t index, struct buf *out);
/** Name of free variable `index` of a code object. */
bool code_free_name(const struct heap *h, addr_t code, uint64_t index, struct buf *out);
/** Qualified name of a function, where the version has that. */
void function_name(const struct heap *h, const struct object *function, struct buf *out);
/** Is the text a Python identifier (ASCII), and no keyword? */
bool is_identifier(const char *s, size_t n);

#endif
