/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of source files as the target sees them: below its root directory, or below --sysroot for a
 * core. The names come from the target: only regular files are opened, and no link leads out of
 * that root.
 */
#ifndef STACK_SOURCE_H
#define STACK_SOURCE_H

#include "target/target.h"

struct source_file {
	char *name;
	char *text; /* NULL: it is not there or no text */
	size_t size;
	size_t *lines; /* where each begins */
	size_t n_lines;
	bool newer; /* changed after the process (the core) was made: the line may be another one */
};
struct sources {
	struct target *t;
	int root, cwd;	/* directories, -1 = none */
	double made;	/* when the process or the core was, 0 unknown */
	uint64_t bytes; /* of text that is kept */
	VEC(struct source_file);
};

void sources_init(struct sources *s, struct target *t);
void sources_release(struct sources *s);
/** A line without the blanks around it. */
struct source_line {
	const char *text; /* borrowed, not NUL-terminated */
	size_t len;
	size_t indent; /* bytes before it */
	bool newer;    /* see above */
};
/** Line `line` (from 1) of a file. False, and *out untouched, if the file or the line is not there.
 */
bool sources_line(struct sources *s, const char *file, int line, struct source_line *out);

#endif
