/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols by name and by address. Both indexes are made when first asked for. The tables are read
 * in place: a symbol whose name is not a string inside the string table does not exist.
 */
#include "elf/elfpriv.h"

static const struct {
	const char *text;
	size_t n;
	int rank;
} suffixes[] = {
#define SUFFIX(text, rank) {text, sizeof(text) - 1, rank},
#include "elf/suffixes.def"
#undef SUFFIX
};

static void symbol_table_init(struct symbol_table *t, const struct elf_file *f, const char *name)
{
	const struct elf_section *s = elf_file_section(f, name), *str;
	uint32_t link;

	if (!s || s->type == SHT_NOBITS || (s->flags & SHF_COMPRESSED))
		return;
	link = f->links.at[s - f->sections.at];
	if (link >= f->sections.n)
		return;
	str = &f->sections.at[link];
	t->syms = file_map_bytes(&f->map, s->offset, s->size);
	t->names = file_map_bytes(&f->map, str->offset, str->size);
	if (!t->syms || !t->names || str->type == SHT_NOBITS)
		return;
	t->names_size = str->size;
	/* a string that is not ended is cut off here, so that every name below names_size is one */
	while (t->names_size && t->names[t->names_size - 1])
		t->names_size--;
	t->n = (uint32_t)min_of(s->size / sizeof(Elf64_Sym), UINT32_MAX / 4);
}

void symbol_tables_init(struct elf_file *f)
{
	symbol_table_init(&f->symtab, f, ".symtab");
	symbol_table_init(&f->dynsym, f, ".dynsym");
}

void symbol_table_release(struct symbol_table *t)
{
	free(t->bucket);
	free(t->next);
	vec_release(&t->by_addr);
	*t = (struct symbol_table){0};
}

#define NAME_MAX_ 8192 /* so that many symbols with one endless name cost no more than this each */

/* False for what has no address or no name. */
static bool symbol_load(const struct symbol_table *t, uint32_t i, struct elf_symbol *out)
{
	Elf64_Sym s;

	memcpy(&s, t->syms + i * sizeof(s), sizeof(s));
	if (s.st_shndx == SHN_UNDEF || s.st_shndx == SHN_ABS || s.st_shndx == SHN_COMMON ||
	    s.st_name >= t->names_size || !t->names[s.st_name] ||
	    !memchr(t->names + s.st_name, 0, min_of(t->names_size - s.st_name, NAME_MAX_)))
		return false;
	*out = (struct elf_symbol){
		.name = t->names + s.st_name,
		.addr = s.st_value,
		.size = s.st_size,
		.type = ELF64_ST_TYPE(s.st_info),
		.bind = ELF64_ST_BIND(s.st_info),
		.tls = ELF64_ST_TYPE(s.st_info) == STT_TLS,
	};
	return out->type != STT_SECTION && out->type != STT_FILE;
}

/* Length of the name before its first known suffix; *rank as in suffixes.def. */
static size_t base_length(const char *name, int *rank)
{
	*rank = 0;
	for (const char *p = strpbrk(name, ".@"); p && p > name; p = strpbrk(p + 1, ".@")) {
		for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
			const char *end = p + suffixes[i].n;

			if (strncmp(p, suffixes[i].text, suffixes[i].n) ||
			    (*p == '.' && *end && *end != '.'))
				continue;
			*rank = suffixes[i].rank;
			/* "f.isra.0.cold" is the cold part */
			if (strstr(end, ".cold"))
				*rank = 4;
			return (size_t)(p - name);
		}
	}
	return strlen(name);
}

static bool symbol_table_hash(struct symbol_table *t)
{
	uint32_t cap = 16;

	if (t->hashed)
		return t->bucket;
	t->hashed = true;
	while (cap < t->n)
		cap *= 2;
	t->mask = cap - 1;
	t->next = calloc((size_t)t->n + 1, sizeof(*t->next));
	t->bucket = t->next ? calloc(cap, sizeof(*t->bucket)) : NULL;
	if (!t->bucket)
		return false;
	/*
	 * backwards, so that each chain is in file order; symbol 0 is never one and ends the
	 * chains
	 */
	for (uint32_t i = t->n; i-- > 1;) {
		struct elf_symbol s;
		uint32_t *b;
		int rank;

		if (!symbol_load(t, i, &s))
			continue;
		b = &t->bucket[name_hash(s.name, base_length(s.name, &rank)) & t->mask];
		t->next[i] = *b;
		*b = i;
	}
	return true;
}

/* What is looked for: as asked, and without a suffix. */
struct wanted {
	const char *name;
	size_t n, base;
	uint32_t hash;
};

static struct wanted wanted_name(const char *name)
{
	struct wanted w = {.name = name, .n = strlen(name)};
	int rank;

	w.base = base_length(name, &rank);
	w.hash = name_hash(name, w.base);
	return w;
}

