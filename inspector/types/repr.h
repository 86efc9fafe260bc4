/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values as text, as Python's repr() writes them where it does not run code of the target: numbers,
 * strings and containers are exact; an instance of a class is shown by its class and, at depth, its
 * attributes. By point reads, bounded: a container of millions costs as little as one of ten.
 *
 * The text is not made safe for a terminal beyond what repr() escapes; out/ does that.
 */
#ifndef TYPES_REPR_H
#define TYPES_REPR_H

#include "base/buf.h"
#include "python/python.h"

struct repr_limits {
	unsigned depth; /* containers and attributes inside of each other, at most REPR_DEPTH_MAX */
	unsigned items; /* of each container */
	unsigned chars; /* of each string, digits of each int */
	size_t total;	/* bytes of text, about */
};
#define REPR_DEPTH_MAX 16
#define REPR_LIMITS                                                                                \
	{                                                                                          \
		.depth = 2, .items = 10, .chars = 200, .total = 2000                               \
	}

/**
 * Appends the value. Always something: what cannot be read is "<unreadable 0x...>", what has no
 * known form
 * "<module.Class at 0x...>".
 */
void object_repr(const struct python *py, addr_t obj, const struct repr_limits *lim,
		 struct buf *out);
/** "module.Class", builtins bare; "?" if it cannot be read. */
void type_repr_name(const struct python *py, addr_t type, struct buf *out);

/* ---- inside types/ ---- */

struct repr {
	const struct python *py;
	const struct repr_limits *lim;
	struct buf *out;
	unsigned depth; /* how deep we are */
	size_t end;	/* out->n at which it is enough */
};
/** Is the text long enough? Then "..." stands for what follows. */
static inline bool repr_full(const struct repr *r)
{
	return r->out->n >= r->end || !buf_ok(r->out);
}
/** A value inside of another one. */
void repr_inner(struct repr *r, addr_t obj);
void repr_unknown(struct repr *r, addr_t obj);

void repr_int(struct repr *r, addr_t obj);
void repr_int27(struct repr *r, addr_t obj);
void repr_float(struct repr *r, addr_t obj);
void repr_complex(struct repr *r, addr_t obj);
/** The shortest text that reads as the same number, as Python writes it. */
void repr_double(double v, struct buf *out);
void repr_str(struct repr *r, addr_t obj);
void repr_bytes(struct repr *r, addr_t obj);
void repr_bytearray(struct repr *r, addr_t obj);
void repr_tuple(struct repr *r, addr_t obj);
void repr_list(struct repr *r, addr_t obj);
void repr_dict(struct repr *r, addr_t obj);
void repr_set(struct repr *r, addr_t obj);
void repr_frozenset(struct repr *r, addr_t obj);
void repr_type(struct repr *r, addr_t obj);
void repr_function(struct repr *r, addr_t obj);
void repr_method(struct repr *r, addr_t obj);
void repr_builtin(struct repr *r, addr_t obj);
void repr_module(struct repr *r, addr_t obj);
void repr_code(struct repr *r, addr_t obj);
void repr_cell(struct repr *r, addr_t obj);
void repr_exception(struct repr *r, addr_t obj);
void repr_instance(struct repr *r, addr_t obj);

#endif
