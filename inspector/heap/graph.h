/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference graph: who refers to whom, as compressed rows (CSR) of 32-bit object ids.
 *
 * Ids are those of the heap (address order). Forward references come first, in the order in which
 * the object's family visits them, duplicates kept; backward ones by counting sort when they are
 * first asked for. Labels are not stored: heap/labels.h recomputes them for the object shown. Built
 * once a session, all-or-nothing, on all processors; no recursion anywhere.
 */
#ifndef HEAP_GRAPH_H
#define HEAP_GRAPH_H

#include "heap/heap.h"

struct graph;

/**
 * With `weak` what is referred to weakly counts like any reference. The table of interned strings
 * refers to nothing: it does not keep them alive.
 * Fails: ERR_NOMEM, ERR_INTERRUPTED, ERR_UNSUPPORTED (2^32 references or more). Borrows the heap.
 */
enum err graph_open(struct heap *h, bool weak, struct graph **out, struct diag *d) must_check;
void graph_close(struct graph *g);
uint32_t graph_objects(const struct graph *g);
uint64_t graph_references(const struct graph *g);
/** What the object refers to: ids, *n of them. */
const uint32_t *graph_refs(const struct graph *g, uint32_t id, uint32_t *n);
/** Makes the backward rows (4 bytes a reference and an object more). Fails: ERR_NOMEM. */
enum err graph_need_referrers(struct graph *g, struct diag *d) must_check;
/** Have they been made? False for no graph. */
bool graph_has_referrers(const struct graph *g);
/** Who refers to it, ascending ids, once for every reference. After graph_need_referrers(). */
const uint32_t *graph_referrers(const struct graph *g, uint32_t id, uint32_t *n);
/** typeinfo.id of the object. */
uint32_t graph_type(const struct graph *g, uint32_t id);

#endif
