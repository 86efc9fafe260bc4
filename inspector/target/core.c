/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <stdio.h>
#include <sys/mman.h>
#include "target/core.h"
#include "target/modules.h"
#include "target/regs.h"

/* The segment that holds addr, or NULL. */
static const struct core_segment *segment_at(const struct corefile *c, addr_t addr)
{
	size_t lo = 0, hi = c->segments.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct core_segment *s = &c->segments.at[mid];

		if (addr < s->start)
			hi = mid;
		else if (addr - s->start >= s->memsz)
			lo = mid + 1;
		else
			return s;
	}
	return NULL;
}

/* Bytes of the segment's last page that the core left out because they are zero; nothing if it is
 * cut off. */
static uint64_t zero_tail(const struct core_segment *s)
{
	uint64_t end = round_up(s->filesz, IMAGE_PAGE);

	return s->have == s->filesz && end <= s->memsz ? end - s->filesz : 0;
}

static size_t core_read(struct target *t, addr_t addr, void *out, size_t len)
{
	const struct corefile *c = ((struct core *)t->state)->file;
	size_t got = 0;

	while (got < len) {
		const struct core_segment *s = segment_at(c, addr + got);
		uint64_t offset = s ? addr + got - s->start : 0;
		size_t n;

		if (s && offset < s->have) {
			n = min_of(len - got, s->have - offset);
			memcpy((uint8_t *)out + got, c->at + s->offset + offset, n);
		} else if (s && offset < s->have + zero_tail(s)) {
			n = min_of(len - got, s->have + zero_tail(s) - offset);
			memset((uint8_t *)out + got, 0, n);
		} else {
			break;
		}
		got += n;
	}
	return got;
}

static bool core_left_out(struct target *t, addr_t addr)
{
	const struct core *core = t->state;
	const struct core_segment *s = segment_at(core->file, addr);

	if (!core->has_data)
		return false;
	if (!s)
		return true;
	return addr - s->start >= round_up(s->filesz, IMAGE_PAGE);
}

static void core_close(struct target *t)
{
	struct core *core = t->state;

	if (core)
		corefile_close(core->file);
	free(core);
}

static const struct target_ops core_ops = {
    .name = "core",
    .read = core_read,
    .take_image = core_take_image,
    .close = core_close,
    .left_out = core_left_out,
};

static bool add_threads(struct target *t, const struct corefile *c)
{
	vec_foreach (from, &c->threads) {
		struct thread th = {
		    .tid = from->tid, .ns_tid = from->tid, .signal = from->signal, .state = '?'};

		/* the notes hold one name, that of the thread that the core is of */
		if (from == c->threads.at || from->tid == c->pid)
			memcpy(th.comm, c->comm, sizeof(th.comm));
		if (from == c->threads.at && c->state)
			th.state = c->state;
		thread_set_regs(&th, c->machine, from->regs.at, from->regs.n);
		if (!vec_push(&t->threads, th))
			return false;
	}
	return true;
}

static void name_exe(struct target *t, addr_t at_phdr)
{
	const struct mapping *m = at_phdr ? target_mapping(t, at_phdr) : NULL;

	vec_foreach (it, &t->modules)
		if (it->exe)
			t->exe = it->path;
	if (!t->exe[0] && m)
		t->exe = m->path;
	if (t->exe[0] == '[')
		t->exe = "";
}

static void say_packing(struct target *t, const struct corefile *c)
{
	t->core_packing = c->packing;
	t->core_damaged = c->damage[0];
	if (c->damage[0])
		notes_add(t->notes, NOTE_PARTIAL,
			  "the core's compressed file is damaged or cut off (%s: %s): the %llu bytes that came out of it are used",
			  c->packing, c->damage, (unsigned long long)c->size);
}

