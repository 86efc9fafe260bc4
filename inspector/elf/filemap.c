/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "elf/filemap.h"

static const struct {
	const char *magic;
	size_t n;
	const char *what, *advice;
} kinds[] = {
#define FILE_KIND(magic, what, advice) {magic, sizeof(magic) - 1, what, advice},
#include "elf/filekinds.def"
};

static const struct {
	uint16_t machine;
	const char *name;
	bool supported;
} machines[] = {
#define MACHINE(em, name, supported) {em, name, supported},
#include "elf/machines.def"
#undef MACHINE
};

static const char *not_regular(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "no regular file";
	}
}

static enum err check_regular(const struct stat *st, const char *path, const struct file_want *want,
			      struct diag *d)
{
	if (!S_ISREG(st->st_mode))
		return diag_set(d, want->wrong, "'%s' is %s, not %s", path,
				not_regular(st->st_mode), want->noun);
	if (st->st_size == 0)
		return diag_set(d, want->wrong, "'%s' is empty, not %s", path, want->noun);
	return OK;
}

static enum err open_regular(const char *path, const struct file_want *want, int *fd,
			     struct diag *d)
{
	struct stat st;
	enum err e;

	/* stat() first: opening a FIFO or a device can block or have effects */
	if (stat(path, &st))
		return diag_sys(d, ERR_NO_FILE, errno, "cannot open '%s'", path);
	e = check_regular(&st, path, want, d);
	if (e)
		return e;
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return diag_sys(d, ERR_NO_FILE, errno, "cannot open '%s'", path);
	return OK;
}

enum err file_map_open(const char *path, int fd, const struct file_want *want, struct file_map *out,
		       struct diag *d)
{
	cleanup_fd int opened = fd;
	struct stat st;
	enum err e;
	void *at;

	if (opened < 0 && (e = open_regular(path, want, &opened, d)))
		return e;
	if (fstat(opened, &st))
		return diag_sys(d, ERR_NO_FILE, errno, "cannot open '%s'", path);
	e = check_regular(&st, path, want, d);
	if (e)
		return e;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, opened, 0);
	if (at == MAP_FAILED)
		return diag_sys(d, ERR_NO_FILE, errno, "cannot map '%s'", path);
	*out = (struct file_map){at, (uint64_t)st.st_size, opened};
	opened = -1;
	return OK;
}

void file_map_close(struct file_map *m)
{
	if (m->at)
		munmap((void *)m->at, m->size);
	if (m->at && m->fd >= 0)
		close(m->fd);
	*m = (struct file_map){.fd = -1};
}

static bool looks_like_text(const struct file_map *m)
{
	for (size_t i = 0; i < min_of(m->size, 512); i++)
		if (!m->at[i] || m->at[i] == 0x7f || (m->at[i] < 0x20 && !strchr("\t\n\r\f\033", m->at[i])))
			return false;
	return true;
}

static enum err say_what_it_is(const struct file_map *m, const char *path,
			       const struct file_want *want, struct diag *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (m->size < kinds[i].n || memcmp(m->at, kinds[i].magic, kinds[i].n))
			continue;
		return diag_set(d, want->wrong, "'%s' is %s, not %s%s%s", path, kinds[i].what,
				want->noun, kinds[i].advice[0] ? "; " : "", kinds[i].advice);
	}
	return diag_set(d, want->wrong, "'%s' is %s, not %s", path,
			looks_like_text(m) ? "a text file" : "no ELF file", want->noun);
}

static enum err check_machine(const Elf64_Ehdr *eh, const char *path, struct diag *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (eh->e_machine != machines[i].machine)
			continue;
		if (machines[i].supported)
			return OK;
		return diag_set(d, ERR_UNSUPPORTED,
				"'%s' is for %s; only x86-64 and aarch64 can be read", path,
				machines[i].name);
	}
	return diag_set(d, ERR_UNSUPPORTED,
			"'%s' is for machine number %u; only x86-64 and aarch64 can be read", path,
			eh->e_machine);
}

enum err file_map_elf_header(const struct file_map *m, const char *path,
			     const struct file_want *want, Elf64_Ehdr *out, struct diag *d)
{
	Elf64_Ehdr eh;
	enum err e;

	if (m->size < SELFMAG || memcmp(m->at, ELFMAG, SELFMAG))
		return say_what_it_is(m, path, want, d);
	if (m->size > EI_CLASS && m->at[EI_CLASS] == ELFCLASS32)
		return diag_set(d, ERR_UNSUPPORTED,
				"'%s' is a 32-bit ELF file; only 64-bit can be read", path);
	if (m->size > EI_DATA && m->at[EI_DATA] == ELFDATA2MSB)
		return diag_set(d, ERR_UNSUPPORTED,
				"'%s' is a big-endian ELF file; only little-endian can be read",
				path);
	if (m->size < sizeof(eh))
		return diag_set(d, want->wrong,
				"'%s' is cut off: %llu bytes do not hold an ELF header", path,
				(unsigned long long)m->size);
	memcpy(&eh, m->at, sizeof(eh));
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh.e_ident[EI_VERSION] != EV_CURRENT)
		return diag_set(d, want->wrong, "'%s' has a damaged ELF header", path);
	e = check_machine(&eh, path, d);
	if (!e)
		*out = eh;
	return e;
}
