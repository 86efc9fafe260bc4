/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the user means by TYPE, ADDRESS and A..B, and what types are called: shared by the commands
 * that look at single objects.
 */
#ifndef CMD_PICK_H
#define CMD_PICK_H

#include "base/map.h"
#include "cmd/typerows.h"

/** Names of all types, and a choice of them. */
struct pick {
	struct session *s;
	struct type_rows rows;
	struct map by_address; /* type object or old-style class -> index of row */
	bool *chosen;	       /* by row */
	bool all;
};

/**
 * TYPE is a name as `types` shows it, one without the module where that is enough, or a glob; NULL
 * = all types. Fails: ERR_NOT_FOUND (names the nearest ones), ERR_NOMEM. pick_release() in every
 * case.
 */
enum err pick_open(struct pick *p, struct session *s, const char *type) must_check;
void pick_release(struct pick *p);
/** Is the name of a type meant by what was asked for, in that way? 0 is the strictest: the very name; then without
 * "instance of", its last part, a glob. */
bool pick_name_matches(const char *name, const char *asked, unsigned way);
#define PICK_WAYS 4
/** Is the object of a chosen type? */
bool pick_has(const struct pick *p, const struct object *o);
/** What `types` calls the object's type; old-style instances by their class. Borrowed. */
const char *pick_name(const struct pick *p, const struct object *o);
/** The module of that type or class; "" if it is a builtin's or unknown. Borrowed. */
const char *pick_module(const struct pick *p, const struct object *o);

/**
 * The object at, or around, the address that `text` is (0x... or decimal). Fails: ERR_USAGE (no
 * number), ERR_BAD_ADDRESS (says what is there instead: nothing, a freed block, memory that is no
 * object).
 */
enum err pick_object(struct session *s, const char *text, struct object *out) must_check;

/** "N", "A..B", "A.." or "..B"; both ends count. NULL = everything. */
struct range {
	uint64_t from, to;
	bool given;
};
enum err range_parse(const char *text, const char *option, struct range *out,
		     struct diag *d) must_check;
static inline bool range_has(const struct range *r, uint64_t n)
{
	return n >= r->from && n <= r->to;
}

#endif
