/* SPDX-License-Identifier: Apache-2.0 */
/* Inside heap/: roots that are words in C's memory, and how they are collected. */
#ifndef HEAP_ROOTSCAN_H
#define HEAP_ROOTSCAN_H

#include "heap/roots_named.h"

struct weak_area {
	addr_t start, end;
};
struct root_scan {
	struct visitor visitor; /* first: the callback casts back */
	const struct heap *h;
	struct rootset *rs;
	struct {
		VEC(struct weak_area);
	} skip; /* caches and free lists, sorted */
	bool failed;
};

/** Adds a root if `to` is an object; r.id is filled in. @return whether it is one. */
bool root_add(struct root_scan *s, addr_t to, struct root r);
/** Interpreters, thread states, statics, writable memory of modules, native stacks and registers.
 */
void roots_scan(struct root_scan *s);

#endif
