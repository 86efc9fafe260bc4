/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file's shape: ELF header, program headers, memory. In the kernel's cores the notes come
 * first and the memory after them, in gcore's it is the other way round; a core that was cut off
 * loses whatever came last.
 */
#include "elf/corepriv.h"
#include "elf/filemap.h"
#include "elf/unpack.h"

#define CORE_PAGE 4096 /* the smallest page of the machines that we know */

static const struct file_want want_core = {"a core file", ERR_NOT_A_CORE};

static bool add_segment(struct corefile *c, const Elf64_Phdr *ph)
{
	struct core_segment s = {
		.start = ph->p_vaddr,
		.memsz = ph->p_memsz,
		.filesz = min_of(ph->p_filesz, ph->p_memsz),
		.offset = ph->p_offset,
		.flags = ph->p_flags,
	};

	/* some writers leave p_memsz at 0 */
	if (!s.memsz)
		s.filesz = s.memsz = ph->p_filesz;
	c->bytes_expected = add_capped(c->bytes_expected, s.filesz);
	if (!s.memsz || s.start % CORE_PAGE || s.start > UINT64_MAX - s.memsz) {
		c->bytes_missing = add_capped(c->bytes_missing, s.filesz);
		return true; /* no memory of a process */
	}
	if (s.offset < c->size)
		s.have = min_of(s.filesz, c->size - s.offset);
	c->bytes_missing = add_capped(c->bytes_missing, s.filesz - s.have);
	return vec_push(&c->segments, s);
}

static int by_start(const void *a, const void *b)
{
	const struct core_segment *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/*
 * Two segments that claim the same memory: the first keeps it, so that an address has one answer.
 */
static void drop_overlaps(struct corefile *c)
{
	size_t out = 0;

	for (size_t i = 0; i < c->segments.n; i++) {
		struct core_segment *s = &c->segments.at[i];
		struct core_segment *last = out ? &c->segments.at[out - 1] : NULL;

		if (last && s->start < last->start + last->memsz)
			c->bytes_missing = add_capped(c->bytes_missing, s->have);
		else
			c->segments.at[out++] = *s;
	}
	c->segments.n = out;
}

static bool read_notes(struct corefile *c, const Elf64_Phdr *ph)
{
	uint64_t there = ph->p_offset < c->size ? c->size - ph->p_offset : 0;

	if (there < ph->p_filesz)
		c->notes_cut = true;
	return !there ||
	       core_notes_read(c, c->at + ph->p_offset, min_of(ph->p_filesz, there), ph->p_align);
}

static bool read_headers(struct corefile *c, const struct core_headers *h)
{
	for (uint64_t i = 0; i < h->n; i++) {
		Elf64_Phdr ph = core_header(h, i);

		if (ph.p_type == PT_LOAD && !add_segment(c, &ph))
			return false;
		if (ph.p_type == PT_NOTE && !read_notes(c, &ph))
			return false;
	}
	if (c->segments.n)
		qsort(c->segments.at, c->segments.n, sizeof(*c->segments.at), by_start);
	drop_overlaps(c);
	return true;
}

static enum err read_core(struct corefile *c, const char *path, struct core_headers *h,
			  struct diag *d)
{
	enum err e = file_map_elf_header(&h->map, path, &want_core, &h->eh, d);

	if (e)
		return e;
	core_headers_find(h);
	e = core_headers_check(h, path, d);
	if (e)
		return e;
	c->machine = h->eh.e_machine;
	if (!read_headers(c, h))
		return diag_set(d, ERR_NOMEM, "out of memory");
	c->headers_cut = h->n < h->promised;
	if (!c->segments.n)
		return diag_set(d, ERR_BAD_FILE,
				"'%s' is a core file without any memory%s; have it written again",
				path, c->headers_cut ? ", cut off in its program headers" : "");
	return OK;
}

/* The file, or what is compressed in it. */
static enum err open_map(struct corefile *c, const char *path, volatile int *interrupted, struct diag *d)
{
	struct file_map map;
	struct unpacked u;
	enum err e = file_map_open(path, -1, &want_core, &map, d);

	if (e)
		return e;
	e = unpack_core(path, &map, interrupted, &u, d);
	if (!e && u.packing) {
		c->packing = u.packing;
		memcpy(c->damage, u.damage, sizeof(c->damage));
	}
	if (e || u.packing)
		file_map_close(&map);
	if (!e && u.packing)
		map = u.map;
	c->at = map.at;
	c->size = map.size;
	c->fd = map.fd;
	return e;
}

/* What is wrong with the core is wrong with what came out of the file that the user knows. */
static enum err say_packed(const struct corefile *c, const char *path, enum err e, struct diag *d)
{
	if (!c->packing || e == ERR_NOMEM)
		return e;
	if (c->damage[0])
		return diag_set(d, ERR_BAD_FILE,
				"'%s' is damaged or cut off: %llu bytes of it could be decompressed (%s: %s), too few for a core",
				path, (unsigned long long)c->size, c->packing, c->damage);
	return diag_set(d, e, "%s (that is what is compressed in it)", diag_text(d));
}

enum err corefile_open(const char *path, volatile int *interrupted, struct corefile **out, struct diag *d)
{
	struct corefile *c = calloc(1, sizeof(*c));
	struct core_headers h = {0};
	enum err e;

	if (!c)
		return diag_set(d, ERR_NOMEM, "out of memory");
	c->fd = -1;
	e = open_map(c, path, interrupted, d);
	if (!e) {
		h.map = (struct file_map){c->at, c->size, c->fd};
		e = read_core(c, path, &h, d);
		e = e ? say_packed(c, path, e, d) : OK;
	}
	if (e)
		corefile_close(c);
	else
		*out = c;
	return e;
}

void corefile_close(struct corefile *c)
{
	if (!c)
		return;
	file_map_close(&(struct file_map){c->at, c->size, c->fd});
	vec_release(&c->segments);
	vec_release(&c->files);
	vec_release(&c->threads);
	vec_release(&c->auxv);
	free(c);
}

static const struct core_segment *segment_of(const struct corefile *c, addr_t addr)
{
	size_t n = vec_count_upto(&c->segments, start, addr);

	return n ? &c->segments.at[n - 1] : NULL;
}

const void *corefile_at(const struct corefile *c, addr_t addr, uint64_t len)
{
	const struct core_segment *s = segment_of(c, addr);
	uint64_t skip = s ? addr - s->start : 0;

	if (!s || skip > s->have || len > s->have - skip)
		return NULL;
	return c->at + s->offset + skip;
}

bool corefile_auxv(const struct corefile *c, uint64_t type, uint64_t *out)
{
	for (size_t i = 0; i + 1 < c->auxv.n; i += 2) {
		if (c->auxv.at[i] != type)
			continue;
		*out = c->auxv.at[i + 1];
		return true;
	}
	return false;
}
