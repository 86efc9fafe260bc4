/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Libraries by what asks for them: the program's file names those that it needs, and these name
 * others. Where a library's ELF header is in the core its build-id decides. Where it was cut off,
 * the core's program headers still say which ranges were mapped: a large library fits into one
 * place only, and one that fits into two is not taken.
 */
#include <limits.h>
#include <stdio.h>
#include "elf/elfreloc.h"
#include "target/corenames.h"

#define LIBRARIES_MAX 128
#define NEEDED_MAX    256 /* of one file */

struct library {
	struct elf_file *file;
	const char *path;
};
struct needed {
	struct target *t;
	struct found_list *l;
	struct {
		VEC(struct library);
	} libraries;
	bool failed;
};

static addr_t page_down(addr_t a)
{
	return a & ~(addr_t)(IMAGE_PAGE - 1);
}

static bool is_unnamed(const struct mapping *m)
{
	return m && !m->path[0];
}

/* The segment's last page with bytes of the file ends a mapping, and .bss follows. */
static bool data_fits(const struct target *t, addr_t lo, addr_t hi, addr_t end)
{
	const struct mapping *last = target_mapping(t, hi - IMAGE_PAGE);

	for (addr_t a = lo; a < hi;) {
		const struct mapping *m = target_mapping(t, a);

		if (!is_unnamed(m) || m->prot & MAP_EXEC)
			return false;
		a = m->end;
	}
	if (!(last->prot & MAP_WRITE) || last->end != hi)
		return false;
	last = end > hi ? target_mapping(t, end - IMAGE_PAGE) : NULL;
	return end <= hi || (is_unnamed(last) && last->prot & MAP_WRITE);
}

/* Writers of cores may leave code and constants out, so only what is there can contradict. */
static bool fits_at(const struct target *t, const struct mapping *head, const struct mem_elf *e)
{
	for (size_t i = 0; i < e->n_loads; i++) {
		const Elf64_Phdr *p = &e->loads[i];
		addr_t lo = page_down(p->p_vaddr + e->bias);
		addr_t hi = round_up(p->p_vaddr + e->bias + p->p_filesz, IMAGE_PAGE);
		addr_t end = round_up(p->p_vaddr + e->bias + p->p_memsz, IMAGE_PAGE);
		const struct mapping *m = target_mapping(t, lo);

		if (p->p_flags & PF_W) {
			if (!p->p_filesz || !data_fits(t, lo, hi, end))
				return false;
		} else if (lo == head->start ? head->end != hi
					     : m && (!is_unnamed(m) || m->prot & MAP_WRITE)) {
			return false;
		}
	}
	return true;
}

static bool has_data(const struct mem_elf *e)
{
	for (size_t i = 0; i < e->n_loads; i++)
		if (e->loads[i].p_flags & PF_W)
			return true;
	return false;
}

/* The one place where the file fits. */
static bool find_place(struct target *t, const struct elf_file *f, struct mem_elf *out)
{
	size_t places = 0;

	vec_foreach (m, &t->mappings) {
		struct mem_elf e;
		uint8_t byte;

		if (!is_unnamed(m) || m->prot & MAP_WRITE ||
		    target_read_raw(t, m->start, &byte, 1) || !mem_elf_of_file(f, m->start, &e) ||
		    !has_data(&e) || !fits_at(t, m, &e))
			continue;
		places++;
		*out = e;
	}
	return places == 1;
}

/* Is it in the process? Consumes the file. */
static bool take_file(struct needed *n, struct elf_file *f, const char *path)
{
	struct found fresh = {0};
	bool is_there = false;
	const char *name = target_string(n->t, path, strlen(path));

	vec_foreach (it, n->l)
		if (it->id.n && build_id_equal(&it->id, elf_file_build_id(f))) {
			it->name = it->name ? it->name : name;
			is_there = true;
		}
	if (!is_there && n->l->n < MODULES_MAX && find_place(n->t, f, &fresh.elf)) {
		fresh.name = name;
		is_there = true;
		n->failed |= !vec_push(n->l, fresh);
	}
	if (!name || !is_there || n->failed ||
	    !vec_push(&n->libraries, ((struct library){f, name}))) {
		n->failed |= !name;
		elf_file_close(f);
		return false;
	}
	return true;
}

