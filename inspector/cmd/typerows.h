/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `types` shows: one row for each type, module or type object, from the heap's totals.
 */
#ifndef CMD_TYPEROWS_H
#define CMD_TYPEROWS_H

#include "cmd/cmd.h"

struct type_row {
	const char *name; /* of the type, or of the module when they are grouped; borrowed */
	const char *module;
	addr_t addr;	/* of the type object (old-style: of the class) */
	uint64_t types; /* how many types are in the row */
	struct type_total total;
};
struct type_rows {
	VEC(struct type_row);
	struct {
		VEC(char *);
	} owned; /* names that were made here */
};

/* The words of --sort, in the order of commands.def. */
enum type_order { BY_SIZE, BY_COUNT, BY_MAX, BY_NAME };

/** All types of which there are objects. Fails: ERR_NOMEM. Release in every case. */
enum err type_rows_collect(struct session *s, struct type_rows *out) must_check;
/** Keeps those whose name matches the glob (fnmatch(3)). */
void type_rows_filter(struct type_rows *r, const char *glob);
/** Calls each row by its module; `builtins` is that of the types without one. */
void type_rows_by_module(struct type_rows *r, const char *builtins);
/** One row for all that have the same name. */
void type_rows_merge(struct type_rows *r);
void type_rows_sort(struct type_rows *r, enum type_order order);
/** One row that sums up all. */
struct type_row type_rows_total(const struct type_rows *r);
void type_rows_release(struct type_rows *r);

#endif
