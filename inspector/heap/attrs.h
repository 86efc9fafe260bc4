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
#include "heap/literals.h"

struct attr_step {
	enum { STEP_ATTR, STEP_ITEM } kind;
	struct literal key; /* ATTR: the name, as a string */
	struct map known;   /* of a string that is looked for again and again: address of a str -> does it read so? */
	size_t from, end;   /* where it stands in the text */
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
/** Steps from p->at to the end of the text; none is fine. */
enum err attr_steps_parse(struct parsing *p, struct attr_path *out) must_check;
/** An attribute's name at p->at, appended as a step. */
enum err attr_name_parse(struct parsing *p, struct attr_path *out) must_check;
/** One step to the item with this key: a number, or a string without quotes. Fails: ERR_NOMEM. */
enum err attr_path_key(const char *key, struct attr_path *out, struct diag *d) must_check;
void attr_path_release(struct attr_path *p);
/** What the path leads to from an object; 0 if a step leads nowhere. */
addr_t attr_path_follow(const struct heap *h, struct attr_path *p, addr_t from);

/** An attribute that the object itself holds: in its dict, its slots, its C fields; a type also by its bases. 0 = none. */
addr_t attr_own(const struct heap *h, struct attr_step *step, const struct object *o);
/** An attribute that the object's class or one of its bases holds, as it lies there. */
addr_t attr_of_class(const struct heap *h, struct attr_step *step, const struct object *o);
/** What obj[key] is stored as: an item of a list, tuple, deque or dict. 0 = there is none. */
addr_t attr_item(const struct heap *h, struct attr_step *step, const struct object *o);
/** The dict that holds the attributes of an object, 0 if there is none (inline values, slots). */
addr_t object_dict(const struct heap *h, const struct object *o);
/** type(o), of 2.7's old-style instances their class. */
addr_t object_class(const struct heap *h, const struct object *o);

#endif
