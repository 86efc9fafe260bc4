/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the .def tables as arrays. Only for the files of this folder. */
#ifndef LAYOUT_ROWS_H
#define LAYOUT_ROWS_H

#include "layout/layout.h"

struct struct_row {
	const char *id, *names, *units;
};
struct field_row {
	enum struct_id s;
	uint8_t width;
	const char *id; /* "dict.ma_keys" */
	const char *paths;
	const char *debug_offsets; /* or NULL */
};
extern const struct struct_row struct_rows[S_COUNT];
extern const struct field_row field_rows[F_COUNT];

/** The module names before ':' in a row's units, NULL if the struct is the interpreter's own. */
const char *units_modules(const char *units, size_t *len);
/** What stands after it. */
const char *units_files(const char *units);
/** Takes one resolved field over if it can be right. @return false if it was rejected. */
bool layout_take(struct layout *L, enum field_id f, struct field field);

#endif
