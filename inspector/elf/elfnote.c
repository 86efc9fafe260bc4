/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include "elf/elfnote.h"

bool elf_note_next(const void *at, uint64_t size, uint64_t align, uint64_t *pos,
		   struct elf_note *out)
{
	const uint8_t *p = at;
	uint64_t name, desc;
	Elf64_Nhdr nh;

	if (*pos > size || size - *pos < sizeof(nh))
		return false;
	align = align == 8 ? 8 : 4;
	memcpy(&nh, p + *pos, sizeof(nh));
	name = *pos + sizeof(nh);
	desc = round_up(name + nh.n_namesz, align);
	if (desc > size || nh.n_descsz > size - desc)
		return false;
	*out = (struct elf_note){nh.n_type, (const char *)p + name, nh.n_namesz, p + desc,
				 nh.n_descsz};
	*pos = min_of(round_up(desc + nh.n_descsz, align), size);
	return true;
}

bool elf_note_is(const struct elf_note *n, const char *name, uint32_t type)
{
	size_t len = strlen(name);

	/* with or without the NUL: gdb and old kernels differ */
	return n->type == type && n->name_size >= len && !memcmp(n->name, name, len) &&
	       (n->name_size == len || n->name[len] == 0);
}

bool build_id_from_notes(const void *at, uint64_t size, uint64_t align, struct build_id *out)
{
	struct elf_note n;
	uint64_t pos = 0;

	while (elf_note_next(at, size, align, &pos, &n)) {
		if (!elf_note_is(&n, "GNU", NT_GNU_BUILD_ID) || !n.desc_size ||
		    n.desc_size > BUILD_ID_MAX)
			continue;
		*out = (struct build_id){.n = (uint8_t)n.desc_size};
		memcpy(out->at, n.desc, n.desc_size);
		return true;
	}
	return false;
}

bool build_id_equal(const struct build_id *a, const struct build_id *b)
{
	return a->n == b->n && !memcmp(a->at, b->at, a->n);
}

char *build_id_text(const struct build_id *id, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < id->n; i++) {
		out[2 * i] = digits[id->at[i] >> 4];
		out[2 * i + 1] = digits[id->at[i] & 15];
	}
	out[2 * (size_t)id->n] = 0;
	return out;
}
