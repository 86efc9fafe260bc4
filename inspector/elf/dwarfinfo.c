/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "elf/dwarfpriv.h"

static enum err open_dwarf(struct dwarf_info *w, struct elf_file *from, struct diag *d)
{
	elf_version(EV_CURRENT);
	snprintf(w->path, sizeof(w->path), "%s", from->path);
	w->elf = elf_begin(from->map.fd, ELF_C_READ_MMAP, NULL);
	if (!w->elf)
		return diag_set(d, ERR_BAD_FILE, "cannot read '%s': %s", from->path, elf_errmsg(-1));
	w->dwarf = dwarf_begin_elf(w->elf, DWARF_C_READ, NULL);
	if (!w->dwarf)
		return diag_set(d, ERR_BAD_FILE, "the debug information in '%s' is damaged: %s",
				from->path, dwarf_errmsg(-1));
	w->alt = dwarf_getalt(w->dwarf);
	if (dwarf_units_read(w))
		return diag_set(d, ERR_NOMEM, "out of memory");
	if (!w->units.n)
		return diag_set(d, ERR_BAD_FILE, "the debug information in '%s' is damaged: %s",
				from->path, "no unit can be read");
	return OK;
}

enum err dwarf_info_get(struct elf_file *f, struct dwarf_info **out, struct diag *d)
{
	struct elf_file *from = elf_file_has_debug(f) ? f : f->debug;
	struct dwarf_info *w;
	enum err e;

	if (!from)
		return diag_set(d, ERR_NO_LAYOUT, "'%s' has no debug information%s%s", f->path,
				f->tried ? "; looked for " : "", f->tried ? f->tried : "");
	if (!f->dwarf) {
		w = calloc(1, sizeof(*w));
		if (!w)
			return diag_set(d, ERR_NOMEM, "out of memory");
		e = open_dwarf(w, from, d);
		if (e) {
			dwarf_info_close(w);
			return e;
		}
		f->dwarf = w;
	}
	*out = f->dwarf;
	return OK;
}

void dwarf_info_close(struct dwarf_info *w)
{
	if (!w)
		return;
	vec_foreach(u, &w->units)
		dwarf_unit_release(u);
	vec_release(&w->units);
	map_release(&w->by_die);
	dwarf_end(w->dwarf); /* and w->alt with it */
	elf_end(w->elf);
	free(w);
}
