/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums over all objects without a row for each of them.
 *
 * "SELECT type, count(*), sum(size) FROM objects GROUP BY 1" asks of every object only its type and size. SQLite needs
 * more time for a row than the heap's walk does for an object, so where a query is of this kind, `objects` gives one row
 * for all objects that agree in what the query reads, and count(), sum(), total() and avg(), which are ours, take such a
 * row for as many as it stands for (its weight). The answer is the same, in every case that is let through here.
 *
 * A query is of this kind if it has one SELECT on `objects` alone, reads only columns of COLUMNS_CONDENSED, calls an
 * aggregate function of ours and besides only functions that give the same for the same arguments, and has none of the
 * words DISTINCT, OVER and FILTER.
 */
#ifndef CMD_SQL_CONDENSE_H
#define CMD_SQL_CONDENSE_H

#include "cmd/sql/db.h"

/* Columns of `objects`, in order. */
enum objects_column {
	OBJ_ADDRESS,
	OBJ_TYPE,
	OBJ_MODULE,
	OBJ_SIZE,
	OBJ_LEN,
	OBJ_REFCOUNT,
	OBJ_NAME,
	OBJ_VALUE,
	OBJ_REPR,
	OBJ_COLUMNS
};
#define COLUMNS_CONDENSED (1u << OBJ_TYPE | 1u << OBJ_SIZE)

struct condensed_row {
	uint32_t rank; /* of the type's name; 0 if the query does not read it */
	uint64_t size; /* likewise */
	uint64_t weight;
};
struct condensed {
	VEC(struct condensed_row); /* by type name, then by size */
};

/** What the authorizer learns about a query while it is prepared. */
struct query_facts {
	unsigned selects, aggregates;
	unsigned columns; /* of `objects` that are read, as bits */
	bool other;	  /* something that forbids condensing */
};
void query_saw_column(struct query_facts *f, const char *table, const char *column);
void query_saw_function(struct query_facts *f, const char *name);
/** After the query was prepared: may `objects` be condensed for it? */
bool query_condenses(const struct query_facts *f, const char *sql);

/** Is the table the only one that is open, and the query of that kind? */
bool condense_is_possible(const struct sqldb *q);
/** Fails: ERR_NOMEM, ERR_INTERRUPTED. */
enum err condense(struct sqldb *q, bool backward, struct condensed **out) must_check;
void condensed_free(struct condensed *c);

/** count(), sum(), total(), avg() that know of weights. @return SQLite's code */
int sql_register_sums(struct sqldb *q);

#endif
