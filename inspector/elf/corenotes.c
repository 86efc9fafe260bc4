/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notes of a core. The structs are the kernel's for 64-bit machines (include/linux/elfcore.h,
 * fs/binfmt_elf.c): the head of elf_prstatus and all of elf_prpsinfo are the same on all of them,
 * the registers fill the rest.
 */
#include <elf.h>
#include "elf/corepriv.h"
#include "elf/elfnote.h"

enum {
	/* struct elf_prstatus */
	PRSTATUS_CURSIG = 12,
	PRSTATUS_PID = 32,
	PRSTATUS_PPID = 36,
	PRSTATUS_REGS = 112,
	PRSTATUS_TAIL = 8, /* pr_fpvalid and padding */
	/* struct elf_prpsinfo */
	PRPSINFO_SNAME = 1,
	PRPSINFO_UID = 16,
	PRPSINFO_GID = 20,
	PRPSINFO_PID = 24,
	PRPSINFO_PPID = 28,
	PRPSINFO_FNAME = 40,
	PRPSINFO_PSARGS = 56,
	PRPSINFO_SIZE = 136,
	/* NT_FILE: count, page size, then rows, then the names */
	FILE_HEAD = 16,
	FILE_ROW = 24,
};

static bool take_prstatus(struct corefile *c, const uint8_t *p, uint64_t n)
{
	struct core_thread t = {0};

	if (n < PRSTATUS_REGS + PRSTATUS_TAIL)
		return true;
	t.signal = (int16_t)load16(p + PRSTATUS_CURSIG);
	t.tid = (int)load32(p + PRSTATUS_PID);
	t.regs.n = min_of(n - PRSTATUS_REGS - PRSTATUS_TAIL, sizeof(t.regs.at));
	memcpy(t.regs.at, p + PRSTATUS_REGS, t.regs.n);
	if (!c->threads.n && !c->pid) { /* if there is no prpsinfo */
		c->pid = t.tid;
		c->ppid = (int)load32(p + PRSTATUS_PPID);
	}
	return vec_push(&c->threads, t);
}

static bool take_prpsinfo(struct corefile *c, const uint8_t *p, uint64_t n)
{
	if (n < PRPSINFO_SIZE)
		return true;
	c->state = (char)p[PRPSINFO_SNAME];
	c->uid = (int)load32(p + PRPSINFO_UID);
	c->gid = (int)load32(p + PRPSINFO_GID);
	c->pid = (int)load32(p + PRPSINFO_PID);
	c->ppid = (int)load32(p + PRPSINFO_PPID);
	/* neither needs to end in a NUL */
	memcpy(c->comm, p + PRPSINFO_FNAME, sizeof(c->comm) - 1);
	memcpy(c->args, p + PRPSINFO_PSARGS, sizeof(c->args) - 1);
	return true;
}

static bool take_auxv(struct corefile *c, const uint8_t *p, uint64_t n)
{
	for (uint64_t i = 0; i + 16 <= n; i += 16) {
		if (load64(p + i) == AT_NULL)
			break;
		if (!vec_push(&c->auxv, load64(p + i)) || !vec_push(&c->auxv, load64(p + i + 8)))
			return false;
	}
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct core_file_map *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static bool take_files(struct corefile *c, const uint8_t *p, uint64_t n)
{
	const char *name, *end = (const char *)p + n;
	uint64_t count, page;

	if (n < FILE_HEAD)
		return true;
	count = load64(p);
	page = load64(p + 8);
	if (count > (n - FILE_HEAD) / FILE_ROW)
		return true;
	name = (const char *)p + FILE_HEAD + count * FILE_ROW;
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *row = p + FILE_HEAD + i * FILE_ROW;
		struct core_file_map f = {
			.start = load64(row), .end = load64(row + 8), .path = name};
		const char *nul = memchr(name, 0, (size_t)(end - name));

		if (!nul)
			break;
		name = nul + 1;
		if (f.start < f.end && !__builtin_mul_overflow(load64(row + 16), page, &f.offset) &&
		    !vec_push(&c->files, f))
			return false;
	}
	if (c->files.n)
		qsort(c->files.at, c->files.n, sizeof(*c->files.at), by_start);
	return true;
}

static bool take_siginfo(struct corefile *c, const uint8_t *p, uint64_t n)
{
	if (c->has_siginfo || n < sizeof(c->siginfo)) /* the first is the one that counts */
		return true;
	memcpy(c->siginfo, p, sizeof(c->siginfo));
	c->has_siginfo = true;
	return true;
}

static const struct {
	uint32_t type;
	bool (*take)(struct corefile *c, const uint8_t *p, uint64_t n);
} takers[] = {
	{NT_PRSTATUS, take_prstatus}, {NT_PRPSINFO, take_prpsinfo}, {NT_AUXV, take_auxv},
	{NT_FILE, take_files},	      {NT_SIGINFO, take_siginfo},
};

bool core_notes_read(struct corefile *c, const uint8_t *at, uint64_t size, uint64_t align)
{
	struct elf_note note;
	uint64_t pos = 0;

	while (elf_note_next(at, size, align, &pos, &note)) {
		for (size_t i = 0; i < ARRAY_SIZE(takers); i++) {
			if (!elf_note_is(&note, "CORE", takers[i].type))
				continue;
			c->has_notes = true;
			if (!takers[i].take(c, note.desc, note.desc_size))
				return false;
		}
	}
	/* what is left may be padding, but not another note */
	if (size - pos >= sizeof(Elf64_Nhdr))
		c->notes_cut = true;
	return true;
}
