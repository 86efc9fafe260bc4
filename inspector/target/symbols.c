/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols and debug information of modules, as addresses in the process. */
#include "target/internal.h"

bool module_debug(struct target *t, struct module *m)
{
	struct debug_search search = {t->options.sysroot, t->options.debug_dirs, true};

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
