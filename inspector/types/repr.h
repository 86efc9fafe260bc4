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
#include "types/peek.h"

struct repr_limits {
	unsigned depth; /* containers and attributes inside of each other, at most REPR_DEPTH_MAX */
	unsigned items; /* of each container */
	unsigned chars; /* of each string, digits of each int */
	size_t total;	/* bytes of text, about */
};
#define REPR_DEPTH_MAX 100
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
	bool plain;	/* instances without their attributes */
	addr_t above[REPR_DEPTH_MAX + 2]; /* what we are inside of, by depth */
};
/** Is the text long enough? Then "..." stands for what follows. */
static inline bool repr_full(const struct repr *r)
{
	return r->out->n >= r->end || !buf_ok(r->out);
}
/** Too deep for a further level? */
static inline bool repr_deep(const struct repr *r)
{
	return r->depth >= r->lim->depth;
}
/** A value inside of another one. */
void repr_inner(struct repr *r, addr_t obj);
void repr_unknown(struct repr *r, addr_t obj);
/** "<module.Class object at 0x...>" */
void repr_default(struct repr *r, addr_t obj);
/** " at 0x...>" */
void repr_address(struct repr *r, addr_t obj);
/** A str as it is, "?" if it is none. */
void repr_name(struct repr *r, addr_t str);
/** __name__ of the object's class. */
void repr_class_name(struct repr *r, addr_t obj);
/** tp_name of a type: of C types with the module. */
void repr_tp_name(struct repr *r, addr_t type);
/** The attribute that a class made by a class statement has, or its nearest base, which becomes *type. 0 if none. */
addr_t repr_class_attribute(const struct python *py, addr_t *type, const char *name);
/** "... N more" for items that are not shown. */
void repr_more(struct repr *r, uint64_t shown, uint64_t n);
/** What stands between the braces of a dict. */
void repr_pairs(struct repr *r, struct peek_items *it, uint64_t n);
/** An int as 32-bit words, the lowest first. False if it has more than max, or cannot be read. */
bool repr_int_words(const struct python *py, addr_t obj, uint32_t *words, size_t max, size_t *n,
		    bool *negative);
/** Characters in quotes; `unicode` with the escapes of a str, else of bytes. */
void repr_quoted(struct repr *r, addr_t at, uint64_t n, unsigned width, bool unicode, addr_t obj);
/** Is it an enum's member; a tuple with names? Writes it then. */
bool repr_enum(struct repr *r, addr_t obj);
bool repr_named_tuple(struct repr *r, addr_t obj);

#define REPR(known, function, value) void repr_##function(struct repr *r, addr_t obj);
#define REPR_NAMED(names, function) void repr_##function(struct repr *r, addr_t obj);
#include "types/repr.def"
/** The shortest text that reads as the same number, as Python writes it. */
void repr_double(double v, struct buf *out);
void repr_exception(struct repr *r, addr_t obj);
void repr_instance(struct repr *r, addr_t obj);

#endif