static void say_missing(struct target *t, const struct corefile *c)
{
	t->missing_bytes = c->bytes_missing;
	if (c->bytes_missing)
		notes_add(
		    t->notes, NOTE_PARTIAL,
		    "core is truncated: %llu of %llu bytes (%.1f %%) of the memory are missing",
		    (unsigned long long)c->bytes_missing, (unsigned long long)c->bytes_expected,
		    100.0 * c->bytes_missing / c->bytes_expected);
	if (c->headers_cut)
		notes_add(
		    t->notes, NOTE_PARTIAL,
		    "core is truncated in its program headers: how much is missing is not known");
	if (!c->has_notes || c->notes_cut)
		notes_add(t->notes, NOTE_PARTIAL,
			  "the core's notes are %s: threads and the names of files may be missing",
			  c->has_notes ? "cut off or damaged" : "missing");
}

static bool describe(struct target *t, const struct corefile *c)
{
	struct core *core = t->state;
	uint64_t at_phdr = 0;

	vec_foreach (s, &c->segments)
		core->has_data |= (s->flags & PF_W) && s->have;
	if (!corefile_auxv(c, AT_PAGESZ, &t->page_size) || t->page_size < IMAGE_PAGE ||
	    t->page_size > 65536 || (t->page_size & (t->page_size - 1)))
		t->page_size = IMAGE_PAGE;
	if (!corefile_auxv(c, AT_PHDR, &at_phdr))
		at_phdr = 0;
	t->pid = c->pid;
	t->has_siginfo = c->has_siginfo;
	memcpy(t->siginfo, c->siginfo, sizeof(t->siginfo));
	t->core_args = c->args;
	say_packing(t, c);
	say_missing(t, c);
	if (!core_mappings(t, c) || !add_threads(t, c))
		return false;
	if (!c->files.n && !core_name_files(t, c, &at_phdr))
		return false;
	t->own->knows_exe = at_phdr != 0;
	if (!modules_find(t, at_phdr, module_open_core))
		return false;
	name_exe(t, at_phdr);
	return initial_load(t);
}

enum err target_open_core(const char *path, const struct target_options *o, struct notes *notes,
			  struct target **out, struct diag *d)
{
	struct target *t = target_new(TARGET_CORE, &core_ops, o, notes);
	struct core *core = calloc(1, sizeof(*core));
	enum err e = OK;

	if (t && core) {
		t->state = core;
		e = corefile_open(path, t->options.interrupted, &core->file, d);
		if (!e) {
			t->core = target_string(t, path, strlen(path));
			if (t->core && describe(t, core->file)) {
				*out = t;
				return OK;
			}
		}
	} else {
		free(core);
	}
	target_close(t);
	return e ? e : diag_set(d, ERR_NOMEM, "out of memory");
}

/* The page in which the file part ends and zeros begin. */
static bool add_tail(struct image *im, const struct corefile *c, const struct core_segment *s)
{
	uint64_t whole = s->have & ~(uint64_t)(IMAGE_PAGE - 1);
	uint8_t *page =
	    mmap(NULL, IMAGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return false;
	if (!vec_push(&im->owned, ((struct image_block){page, IMAGE_PAGE}))) {
		munmap(page, IMAGE_PAGE);
		return false;
	}
	memcpy(page, c->at + s->offset + whole, s->have - whole);
	return image_add(im, s->start + whole, page, IMAGE_PAGE, s->flags & PF_W);
}

enum err core_take_image(struct target *t, struct image *im, struct diag *d)
{
	const struct corefile *c = ((struct core *)t->state)->file;
	uint64_t sum = 0;

	vec_foreach (s, &c->segments) {
		uint64_t whole = s->have & ~(uint64_t)(IMAGE_PAGE - 1);

		if (target_interrupted(t))
			return target_says_interrupted(d);
		/* segments that share bytes of the file are a trick to keep us busy */
		sum += whole;
		if (sum > c->size) {
			notes_add(t->notes, NOTE_PARTIAL,
				  "the core's segments overlap in the file: the rest is left out");
			break;
		}
		if (whole && !image_add(im, s->start, c->at + s->offset, whole, s->flags & PF_W))
			return diag_set(d, ERR_NOMEM, "out of memory");
		if (s->have != whole && zero_tail(s) && !add_tail(im, c, s))
			return diag_set(d, ERR_NOMEM, "out of memory");
	}
	return OK;
}
