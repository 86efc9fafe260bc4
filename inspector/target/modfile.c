/* SPDX-License-Identifier: Apache-2.0 */
/* The file on disk that a module is. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include "target/internal.h"
#include "target/modules.h"

int open_regular(const char *path)
{
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	char self[40];
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st))
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return -1;
	}
	/* only now, when it is known to be a plain file: opening a device can do something */
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return open(self, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

enum header { HEADER_SAME, HEADER_OTHER, HEADER_MISSING };

static enum header compare_header(struct target *t, const struct module *m,
				  const struct elf_file *f)
{
	uint8_t page[IMAGE_PAGE];
	const void *ours = elf_file_bytes(f, 0, sizeof(page));

	if (!target_read(t, m->start, page, sizeof(page)))
		return HEADER_MISSING;
	return ours && !memcmp(page, ours, sizeof(page)) ? HEADER_SAME : HEADER_OTHER;
}

static void say_other(struct module *m, const char *shown, const struct build_id *have)
{
	char a[2 * BUILD_ID_MAX + 1], b[2 * BUILD_ID_MAX + 1];

	snprintf(m->problem, sizeof(m->problem),
		 "%.80s has build-id %.40s, the process runs %.40s: %s", shown,
		 have->n ? build_id_text(have, a) : "none", build_id_text(&m->id, b),
		 m->exe ? "give the right file with --exe" : "give the right files with --sysroot");
}

/* Is the file the one that the process runs? */
static bool agrees(struct target *t, struct module *m, const struct elf_file *f, const char *shown,
		   enum offer how)
{
	const struct build_id *id = elf_file_build_id(f);
	enum header header;

	if (m->id.n) {
		if (build_id_equal(id, &m->id))
			return true;
		say_other(m, shown, id);
		return false;
	}
	if (how == OFFER_SAME)
		return true;
	header = compare_header(t, m, f);
	if (header == HEADER_SAME) {
		notes_add(t->notes, NOTE_INFO,
			  "%s has no build-id in the target's memory: matched by its ELF header",
			  shown);
		return true;
	}
	if (header == HEADER_MISSING && t->missing_bytes && module_fits(t, m, f)) {
		notes_add(t->notes, NOTE_INFO,
			  "%s is taken by its name and because its segments are where the process "
			  "has them: the page "
			  "with its build-id was cut off",
			  shown);
		return true;
	}
	if (header == HEADER_MISSING && how == OFFER_GIVEN) {
		notes_add(t->notes, NOTE_INFO,
			  "%s is taken as it was given: the target's memory does not hold its "
			  "build-id",
			  shown);
		return true;
	}
	snprintf(m->problem, sizeof(m->problem),
		 "%.100s: %s, so it cannot be told whether it is the file that ran%s", shown,
		 header == HEADER_MISSING ? "its ELF header is not in the core"
					  : "no build-id, and another first page",
		 m->exe ? "; give it with --exe if it is" : "");
	return false;
}

/* A detached debug file: it has the sections' names and places, but not what is in them. */
static bool has_no_bytes(const struct elf_file *f)
{
	const struct elf_section *text = elf_file_section(f, ".text");

	return text && text->type == SHT_NOBITS;
}

bool module_offer(struct target *t, struct module *m, const char *path, const char *shown, int fd,
		  enum offer how)
{
	struct elf_file *f;
	struct diag d = {0};

	if (fd < 0)
		fd = open_regular(path);
	if (fd < 0) {
		if (how == OFFER_GIVEN)
			snprintf(m->problem, sizeof(m->problem), "%.160s cannot be opened: %s",
				 path, strerror(errno));
		return false;
	}
	if (elf_file_open(shown, fd, &f, &d)) {
		snprintf(m->problem, sizeof(m->problem), "%.200s", diag_text(&d));
		return false;
	}
	if (has_no_bytes(f) != (how == OFFER_DEBUG) || !agrees(t, m, f, shown, how)) {
		elf_file_close(f);
		return false;
	}
	m->no_bytes = how == OFFER_DEBUG;
	m->file = f;
	m->file_path = target_string(t, shown, strlen(shown));
	if (!m->file_path)
		m->file_path = elf_file_path(f);
	m->problem[0] = 0;
	return true;
}

void module_not_found(struct module *m)
{
	char hex[2 * BUILD_ID_MAX + 1];
	const char *id = m->id.n      ? build_id_text(&m->id, hex)
			 : m->id_read ? "none"
				      : "not in the target's memory";

	if (!m->file && !m->problem[0])
		snprintf(
		    m->problem, sizeof(m->problem), "%.100s was not found (build-id %.60s): %s",
		    m->path[0] ? m->path : "its file", id,
		    m->exe		? "say where it is with --exe FILE"
		    : m->path[0] == '/' ? "say where it is with --sysroot DIR"
					: "give the program with --exe FILE, or --sysroot DIR");
}

static bool offer_below(struct target *t, struct module *m, const char *dir, const char *path,
			enum offer how)
{
	char full[PATH_MAX];

	if ((size_t)snprintf(full, sizeof(full), "%s%s", dir, path) >= sizeof(full))
		return false;
	return module_offer(t, m, full, full, -1, how);
}

/* DIR/.build-id/ab/cdef is the stripped file, cdef.debug what was stripped off. */
static bool offer_by_id(struct target *t, struct module *m, const char *dir, enum offer how)
{
	char hex[2 * BUILD_ID_MAX + 1], path[2 * BUILD_ID_MAX + 32];

	if (m->id.n < 2)
		return false;
	build_id_text(&m->id, hex);
	snprintf(path, sizeof(path), "/.build-id/%.2s/%s%s", hex, hex + 2,
		 how == OFFER_DEBUG ? ".debug" : "");
	return offer_below(t, m, dir, path, how);
}

const char *const library_dirs[] = {
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/lib64",
    "/usr/lib",
    "/lib",
    "/usr/local/lib",
    NULL,
};

/* A library of which only the name is known (corenames.c): beside the program, and where libraries
 * are. */
static bool offer_by_soname(struct target *t, struct module *m)
{
	const char *exe = t->options.exe, *slash = exe ? strrchr(exe, '/') : NULL;
	char name[300], path[PATH_MAX];

	if (m->path[0] != '[' || strchr(m->path, '/'))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)min_of(strlen(m->path) - 2, sizeof(name) - 1),
		 m->path + 1);
	if (slash) {
		snprintf(path, sizeof(path), "%.*s/../lib/%s", (int)(slash - exe), exe, name);
		if (module_offer(t, m, path, path, -1, OFFER_NAMED))
			return true;
		snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - exe), exe, name);
		if (module_offer(t, m, path, path, -1, OFFER_NAMED))
			return true;
	}
	for (const char *const *dir = library_dirs; *dir; dir++) {
		snprintf(path, sizeof(path), "%s/%s", *dir, name);
		if ((t->options.sysroot &&
		     offer_below(t, m, t->options.sysroot, path, OFFER_NAMED)) ||
		    module_offer(t, m, path, path, -1, OFFER_NAMED))
			return true;
	}
	m->problem[0] = 0; /* others of that name are not it */
	return false;
}

