/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C++ names as people write them, by the C++ library, if there is one on this machine: it is loaded
 * when the first such name comes, so nobody who has none of them needs it.
 */
#include "config.h"
#include <dlfcn.h>
#include "elf/unwind.h"

#define NAME_MAX_ 4096 /* longer ones stay as they are */

typedef char *demangle_fn(const char *name, char *buffer, size_t *n, int *status);

/* Kept loaded: it is asked again. NULL if it is not there. */
static demangle_fn *demangler(void)
{
#ifdef DEMANGLER_LIBRARY
	void *library = dlopen(DEMANGLER_LIBRARY, RTLD_NOW | RTLD_LOCAL);

	return library ? (demangle_fn *)dlsym(library, "__cxa_demangle") : NULL;
#else
	return NULL;
#endif
}

char *demangle(const char *name)
{
	demangle_fn *fn;
	int status;

	if (strncmp(name, "_Z", 2) || strnlen(name, NAME_MAX_) == NAME_MAX_)
		return NULL;
	fn = demangler();
	return fn ? fn(name, NULL, NULL, &status) : NULL;
}
