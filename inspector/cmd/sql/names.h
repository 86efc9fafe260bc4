/* SPDX-License-Identifier: Apache-2.0 */
/* Names of types in SQL's order, and the objects of each: an index of 4 bytes an object, made when it is asked for. */
#ifndef CMD_SQL_NAMES_H
#define CMD_SQL_NAMES_H

#include "cmd/pick.h"

struct sql_names {
	struct session *s;
	const char **at; /* n of them, each once, sorted by bytes */
	uint32_t n;
	uint32_t *by_type;     /* typeinfo.id -> rank in `at` */
	uint32_t n_types;
	struct map by_class;   /* old-style class -> rank */
	uint32_t *start, *ids; /* sql_names_index(): objects by rank, then by id */
};

/** Names are borrowed from the pick. False when memory is out. */
bool sql_names_init(struct sql_names *n, struct session *s, const struct pick *p) must_check;
void sql_names_release(struct sql_names *n);
/** The rank of the object's type. */
uint32_t sql_names_rank(const struct sql_names *n, const struct object *o);
/** The rank of a name, n if there is none. */
uint32_t sql_names_find(const struct sql_names *n, const char *name, size_t len);
/** Makes the index. Fails: ERR_NOMEM, ERR_INTERRUPTED. */
enum err sql_names_index(struct sql_names *n) must_check;

#endif
