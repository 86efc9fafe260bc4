/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/elfpriv.h"
#include "elf/elfreloc.h"

#ifndef SHT_RELR
#define SHT_RELR 19
#endif

#define NAME_MAX_ 4096 /* longer names are nowhere */

enum how { RELATIVE, ABSOLUTE, SLOT, UNKNOWN };

static const struct {
	uint16_t machine;
	uint32_t type;
	enum how how;
} relocs[] = {
#define RELOC(machine, type, how) {machine, type, how},
#include "elf/relocs.def"
#undef RELOC
};

struct relocating {
	const struct elf_file *f;
	const struct elf_segment *s;
	addr_t bias;
	elf_resolve_fn *resolve;
	void *arg;
	uint8_t *out;
};

static enum how how_of(const struct elf_file *f, uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(relocs); i++)
		if (relocs[i].machine == f->header.e_machine && relocs[i].type == type)
			return relocs[i].how;
	return UNKNOWN;
}

/* The word at a file address, in the output; NULL if it is not all in this segment. */
static uint8_t *word_at(const struct relocating *r, addr_t vaddr)
{
	uint64_t skip = vaddr - r->s->vaddr;

	return vaddr >= r->s->vaddr && r->s->filesz >= 8 && skip <= r->s->filesz - 8 ? r->out + skip
										     : NULL;
}

static addr_t symbol_address(const struct relocating *r, uint32_t index)
{
	const struct symbol_table *t = &r->f->dynsym;
	const char *name;
	addr_t found = 0;
	Elf64_Sym s;

	if (!index || index >= t->n)
		return 0;
	memcpy(&s, t->syms + (size_t)index * sizeof(s), sizeof(s));
	name = t->names + s.st_name;
	if (r->resolve && s.st_name && s.st_name < t->names_size &&
	    ELF64_ST_BIND(s.st_info) != STB_LOCAL &&
	    memchr(name, 0, min_of(t->names_size - s.st_name, NAME_MAX_)))
		found = r->resolve(r->arg, name, s.st_shndx != SHN_UNDEF);
	if (found || s.st_shndx == SHN_UNDEF)
		return found;
	return s.st_shndx == SHN_ABS ? s.st_value : s.st_value + r->bias;
}

static void apply(const struct relocating *r, const Elf64_Rela *rela)
{
	uint8_t *at = word_at(r, rela->r_offset);
	uint64_t value;

	if (!at)
		return;
	switch (how_of(r->f, ELF64_R_TYPE(rela->r_info))) {
	case RELATIVE:
		value = r->bias + (uint64_t)rela->r_addend;
		break;
	case ABSOLUTE:
		value = symbol_address(r, ELF64_R_SYM(rela->r_info));
		value = value ? value + (uint64_t)rela->r_addend : 0;
		break;
	case SLOT:
		value = symbol_address(r, ELF64_R_SYM(rela->r_info));
		break;
	default:
		return;
	}
	memcpy(at, &value, sizeof(value));
}

static void apply_rela(const struct relocating *r, const struct elf_section *sec)
{
	const uint8_t *p = file_map_bytes(&r->f->map, sec->offset, sec->size);
	Elf64_Rela rela;

	for (uint64_t i = 0; p && i < sec->size / sizeof(rela); i++) {
		memcpy(&rela, p + i * sizeof(rela), sizeof(rela));
		apply(r, &rela);
	}
}

static void add_bias(const struct relocating *r, addr_t vaddr)
{
	uint8_t *at = word_at(r, vaddr);
	uint64_t value = at ? load64(at) + r->bias : 0;

	if (at)
		memcpy(at, &value, sizeof(value));
}

/* Packed relative relocations: an even word is an address, an odd one has a bit for each of the 63
 * words that follow (gABI, "Relative Relocation Table"). */
static void apply_relr(const struct relocating *r, const struct elf_section *sec)
{
	const uint8_t *p = file_map_bytes(&r->f->map, sec->offset, sec->size);
	addr_t where = 0;

	for (uint64_t i = 0; p && i < sec->size / 8; i++) {
		uint64_t entry = load64(p + i * 8);

		if (!(entry & 1)) {
			add_bias(r, entry);
			where = entry + 8;
			continue;
		}
		for (unsigned bit = 0; bit < 63; bit++)
			if (entry >> (bit + 1) & 1)
				add_bias(r, where + bit * 8);
		where += 63 * 8;
	}
}

bool elf_file_relocated(const struct elf_file *f, const struct elf_segment *s, addr_t bias,
			elf_resolve_fn *resolve, void *arg, uint8_t *out)
{
	struct relocating r = {f, s, bias, resolve, arg, out};
	const void *bytes = file_map_bytes(&f->map, s->offset, s->filesz);
	uint64_t left = f->map.size;

	if (!bytes)
		return false;
	memcpy(out, bytes, s->filesz);
	/* sections that overlap are a trick to keep us busy: together they are no larger than the
	 * file */
	vec_foreach (sec, &f->sections) {
		if (!(sec->flags & SHF_ALLOC) || (sec->type != SHT_RELR && sec->type != SHT_RELA) ||
		    sec->size > left)
			continue;
		left -= sec->size;
		if (sec->type == SHT_RELR)
			apply_relr(&r, sec);
		else
			apply_rela(&r, sec);
	}
	return true;
}

const char *elf_file_dynamic_text(const struct elf_file *f, int64_t tag, size_t i)
{
	const struct elf_section *s = elf_file_section(f, ".dynamic"), *str;
	uint32_t link = s ? f->links.at[s - f->sections.at] : 0;
	const uint8_t *p;
	const char *names;

	if (!s || s->type == SHT_NOBITS || link >= f->sections.n)
		return NULL;
	str = &f->sections.at[link];
	p = file_map_bytes(&f->map, s->offset, s->size);
	names = str->type == SHT_NOBITS ? NULL : file_map_bytes(&f->map, str->offset, str->size);
	for (uint64_t k = 0; p && names && k < s->size / sizeof(Elf64_Dyn); k++) {
		Elf64_Dyn d;

		memcpy(&d, p + k * sizeof(d), sizeof(d));
		if (d.d_tag == DT_NULL)
			break;
		if (d.d_tag != tag || i--)
			continue;
		return d.d_un.d_val < str->size &&
			       memchr(names + d.d_un.d_val, 0, str->size - d.d_un.d_val)
			   ? names + d.d_un.d_val
			   : NULL;
	}
	return NULL;
}
