/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of objects that the commands share.
 */
#ifndef CMD_TEXT_H
#define CMD_TEXT_H

#include "cmd/between.h"
#include "cmd/pick.h"
#include "heap/attrs.h"
#include "heap/labels.h"

/** How much of a value is shown. */
struct shown {
	unsigned depth;	   /* containers in containers */
	unsigned elements; /* of one container */
	size_t length;	   /* characters of one string */
	size_t total;	   /* of the whole text, about */
};
#define SHOWN_ROW  ((struct shown){2, 6, 76, 200})	 /* in a column */
#define SHOWN_KEY  ((struct shown){6, 200, 8000, 20000}) /* to tell groups apart */
#define SHOWN_ONE  ((struct shown){4, 100, 4000, 20000}) /* the value of `show` */
#define SHOWN_FULL ((struct shown){100, UINT32_MAX, 1u << 26, 1u << 26})

/** The value as Python would print it, as much as `how` allows; "..." marks what is left out. */
void text_value(struct session *s, addr_t addr, struct shown how, struct buf *out);
/** The same for a column, cut to its width; lives until the next call with this buffer. */
const char *text_row(struct session *s, addr_t addr, struct buf *b);
/** sys.getsizeof(), 0 where it cannot be told. */
static inline uint64_t size_of(struct session *s, const struct object *o)
{
	uint64_t n = object_size(typetab_ctx(s->types), o);

	return n == SIZE_BAD ? 0 : n;
}
/**
 * Everything that the labels of references from one object to another say, joined: ".a", "[3], [7]". Needs the graph;
 * `known` is kept from one call to the next.
 */
void text_labels(struct session *s, struct between *known, const struct object *from, addr_t to, struct buf *out);
/** The name of a module, function, type or class: what one calls it by. False if it is none of these. */
bool text_own_name(struct session *s, const struct object *o, struct buf *out);

#endif
