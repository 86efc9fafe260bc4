/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From object to object by name, as Python would go: ".name", "['key']", "[3]". No code of the
 * target is run, so properties and __getattr__ have no say: attributes are those that the instance
 * or its classes hold.
 */
#ifndef HEAP_ATTRS_H
#define HEAP_ATTRS_H

#include "base/map.h"
#include "heap/heap.h"

/** A name that is looked for again and again: which str objects read so is remembered. */
struct name_match {
	char *text;
	struct map known; /* address of a str -> 1 it reads so, 0 it does not */
};

struct attr_step {
	enum { STEP_ATTR, STEP_KEY, STEP_INDEX } kind;
	struct name_match name; /* ATTR, KEY */
	int64_t index;		/* INDEX; also as a dict's key */
};
/** A parsed ".a['k'][3]". */
struct attr_path {
	VEC(struct attr_step);
	struct map class_attrs; /* of the first step: class -> value */
};

/**
 * Parses text such as ".trace_info", "['url'].host", "name[0]"; a leading dot may be left out.
 * Fails: ERR_USAGE (shows the text with a mark under the place), ERR_NOMEM. Release in every case.
 */
enum err attr_path_parse(const char *text, struct attr_path *out, struct diag *d) must_check;
void attr_path_release(struct attr_path *p);
/** What the path leads to from an object; 0 if a step leads nowhere. */
addr_t attr_path_follow(const struct heap *h, struct attr_path *p, addr_t from);

/** Does the str read like the name? */
bool name_match_is(const struct heap *h, struct name_match *m, addr_t str);
/** The dict that holds the attributes of an object, 0 if there is none (inline values, slots). */
addr_t object_dict(const struct heap *h, const struct object *o);

#endif
