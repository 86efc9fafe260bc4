/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects by point reads, for what looks at a few of them and takes no image: dicts, instance
 * attributes, small integers, types. Everything reads through target_read() and trusts nothing:
 * what cannot be is "not there".
 */
#ifndef TYPES_PEEK_H
#define TYPES_PEEK_H

#include "base/buf.h"
#include "python/python.h"

#define PEEK_CLASSES 32 /* of one chain of bases that are asked for slots */

/** A field of the struct at `at`, unsigned, bit-fields too. False if the version has none or it
 * cannot be read. */
bool peek_field(const struct python *py, addr_t at, enum field_id f, uint64_t *out);
/** A pointer field; 0 if it is absent, NULL or unreadable. */
addr_t peek_ptr(const struct python *py, addr_t at, enum field_id f);
/** A field's value, sign-extended; `otherwise` if it is absent or unreadable. */
int64_t peek_int(const struct python *py, addr_t at, enum field_id f, int64_t otherwise);
/** type(obj), 0 if it cannot be read. */
addr_t peek_type(const struct python *py, addr_t obj);
/** Is type(obj) the known type? */
bool peek_is(const struct python *py, addr_t obj, enum known_id type);

/** An int (2.7: long too) that fits. */
bool peek_int64(const struct python *py, addr_t obj, int64_t *out);
/** ob_size of a variable-size object, -1 if it cannot be read or makes no sense. */
int64_t peek_size(const struct python *py, addr_t obj);
/** Item of a tuple or list, 0 if there is none. */
addr_t peek_item(const struct python *py, addr_t sequence, int64_t index);

/** Type facts that instances depend on. */
struct peek_class {
	uint64_t flags;
	int64_t basicsize, itemsize, dictoffset;
	addr_t base;	    /* tp_base, 0 for object */
	addr_t cached_keys; /* heap types: keys that instances share, or 0 */
};
bool peek_class(const struct python *py, addr_t type, struct peek_class *out);
/** Is `type` the other, or derived from it (along tp_base)? */
bool peek_subtype(const struct python *py, addr_t type, addr_t of);

/** Keys and values in insertion order; of a dict, or of an instance that keeps its attributes
 * without one. */
struct peek_items {
	const struct python *py;
	addr_t entries, values, order;
	uint64_t n, next, stride, key_at, value_at;
	int order_step;
};
/** False if it is no dict or cannot be read. */
bool peek_items_of_dict(const struct python *py, addr_t dict, struct peek_items *out);
/** The attributes of an instance, wherever they are kept. False if it has none of its own. */
bool peek_items_of_instance(const struct python *py, addr_t obj, struct peek_items *out);
/** The next pair; false at the end. */
bool peek_items_next(struct peek_items *it, addr_t *key, addr_t *value);
/** ma_used of a dict, -1 if it cannot be read. */
int64_t peek_dict_size(const struct python *py, addr_t dict);

/** The items of a deque, from the left. Not bounded: a damaged one may go on for ever, or end early. */
struct peek_deque {
	const struct python *py;
	addr_t block;
	uint64_t each, at;
};
/** *n: how many it says that it has. False: it is none. */
bool peek_deque(const struct python *py, addr_t deque, struct peek_deque *out, int64_t *n);
bool peek_deque_next(struct peek_deque *w, addr_t *item);

/**
 * The attributes of an instance with their names: slots, those of base classes first, then what is in its dict or
 * inline values. Zero it but for py and obj.
 */
struct peek_attrs {
	const struct python *py;
	addr_t obj;
	addr_t classes[PEEK_CLASSES]; /* that may have slots, the last base first */
	unsigned n_classes, class;
	uint64_t member;
	bool started, has_items;
	struct peek_items items;
};
/** Sets `name` to the next one's. False at the end. */
bool peek_attrs_next(struct peek_attrs *it, struct buf *name, addr_t *value);
/** Was the type made by a class statement, as far as it shows? */
bool peek_python_class(const struct python *py, addr_t type);
/** An attribute that the instance itself has, 0 if it has none. */
addr_t peek_attribute(const struct python *py, addr_t obj, const char *name);
/** Value of an ASCII key in a dict of strings, 0 if there is none. */
addr_t peek_dict_value(const struct python *py, addr_t dict, const char *key);
/** Is it a str that equals the ASCII text? */
bool peek_string_is(const struct python *py, addr_t str, const char *text);

#endif
