/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "elf/debuginfod.h"
#ifdef DEBUGINFOD_LIBRARY
#include <dlfcn.h>
#include <elfutils/debuginfod.h>

#define FUNCTIONS(F)                                                                               \
	F(debuginfod_begin)                                                                        \
	F(debuginfod_find_debuginfo)                                                               \
	F(debuginfod_end)

struct library {
#define F(name) __typeof__(name) *name;
	FUNCTIONS(F)
#undef F
};

bool debuginfod_built(void)
{
	return true;
}

/* It stays: what it needs itself may have begun threads. */
static bool load(struct library *l)
{
	void *library = dlopen(DEBUGINFOD_LIBRARY, RTLD_NOW | RTLD_LOCAL);

#define F(name) &&(l->name = (__typeof__(name) *)dlsym(library, #name))
	return library FUNCTIONS(F);
#undef F
}

static int fetch(const struct build_id *id, char **path, const char **why)
{
	debuginfod_client *client;
	struct library l;
	int fd;

	if (!load(&l)) {
		*why = "debuginfod was not asked: " DEBUGINFOD_LIBRARY " cannot be loaded";
		return -1;
	}
	client = l.debuginfod_begin();
	if (!client) {
		*why = "debuginfod could not be started";
		return -1;
	}
	fd = l.debuginfod_find_debuginfo(client, id->at, id->n, path);
	l.debuginfod_end(client);
	if (fd < 0)
		*why = "debuginfod has no file for the build-id, or no server answered";
	return fd < 0 ? -1 : fd;
}
#else
bool debuginfod_built(void)
{
	return false;
}

static int fetch(const struct build_id *id, char **path, const char **why)
{
	return -1;
}
#endif

int debuginfod_fetch(const struct build_id *id, char **path, const char **why)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	if (!debuginfod_built()) {
		*why = "debuginfod was not asked: heapscope was built without it";
		return -1;
	}
	if (!urls || !*urls) {
		*why = "debuginfod was not asked: DEBUGINFOD_URLS is not set";
		return -1;
	}
	if (!id->n) {
		*why = "debuginfod was not asked: the file has no build-id";
		return -1;
	}
	return fetch(id, path, why);
}