static bool try_dir(struct needed *n, const char *dir, size_t len, const char *name)
{
	const char *root = n->t->options.sysroot;
	char path[PATH_MAX];

	for (int with_root = root ? 1 : 0; with_root >= 0; with_root--) {
		struct elf_file *f;

		if ((size_t)snprintf(path, sizeof(path), "%s%.*s/%s", with_root ? root : "",
				     (int)len, dir, name) >= sizeof(path))
			continue;
		f = core_open_elf(path);
		if (f && take_file(n, f, path))
			return true;
	}
	return false;
}

/* "a:$ORIGIN/../lib:c" */
static bool try_runpath(struct needed *n, const struct library *by, const char *dirs,
			const char *name)
{
	static const char origin[] = "$ORIGIN";
	const char *slash = strrchr(by->path, '/');
	char dir[PATH_MAX];

	while (dirs && *dirs) {
		size_t len = strcspn(dirs, ":"), skip = sizeof(origin) - 1;
		int size;

		if (slash && len >= skip && !strncmp(dirs, origin, skip))
			size = snprintf(dir, sizeof(dir), "%.*s%.*s", (int)(slash - by->path),
					by->path, (int)(len - skip), dirs + skip);
		else
			size =
			    snprintf(dir, sizeof(dir), "%.*s", (int)min_of(len, sizeof(dir)), dirs);
		if (*dir == '/' && (size_t)size < sizeof(dir) &&
		    try_dir(n, dir, (size_t)size, name))
			return true;
		dirs += len + (dirs[len] == ':');
	}
	return false;
}

static void find_library(struct needed *n, const struct library *by, const char *name)
{
	const char *slash = strrchr(by->path, '/');

	vec_foreach (known, &n->libraries) {
		const char *s = strrchr(known->path, '/');

		if (!strcmp(s ? s + 1 : known->path, name))
			return;
	}
	if (strchr(name, '/') || !*name ||
	    try_runpath(n, by, elf_file_dynamic_text(by->file, DT_RUNPATH, 0), name) ||
	    try_runpath(n, by, elf_file_dynamic_text(by->file, DT_RPATH, 0), name))
		return;
	for (const char *const *dir = library_dirs; *dir; dir++)
		if (try_dir(n, *dir, strlen(*dir), name))
			return;
	if (slash)
		(void)(try_dir(n, by->path, (size_t)(slash - by->path), name) ||
		       try_runpath(n, by, "$ORIGIN/../lib", name));
}

/* The program's file: as the user gave it, or under the name that the process has for it. */
static void find_program(struct needed *n)
{
	vec_foreach (it, n->l) {
		const char *path = n->t->options.exe ? n->t->options.exe : it->name;
		struct elf_file *f;

		if (!it->program || !path || !(f = core_open_elf(path)))
			continue;
		if (!it->id.n || !build_id_equal(&it->id, elf_file_build_id(f)) ||
		    !vec_push(&n->libraries, ((struct library){f, path})))
			elf_file_close(f);
		return;
	}
}

bool core_names_from_needed(struct target *t, struct found_list *l)
{
	struct needed n = {.t = t, .l = l};

	find_program(&n);
	for (size_t i = 0; i < n.libraries.n && i < LIBRARIES_MAX && !n.failed; i++) {
		struct library by = n.libraries.at[i];
		const char *name;

		for (size_t k = 0; k < NEEDED_MAX && !target_interrupted(t) &&
				   (name = elf_file_dynamic_text(by.file, DT_NEEDED, k));
		     k++)
			find_library(&n, &by, name);
	}
	vec_foreach (it, &n.libraries)
		elf_file_close(it->file);
	vec_release(&n.libraries);
	return !n.failed;
}