static const char *const *debug_dirs(const struct target *t)
{
	static const char *const standard[] = {"/usr/lib/debug", NULL};

	return t->options.debug_dirs ? t->options.debug_dirs : standard;
}

static bool offer_elsewhere(struct target *t, struct module *m)
{
	const char *root = t->options.sysroot;

	if (root && m->path[0] == '/' && offer_below(t, m, root, m->path, OFFER_NAMED))
		return true;
	for (const char *const *dir = debug_dirs(t); *dir; dir++)
		if ((m->path[0] == '/' && offer_below(t, m, *dir, m->path, OFFER_NAMED)) ||
		    offer_by_id(t, m, *dir, OFFER_NAMED))
			return true;
	return false;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Files that the caller knows. Those of another build are just not it. */
static bool offer_files(struct target *t, struct module *m)
{
	if (!t->options.files)
		return false;
	for (const char *const *f = t->options.files; *f; f++)
		if (m->id.n && !strcmp(last_part(*f), last_part(m->path)) &&
		    module_offer(t, m, *f, *f, -1, OFFER_NAMED))
			return true;
	m->problem[0] = 0;
	return false;
}

/* Without the binary itself its debug file still gives symbols and types. */
static bool offer_debug(struct target *t, struct module *m)
{
	for (const char *const *dir = debug_dirs(t); *dir; dir++)
		if (offer_by_id(t, m, *dir, OFFER_DEBUG))
			return true;
	return false;
}

static bool is_same_file(const char *path, const struct stat *st)
{
	struct stat s;

	return !stat(path, &s) && s.st_ino == st->st_ino && s.st_dev == st->st_dev;
}

/*
 * Offers an open file that the kernel led us to. It is shown, and later sought beside, under the
 * name that the process knows, if that still leads to it.
 */
static bool offer_open(struct target *t, struct module *m, int fd, const char *link, enum offer how)
{
	char in_root[PATH_MAX];
	const char *shown = link;
	struct stat st;

	snprintf(in_root, sizeof(in_root), "/proc/%d/root%s", t->own->proc, m->path);
	if (!fstat(fd, &st)) {
		if (is_same_file(m->path, &st))
			shown = m->path;
		else if (is_same_file(in_root, &st))
			shown = in_root;
	}
	return module_offer(t, m, NULL, shown, fd, how);
}

static bool offer_exe_link(struct target *t, struct module *m, const struct mapping *first)
{
	char path[64];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", t->own->proc);
	fd = open_regular(path);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) || st.st_ino != first->inode) {
		close(fd);
		return false;
	}
	return offer_open(t, m, fd, path, OFFER_SAME);
}

