/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/elfnote.h"
#include "elf/elfpriv.h"

static const struct file_want want_elf = {"an ELF file", ERR_BAD_FILE};

static enum err cut_off(const struct elf_file *f, const char *what, struct diag *d)
{
	return diag_set(d, ERR_BAD_FILE, "'%s' is damaged or cut off: its %s are outside the file",
			f->path, what);
}

static bool section_header(const struct elf_file *f, uint64_t i, Elf64_Shdr *out)
{
	const void *p = NULL;

	if (f->header.e_shoff <= f->map.size && i < f->map.size / sizeof(*out))
		p = file_map_bytes(&f->map, f->header.e_shoff + i * sizeof(*out), sizeof(*out));
	if (p)
		memcpy(out, p, sizeof(*out));
	return p;
}

static enum err read_segments(struct elf_file *f, struct diag *d)
{
	uint64_t n = f->header.e_phnum;
	Elf64_Shdr first;
	const uint8_t *p;

	if (!f->header.e_phoff || !n)
		return OK;
	if (n == PN_XNUM && section_header(f, 0, &first))
		n = first.sh_info;
	p = file_map_bytes(&f->map, f->header.e_phoff, n * sizeof(Elf64_Phdr));
	if (!p || f->header.e_phentsize != sizeof(Elf64_Phdr))
		return cut_off(f, "program headers", d);
	for (uint64_t i = 0; i < n; i++) {
		Elf64_Phdr ph;

		memcpy(&ph, p + i * sizeof(ph), sizeof(ph));
		if (ph.p_type == PT_LOAD &&
		    !vec_push(&f->segments,
			      ((struct elf_segment){ph.p_vaddr, ph.p_offset, ph.p_filesz,
						    ph.p_memsz, ph.p_flags})))
			return diag_set(d, ERR_NOMEM, "out of memory");
		if (ph.p_type == PT_NOTE && !f->id.n &&
		    file_map_bytes(&f->map, ph.p_offset, ph.p_filesz))
			build_id_from_notes(f->map.at + ph.p_offset, ph.p_filesz, ph.p_align,
					    &f->id);
	}
	return OK;
}

/* "" if the name is not a string inside the table. */
static const char *section_name(const struct elf_file *f, const Elf64_Shdr *names, uint32_t at)
{
	const char *p;

	if (at >= names->sh_size)
		return "";
	p = file_map_bytes(&f->map, names->sh_offset, names->sh_size);
	return p && memchr(p + at, 0, names->sh_size - at) ? p + at : "";
}

static bool add_section(struct elf_file *f, const Elf64_Shdr *sh, const char *name)
{
	struct elf_section s = {name,	     sh->sh_addr, sh->sh_offset,
				sh->sh_size, sh->sh_type, sh->sh_flags};

	if (sh->sh_type == SHT_NOTE && !f->id.n &&
	    file_map_bytes(&f->map, sh->sh_offset, sh->sh_size))
		build_id_from_notes(f->map.at + sh->sh_offset, sh->sh_size, sh->sh_addralign,
				    &f->id);
	return vec_push(&f->sections, s) && vec_push(&f->links, sh->sh_link);
}

static enum err read_sections(struct elf_file *f, struct diag *d)
{
	uint64_t n = f->header.e_shnum, names_index = f->header.e_shstrndx;
	Elf64_Shdr sh = {0}, names = {0};

	if (!f->header.e_shoff)
		return OK;
	if (f->header.e_shentsize != sizeof(sh) || !section_header(f, 0, &sh))
		return cut_off(f, "section headers", d);
	if (!n)
		n = sh.sh_size;
	if (names_index == SHN_XINDEX)
		names_index = sh.sh_link;
	if (n > f->map.size / sizeof(sh) || (n && !section_header(f, n - 1, &sh)))
		return cut_off(f, "section headers", d);
	if (names_index >= n || !section_header(f, names_index, &names))
		names.sh_size = 0;
	for (uint64_t i = 0; i < n; i++)
		if (section_header(f, i, &sh) &&
		    !add_section(f, &sh, section_name(f, &names, sh.sh_name)))
			return diag_set(d, ERR_NOMEM, "out of memory");
	return OK;
}

static enum err read_headers(struct elf_file *f, struct diag *d)
{
	enum err e = file_map_elf_header(&f->map, f->path, &want_elf, &f->header, d);

	/*
	 * sections first: in detached files the build-id's section is right where the segment's
	 * offset need not be
	 */
	if (!e)
		e = read_sections(f, d);
	if (!e)
		e = read_segments(f, d);
	if (!e)
		symbol_tables_init(f);
	return e;
}

enum err elf_file_open(const char *path, int fd, struct elf_file **out, struct diag *d)
{
	struct elf_file *f = calloc(1, sizeof(*f));
	enum err e;

	if (f)
		f->path = strdup(path);
	if (!f || !f->path) {
		free(f);
		if (fd >= 0)
			close(fd);
		return diag_set(d, ERR_NOMEM, "out of memory");
	}
	e = file_map_open(path, fd, &want_elf, &f->map, d);
	if (!e)
		e = read_headers(f, d);
	if (e)
		elf_file_close(f);
	else
		*out = f;
	return e;
}

void elf_file_close(struct elf_file *f)
{
	if (!f)
		return;
	cfi_info_close(f->cfi);
	dwarf_info_close(f->dwarf); /* reads the debug file */
	elf_file_close(f->debug);
	symbol_table_release(&f->symtab);
	symbol_table_release(&f->dynsym);
	vec_release(&f->segments);
	vec_release(&f->sections);
	vec_release(&f->links);
	file_map_close(&f->map);
	free(f->tried);
	free(f->path);
	free(f);
}

const char *elf_file_path(const struct elf_file *f)
{
	return f->path;
}

const struct build_id *elf_file_build_id(const struct elf_file *f)
{
	return &f->id;
}

int elf_file_type(const struct elf_file *f)
{
	return f->header.e_type;
}

int elf_file_machine(const struct elf_file *f)
{
	return f->header.e_machine;
}

const struct elf_segment *elf_file_segments(const struct elf_file *f, size_t *n)
{
	*n = f->segments.n;
	return f->segments.at;
}

const struct elf_section *elf_file_section(const struct elf_file *f, const char *name)
{
	vec_foreach(s, &f->sections)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

const void *elf_file_bytes(const struct elf_file *f, uint64_t offset, uint64_t len)
{
	return file_map_bytes(&f->map, offset, len);
}

const void *elf_file_at(const struct elf_file *f, addr_t vaddr, uint64_t len)
{
	vec_foreach(s, &f->segments) {
		uint64_t skip = vaddr - s->vaddr;

		if (vaddr >= s->vaddr && skip <= s->filesz && len <= s->filesz - skip &&
		    s->offset <= UINT64_MAX - skip)
			return file_map_bytes(&f->map, s->offset + skip, len);
	}
	return NULL;
}

bool elf_file_has_debug(const struct elf_file *f)
{
	const struct elf_section *s = elf_file_section(f, ".debug_info");

	if (!s)
		s = elf_file_section(f, ".zdebug_info");
	return s && s->type != SHT_NOBITS && s->size && file_map_bytes(&f->map, s->offset, s->size);
}