/* -1: another name. Else 0 is best: exact and global, exact and local, by suffix. */
static int match_rank(const struct wanted *w, const struct elf_symbol *s)
{
	int rank;

	if (!strcmp(s->name, w->name))
		return s->bind == STB_LOCAL;
	if (w->base != w->n || base_length(s->name, &rank) != w->n ||
	    memcmp(s->name, w->name, w->n))
		return -1;
	return 1 + rank;
}

static bool table_best(struct symbol_table *t, const struct wanted *w, int *best,
		       struct elf_symbol *out)
{
	bool found = false;

	if (!symbol_table_hash(t))
		return false;
	for (uint32_t i = t->bucket[w->hash & t->mask]; i; i = t->next[i]) {
		struct elf_symbol s;
		int rank;

		if (!symbol_load(t, i, &s))
			continue;
		rank = match_rank(w, &s);
		if (rank < 0 || rank >= *best)
			continue;
		*best = rank;
		*out = s;
		found = true;
	}
	return found;
}

#define N_TABLES 3
static void tables_of(struct elf_file *f, struct symbol_table *out[N_TABLES])
{
	out[0] = &f->symtab;
	out[1] = f->debug ? &f->debug->symtab : NULL;
	out[2] = &f->dynsym;
}

bool elf_file_symbol(struct elf_file *f, const char *name, struct elf_symbol *out)
{
	struct wanted w = wanted_name(name);
	struct symbol_table *tables[N_TABLES];
	bool found = false;
	int best = 1000;

	tables_of(f, tables);
	for (size_t i = 0; i < N_TABLES && best; i++)
		if (tables[i] && table_best(tables[i], &w, &best, out))
			found = true;
	return found;
}

static size_t table_all(struct symbol_table *t, const struct wanted *w, struct elf_symbol *out,
			size_t n, size_t max)
{
	if (!symbol_table_hash(t))
		return n;
	for (uint32_t i = t->bucket[w->hash & t->mask]; i && n < max; i = t->next[i]) {
		struct elf_symbol s;
		bool known = false;

		if (!symbol_load(t, i, &s) || match_rank(w, &s) < 0)
			continue;
		/* the file's table and the debug file's mostly say the same */
		for (size_t k = 0; k < n && !known; k++)
			known = out[k].addr == s.addr && out[k].tls == s.tls;
		if (!known)
			out[n++] = s;
	}
	return n;
}

size_t elf_file_symbols(struct elf_file *f, const char *name, struct elf_symbol *out, size_t max)
{
	struct wanted w = wanted_name(name);
	struct symbol_table *tables[N_TABLES];
	size_t n = 0;

	tables_of(f, tables);
	for (size_t i = 0; i < N_TABLES; i++)
		if (tables[i])
			n = table_all(tables[i], &w, out, n, max);
	return n;
}

/* Ascending by address; of aliases the global one last, because the search goes backwards. */
static int by_address(const void *a, const void *b)
{
	const struct symbol_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if ((x->bind == STB_GLOBAL) != (y->bind == STB_GLOBAL))
		return x->bind == STB_GLOBAL ? 1 : -1;
	return x->index < y->index ? 1 : -1;
}

static void symbol_table_sort(struct symbol_table *t)
{
	addr_t max_end = 0;

	if (t->sorted)
		return;
	t->sorted = true;
	for (uint32_t i = 1; i < t->n; i++) {
		struct symbol_range r = {.index = i};
		struct elf_symbol s;

		if (!symbol_load(t, i, &s) || !s.size || s.size > UINT64_MAX - s.addr ||
		    (s.type != STT_FUNC && s.type != STT_OBJECT && s.type != STT_GNU_IFUNC))
			continue;
		r.start = s.addr;
		r.end = s.addr + s.size;
		r.bind = s.bind;
		if (!vec_push(&t->by_addr, r))
			break;
	}
	if (t->by_addr.n)
		qsort(t->by_addr.at, t->by_addr.n, sizeof(*t->by_addr.at), by_address);
	vec_foreach(r, &t->by_addr)
		r->max_end = max_end = max_of(max_end, r->end);
}

static bool table_at(struct symbol_table *t, addr_t vaddr, struct elf_symbol *out)
{
	size_t lo = 0, hi;

	symbol_table_sort(t);
	for (hi = t->by_addr.n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->by_addr.at[mid].start <= vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* backwards while one further down could still reach this far */
	while (lo-- > 0 && t->by_addr.at[lo].max_end > vaddr)
		if (t->by_addr.at[lo].end > vaddr)
			return symbol_load(t, t->by_addr.at[lo].index, out);
	return false;
}

bool elf_file_symbol_at(struct elf_file *f, addr_t vaddr, struct elf_symbol *out)
{
	struct symbol_table *tables[N_TABLES];

	tables_of(f, tables);
	for (size_t i = 0; i < N_TABLES; i++)
		if (tables[i] && table_at(tables[i], vaddr, out))
			return true;
	return false;
}
