/* SPDX-License-Identifier: Apache-2.0 */
#include <gelf.h>
#include "elf/dwarfpriv.h"

/*
 * What libdw must have for what. The rest is half of a compressed file and costs as much to decompress.
 */
static const struct {
	const char *name;
	enum dwarf_level level;
} sections[] = {
	{"info", DWARF_TYPES}, {"types", DWARF_TYPES},	    {"abbrev", DWARF_TYPES},
	{"str", DWARF_TYPES},  {"line_str", DWARF_TYPES},   {"str_offsets", DWARF_TYPES},
	{"addr", DWARF_TYPES}, {"line", DWARF_CODE},	    {"aranges", DWARF_CODE},
	{"ranges", DWARF_CODE}, {"rnglists", DWARF_CODE},   {"frame", DWARF_CODE},
};

static bool is_needed(const char *name, enum dwarf_level level)
{
	const char *part;

	if (!strncmp(name, ".debug_", 7))
		part = name + 7;
	else if (!strncmp(name, ".zdebug_", 8))
		part = name + 8;
	else
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (!strcmp(part, sections[i].name))
			return sections[i].level <= level;
	return level == DWARF_ALL;
}

/*
 * libdw decompresses all that it finds when it opens a file, so in our private copy of the
 * headers it finds less.
 */
static bool hide_sections(Elf *elf, enum dwarf_level level)
{
	bool hidden = false;
	Elf_Scn *section = NULL;
	const char *name;
	GElf_Shdr sh;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return false;
	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &sh) || !(name = elf_strptr(elf, names, sh.sh_name)) ||
		    is_needed(name, level) || (!(sh.sh_flags & SHF_COMPRESSED) && name[1] != 'z'))
			continue;
		sh.sh_type = SHT_NOBITS;
		if (gelf_update_shdr(section, &sh))
			hidden = true;
	}
	return hidden;
}

static enum err read_dwarf(struct dwarf_info *w, struct diag *d)
{
	const char *path = w->from->path;

	elf_version(EV_CURRENT);
	w->elf = elf_begin(w->from->map.fd, ELF_C_READ_MMAP_PRIVATE, NULL);
	if (!w->elf)
		return diag_set(d, ERR_BAD_FILE, "cannot read '%s': %s", path, elf_errmsg(-1));
	w->parts_hidden = hide_sections(w->elf, w->level);
	w->dwarf = dwarf_begin_elf(w->elf, DWARF_C_READ, NULL);
	if (!w->dwarf)
		return diag_set(d, ERR_BAD_FILE, "the debug information in '%s' is damaged: %s",
				path, dwarf_errmsg(-1));
	w->alt = dwarf_getalt(w->dwarf);
	if (dwarf_units_read(w))
		return diag_set(d, ERR_NOMEM, "out of memory");
	if (!w->units.n)
		return diag_set(d, ERR_BAD_FILE, "the debug information in '%s' is damaged: %s",
				path, "no unit can be read");
	return OK;
}

static enum err open_dwarf(struct elf_file *from, enum dwarf_level level, struct dwarf_info **out,
			   struct diag *d)
{
	struct dwarf_info *w = calloc(1, sizeof(*w));
	enum err e;

	if (!w)
		return diag_set(d, ERR_NOMEM, "out of memory");
	w->from = from;
	w->level = level;
	e = read_dwarf(w, d);
	if (e)
		dwarf_info_close(w);
	else
		*out = w;
	return e;
}

struct dwarf_info *dwarf_info_more(struct dwarf_info *w, enum dwarf_level level)
{
	struct diag d = {0};

	while (w && w->parts_hidden && w->level < level) {
		if (!w->more_tried) {
			w->more_tried = true;
			if (open_dwarf(w->from, level, &w->more, &d))
				w->more = NULL;
		}
		w = w->more;
	}
	return w;
}

static enum err get(struct elf_file *f, enum dwarf_level level, struct dwarf_info **out, struct diag *d)
{
	struct elf_file *from = elf_file_has_debug(f) ? f : f->debug;
	enum err e;

	if (!from)
		return diag_set(d, ERR_NO_LAYOUT, "'%s' has no debug information%s%s", f->path,
				f->tried ? "; looked for " : "", f->tried ? f->tried : "");
	if (!f->dwarf && (e = open_dwarf(from, level, &f->dwarf, d)))
		return e;
	*out = f->dwarf;
	return OK;
}

enum err dwarf_info_get(struct elf_file *f, struct dwarf_info **out, struct diag *d)
{
	return get(f, DWARF_TYPES, out, d);
}

struct dwarf_info *dwarf_info_code(struct elf_file *f)
{
	struct dwarf_info *w = NULL;
	struct diag d = {0};

	return get(f, DWARF_CODE, &w, &d) ? NULL : dwarf_info_more(w, DWARF_CODE);
}

void dwarf_info_close(struct dwarf_info *w)
{
	if (!w)
		return;
	dwarf_info_close(w->more);
	vec_foreach(u, &w->units)
		dwarf_unit_release(u);
	vec_release(&w->units);
	map_release(&w->by_die);
	dwarf_end(w->dwarf); /* and w->alt with it */
	elf_end(w->elf);
	free(w);
}
