/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of the elf layer: a directory that goes away again, commands run in it, the
 * sample program compiled in it, and what the program says about itself.
 */
#ifndef ELF_SCRATCH_H
#define ELF_SCRATCH_H

#include "elf/elffile.h"

struct scratch {
	char dir[64];
};
/** What one line of the sample says: fields[0] is the kind of line. */
struct fact {
	char *fields[8];
	int n;
};
struct facts {
	struct fact at[128];
	size_t n;
	char *text;
};

/** Both fail the running test if they cannot do their work. */
void scratch_init(struct scratch *s);
void scratch_release(struct scratch *s);
/** Runs a shell command in the directory. @return its exit status. */
int scratch_try(const struct scratch *s, const char *fmt, ...) printf_like(2, 3);
/** The same, fails the test if the status is not 0. */
void scratch_run(const struct scratch *s, const char *fmt, ...) printf_like(2, 3);
/** DIR/name, in a static buffer of eight. */
const char *scratch_path(const struct scratch *s, const char *name);
/** The whole file, NUL-terminated; the caller frees it. */
char *scratch_read(const struct scratch *s, const char *name, size_t *n);
void scratch_write(const struct scratch *s, const char *name, const void *bytes, size_t n);

/** Compiles the sample program to DIR/sample with the given flags. */
void scratch_compile(const struct scratch *s, const char *flags);
/** Runs DIR/sample and reads what it says. */
void facts_init(struct facts *f, const struct scratch *s);
/** Reads DIR/facts. */
void facts_read(struct facts *f, const struct scratch *s);
void facts_release(struct facts *f);
unsigned long fact_number(const struct fact *f, int i);
#define facts_foreach(p, f, kind)                                                                  \
	for (struct fact *p = (f)->at; p < (f)->at + (f)->n; p++)                                  \
		if (!strcmp(p->fields[0], kind))

#endif
