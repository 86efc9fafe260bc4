/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "elf/debuginfod.h"
#include "python/priv.h"

/* The package with the debug information, where the path tells that the file is a distribution's.
 */
static void package(const struct python *py, char *out, size_t size)
{
	const char *path = py->module->path, *slash = strrchr(path, '/');
	uint32_t v = py->L.hexversion;

	*out = 0;
	/* also below a root of its own */
	if (!v || (!strstr(path, "/usr/bin/") && !strstr(path, "/usr/lib/") && strncmp(path, "/lib/", 5)))
		return;
	snprintf(out, size, "install %spython%u.%u-dbg (Debian), ",
		 slash && !strncmp(slash, "/libpython", 10) ? "lib" : "", v >> 24, v >> 16 & 255);
}

enum err python_no_debug(const struct python *py, struct diag *d)
{
	const struct module *m = py->module;
	char id[2 * BUILD_ID_MAX + 1], install[96];

	build_id_text(&m->id, id);
	package(py, install, sizeof(install));
	return diag_set(d, ERR_NO_LAYOUT,
			"no debug information for '%s' (CPython %s, build-id %s): looked in %s; "
			"%sname the folder of its debug files with --debug-dir%s",
			m->path, *py->L.version ? py->L.version : "?", *id ? id : "none",
			*m->tried ? m->tried : "the file itself", install,
			debuginfod_built() ? ", or set DEBUGINFOD_URLS" : "");
}
