/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heap as tables of SQLite. Nothing is copied: a table is a `struct sql_table`, whose functions look into the graph
 * in memory when SQLite asks for a row.
 *
 * Most tables are of objects: their first column is an address, their rows come in address order, and SQLite's
 * conditions on that column become a range of object ids. A second column may be an index too (objects by type,
 * references by target).
 *
 * To add a table: a file with a `const struct sql_table`, a row in tables.def, the file in cmd/local.mk.
 */
#ifndef CMD_SQL_DB_H
#define CMD_SQL_DB_H

#include <sqlite3.h>
#include "cmd/pick.h"
#include "cmd/sql/edges.h"
#include "cmd/sql/names.h"
#include "stack/stacks.h"

#define SQL_TEXT_MAX (1u << 24)

/** A connection to the heap. Owned by the command that opened it; not for several threads. */
struct sqldb {
	struct session *s;
	sqlite3 *db;
	struct pick pick;
	struct sql_names names;
	struct edge_lists lists;
	struct stacks stacks; /* sqldb_stacks() */
	bool have_stacks;
	size_t text_max;      /* characters of a text that a column gives */
	unsigned open_cursors;
	bool may_condense;    /* see condense.h */
	unsigned condensed;   /* columns of `objects` that the query reads, as bits */
	uint64_t weight;      /* objects that the present row of `objects` stands for */
	enum err failed;      /* what a table failed with; the diag has it */
	struct buf text;      /* scratch */
};

struct sql_column {
	const char *name, *type, *help;
};
struct sql_table;

/** One walk over a table. */
struct sql_cursor {
	sqlite3_vtab_cursor base; /* first: SQLite's */
	const struct sql_table *table;
	struct sqldb *q;
	bool eof;
};

/* How rows are to be found: bits of `plan`. */
enum {
	PLAN_KEY = 1,	   /* of one object: the range has it, or is empty */
	PLAN_FROM = 2,	   /* from an address on */
	PLAN_TO = 4,	   /* up to an address */
	PLAN_SECOND = 8,   /* by the second index: `second` is the value */
	PLAN_SORTED = 16,  /* all, in the order of the second index */
	PLAN_BACKWARD = 32 /* the other way round */
};
struct sql_plan {
	int bits;
	uint32_t from, to; /* ids */
	sqlite3_value *second;
};

struct sql_table {
	const char *name, *brief;
	const struct sql_column *columns;
	size_t n_columns;
	bool of_objects;    /* column 0 is the address of an object, rows are in its order */
	int second;	    /* the column that is an index too, 0 = none */
	bool second_sorted; /* all rows can be had in its order */
	size_t cursor_size; /* of the struct that starts with a sql_cursor */
	/* Before the first filter: brings the session to what is needed. May be NULL. */
	enum err (*need)(struct sqldb *q);
	/* About how many rows, in all and for one value of the second index. */
	double (*rows)(struct sqldb *q);
	double (*rows_of_second)(struct sqldb *q);
	/* SQLITE_OK; the cursor is on the first row, or eof. */
	int (*filter)(struct sql_cursor *c, const struct sql_plan *plan);
	int (*next)(struct sql_cursor *c);
	void (*column)(struct sql_cursor *c, sqlite3_context *out, int column);
	sqlite3_int64 (*rowid)(struct sql_cursor *c);
	void (*close)(struct sql_cursor *c); /* what the cursor owns; NULL: nothing */
};

/** All tables; *n of them. */
const struct sql_table *const *sql_tables(size_t *n);

/** Fails: ERR_NOMEM, ERR_IO (SQLite's message), and as session_need(). Borrows s; close it in every case. */
enum err sqldb_open(struct sqldb *q, struct session *s) must_check;
void sqldb_close(struct sqldb *q);
/** Sets the diag to what SQLite failed with last, unless a table did. @return the code */
enum err sqldb_error(struct sqldb *q, const char *sql);
/** The threads and their frames, read once, of the moment of the image. */
enum err sqldb_stacks(struct sqldb *q) must_check;

/** The value of an object as SQL has it: NULL, integer, real, text, blob; NULL for what is none of them. */
void sql_result_value(struct sqldb *q, const struct object *o, sqlite3_context *out);
/** As Python would print it, cut to a line. */
void sql_result_repr(struct sqldb *q, addr_t addr, sqlite3_context *out);
/** The text in q->text. */
void sql_result_text(struct sqldb *q, sqlite3_context *out);
static inline void sql_result_u64(sqlite3_context *out, uint64_t n)
{
	sqlite3_result_int64(out, (sqlite3_int64)n);
}

/** Registers the modules of tables.def. @return SQLite's code */
int sql_register(struct sqldb *q);

#endif
