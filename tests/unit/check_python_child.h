/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreters of this machine, each as a process that says what is true of it (python_facts.py). */
#ifndef CHECK_PYTHON_CHILD_H
#define CHECK_PYTHON_CHILD_H

#include <check.h>
#include "python/priv.h"

#define PYTHONS_MAX 64
#define WORDS_MAX   8

struct fact {
	char *word[WORDS_MAX];
	int n;
};
struct pychild {
	int pid, in;
	char *text; /* all that it said */
	struct { VEC(struct fact); } facts;
};

/** $HEAPSCOPE_PYTHONS (colons between), or pyenv's versions and /usr/bin/python3. @return how many; paths are static. */
size_t find_pythons(const char *paths[PYTHONS_MAX]);
/**
 * Starts python_facts.py and waits until it is ready. `env` is "NAME=value" or NULL. `through_loader`: the dynamic
 * loader is the program, the interpreter its argument.
 */
void pychild_start(struct pychild *c, const char *python, const char *env, bool through_loader);
void pychild_end(struct pychild *c);
/** The first fact of that name; fails the test if there is none. */
const struct fact *pychild_fact(const struct pychild *c, const char *name);
uint64_t fact_number(const struct fact *f, int word);

#define pychild_each(f, c, name)                                                                   \
	for (struct fact *f = (c)->facts.at; f < (c)->facts.at + (c)->facts.n; f++)               \
		if (!strcmp(f->word[0], name))

#endif
