/* SPDX-License-Identifier: Apache-2.0 */
/* What an object holds, each by its name: attributes, items, the fields of its C struct. */
#ifndef CMD_MEMBERS_H
#define CMD_MEMBERS_H

#include "cmd/view.h"
#include "heap/labels.h"

/** One of them, as texts of ours. */
struct member {
	const char *kind;  /* "attribute", "item", ... Static */
	char *label;	   /* ".name", "['key']" */
	char *name;	   /* of an attribute, field or local, else NULL */
	char *key, *value; /* JSON (plain.h), NULL = none, or too long */
	char *type, *repr;
	addr_t key_address; /* 0 = none */
	addr_t address;
	uint64_t size; /* OUT_NULL = cannot be told */
};
struct members {
	const struct view *view;
	struct object o;
	uint64_t limit; /* 0 = none */
	uint64_t hidden; /* beyond the limit */
	uint64_t said;
	bool read, failed; /* failed: memory is out */
	struct out *out;   /* while they are written */
	struct {
		VEC(struct member);
	} list; /* after members_read() */
};

/** How many there are; stops to count behind `enough`. */
uint64_t members_count(const struct heap *h, const struct object *o, uint64_t enough);
/** Reads them now, to be written later. */
void members_read(struct members *m);
/** Writes the table of them. */
void members_say(struct members *m, struct out *out);
void members_release(struct members *m);

#endif
