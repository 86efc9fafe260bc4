/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "elf/debuginfod.h"
#ifdef HAVE_DEBUGINFOD
#include <elfutils/debuginfod.h>

bool debuginfod_built(void)
{
	return true;
}

static int fetch(const struct build_id *id, char **path, const char **why)
{
	debuginfod_client *client = debuginfod_begin();
	int fd;

	if (!client) {
		*why = "debuginfod could not be started";
		return -1;
	}
	fd = debuginfod_find_debuginfo(client, id->at, id->n, path);
	debuginfod_end(client);
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