void module_open_live(struct target *t, struct module *m, const struct mapping *first,
		      const struct mem_elf *e)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	/* needs CAP_CHECKPOINT_RESTORE; leads to the mapped file even if it was deleted or replaced
	 */
	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", t->own->proc,
		 (unsigned long long)first->start, (unsigned long long)first->end);
	fd = open_regular(path);
	if (fd >= 0 && offer_open(t, m, fd, path, OFFER_SAME))
		return;
	if (offer_exe_link(t, m, first))
		return;
	snprintf(path, sizeof(path), "/proc/%d/root%s", t->own->proc, m->path);
	fd = open_regular(path);
	if (fd >= 0) {
		bool same = !fstat(fd, &st) && st.st_ino == first->inode && !first->deleted;

		if (offer_open(t, m, fd, path, same ? OFFER_SAME : OFFER_NAMED))
			return;
	}
	if (offer_elsewhere(t, m) || offer_files(t, m) || offer_debug(t, m))
		return;
	module_not_found(m);
}

void module_open_core(struct target *t, struct module *m, const struct mapping *first,
		      const struct mem_elf *e)
{
	const char *exe = t->options.exe;

	if (exe && (m->exe || !t->own->knows_exe)) {
		if (module_offer(t, m, exe, exe, -1, m->exe ? OFFER_GIVEN : OFFER_NAMED))
			return;
		if (!m->exe)
			m->problem[0] = 0; /* it is just not this one */
	}
	if (offer_elsewhere(t, m))
		return;
	if (m->path[0] == '/' && module_offer(t, m, m->path, m->path, -1, OFFER_NAMED))
		return;
	if (offer_files(t, m))
		return;
	if (offer_by_soname(t, m) || offer_debug(t, m))
		return;
	module_not_found(m);
}
