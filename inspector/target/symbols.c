/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols and debug information of modules, as addresses in the process. */
#include <stdio.h>
#include <sys/stat.h>
#include "target/internal.h"

static bool is_same(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return !stat(a, &of_a) && !stat(b, &of_b) && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

/* A process that sees other files, in a container: the debug files may be in there. @return "" if it sees ours. */
static const char *own_root(const struct target *t, char *out, size_t size)
{
	char mounts[32];

	snprintf(mounts, sizeof(mounts), "/proc/%d/ns/mnt", t->own->proc);
	snprintf(out, size, "/proc/%d/root", t->own->proc);
	if (!t->own->proc || (is_same("/", out) && is_same("/proc/self/ns/mnt", mounts)))
		*out = 0;
	return out;
}

bool module_debug(struct target *t, struct module *m)
{
	struct debug_search search = {t->options.sysroot, t->options.debug_dirs, true};
	char root[32];

	if (!search.sysroot)
		search.sysroot = own_root(t, root, sizeof(root));

	if (!m->file)
		return false;
	if (m->debug_tried)
		return elf_file_find_debug(m->file, &search, NULL, 0);
	m->debug_tried = true;
	return elf_file_find_debug(m->file, &search, m->tried, sizeof(m->tried));
}

bool module_symbol(struct module *m, const char *name, addr_t *addr, uint64_t *size)
{
	struct elf_symbol s;

	if (!m->file || !elf_file_symbol(m->file, name, &s) || s.tls)
		return false;
	*addr = s.addr + m->bias;
	if (size)
		*size = s.size;
	return true;
}

struct module *target_find_symbol(struct target *t, const char *name, addr_t *addr, uint64_t *size)
{
	/* the program's own definition wins over a library's, as it does for the dynamic linker */
	vec_foreach (m, &t->modules)
		if (m->exe && module_symbol(m, name, addr, size))
			return m;
	vec_foreach (m, &t->modules)
		if (!m->exe && module_symbol(m, name, addr, size))
			return m;
	return NULL;
}
