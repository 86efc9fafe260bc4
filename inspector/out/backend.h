/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A format of output: one file that ends in one `static const struct out_ops`.
 * To add a format: a file, a row in enum out_format and in out.c's table.
 */
#ifndef OUT_BACKEND_H
#define OUT_BACKEND_H

#include "base/buf.h"
#include "out/out.h"

struct out_ops {
	bool (*open)(struct out *o, const char *command);
	void (*target)(struct out *o, const char *key, enum out_type type, union out_value v);
	void (*text)(struct out *o, const char *line, size_t n);
	void (*end)(struct out *o); /* of the table or facts that are open, if any */
	void (*table)(struct out *o, const char *name); /* o->columns, o->n_columns are set */
	void (*row)(struct out *o, const union out_value *values);
	void (*facts)(struct out *o, const char *name);
	void (*fact)(struct out *o, const char *key, const char *title, enum out_type type,
		     union out_value v);
	void (*total)(struct out *o, const char *key, enum out_type type, union out_value v);
	void (*error)(struct out *o, const struct diag *d);
	void (*finish)(struct out *o, const struct notes *notes);
	void (*close)(struct out *o);
};

struct out {
	const struct out_ops *ops;
	void *state; /* the backend's */
	FILE *to;
	bool colour;
	int failed; /* errno of the first failure */
	const struct out_column *columns;
	size_t n_columns;
	struct buf line; /* scratch */
};

extern const struct out_ops out_text_ops, out_json_ops;

/** Writes bytes; the first failure is kept in o->failed and ends all writing. */
void out_write(struct out *o, const void *bytes, size_t n);
/** Writes the scratch line and clears it. */
void out_write_line(struct out *o);
bool out_is_null(enum out_type type, union out_value v);

#endif
