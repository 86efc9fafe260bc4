/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/openat2.h>
#include "stack/source.h"

#define FILE_MAX  (8u << 20)
#define KEEP_MAX  (32u << 20)
#define FILES_MAX 4096

/* Seconds: the kernel tells when it booted, and so when a process began, in whole ones. */
#define START_SLACK 1.5

static int open_directory(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

void sources_init(struct sources *s, struct target *t)
{
	char path[64];
	struct stat st;

	*s = (struct sources){.t = t, .root = -1, .cwd = -1, .made = t->start_time};
	if (t->kind == TARGET_LIVE) {
		snprintf(path, sizeof(path), "/proc/%d/root", t->pid);
		s->root = open_directory(t->options.sysroot ? t->options.sysroot : path);
		snprintf(path, sizeof(path), "/proc/%d/cwd", t->pid);
		s->cwd = open_directory(path);
	} else if (t->kind != TARGET_BUFFER) {
		s->root = open_directory(t->options.sysroot ? t->options.sysroot : "/");
		if (t->core && !stat(t->core, &st))
			s->made = st.st_mtim.tv_sec + st.st_mtim.tv_nsec / 1e9;
	}
}

void sources_release(struct sources *s)
{
	vec_foreach (f, s) {
		free(f->name);
		free(f->text);
		free(f->lines);
	}
	vec_release(s);
	if (s->root >= 0)
		close(s->root);
	if (s->cwd >= 0)
		close(s->cwd);
}

/*
 * A handle that reads nothing yet: to open a device or a FIFO has effects. Links stay below the
 * directory, which needs Linux 5.6: before it no source is shown.
 */
static int find_file(int dir, const char *name, bool absolute)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC,
			       .resolve = RESOLVE_NO_MAGICLINKS |
					  (absolute ? RESOLVE_IN_ROOT : RESOLVE_BENEATH)};

	return (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
}

/* The size of a regular file, opened for reading; -1 if it is none, or too large. */
static int open_regular(struct sources *s, const char *name, struct stat *st)
{
	bool absolute = name[0] == '/';
	int dir = absolute ? s->root : s->cwd, handle, fd = -1;
	char path[64];

	handle = dir < 0 ? -1 : find_file(dir, name, absolute);
	if (handle < 0)
		return -1;
	if (!fstat(handle, st) && S_ISREG(st->st_mode) && st->st_size > 0 &&
	    st->st_size <= FILE_MAX) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", handle);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	close(handle);
	return fd;
}

static size_t read_all(int fd, char *to, size_t size)
{
	size_t got = 0;
	ssize_t n;

	while (got < size && (n = read(fd, to + got, size - got)) > 0)
		got += n;
	return got;
}

/* Where lines begin. Lines end as Python's tokenizer ends them: \n, \r\n, \r. */
static bool index_lines(struct source_file *f)
{
	struct {
		VEC(size_t);
	} starts = {0};
	bool ok = vec_push(&starts, 0);

	for (size_t i = 0; ok && i < f->size; i++)
		if (f->text[i] == '\n' ||
		    (f->text[i] == '\r' && (i + 1 == f->size || f->text[i + 1] != '\n')))
			ok = vec_push(&starts, i + 1);
	if (!ok)
		vec_release(&starts);
	f->lines = starts.at;
	f->n_lines = starts.n;
	return ok;
}

static void load(struct sources *s, struct source_file *f)
{
	struct stat st;
	double changed;
	cleanup_fd int fd = s->bytes < KEEP_MAX ? open_regular(s, f->name, &st) : -1;

	if (fd < 0)
		return;
	f->text = malloc(st.st_size);
	if (!f->text)
		return;
	changed = st.st_mtim.tv_sec + st.st_mtim.tv_nsec / 1e9;
	f->size = read_all(fd, f->text, st.st_size);
	f->newer = s->made && changed > s->made + START_SLACK;
	s->bytes += f->size;
	if (!index_lines(f)) {
		free(f->text);
		f->text = NULL;
	}
}

static struct source_file *get(struct sources *s, const char *name)
{
	struct source_file f = {0};

	vec_foreach (known, s)
		if (!strcmp(known->name, name))
			return known;
	if (s->n >= FILES_MAX || !vec_reserve(s, 1))
		return NULL;
	f.name = strdup(name);
	if (!f.name)
		return NULL;
	load(s, &f);
	s->at[s->n++] = f;
	return &s->at[s->n - 1];
}

bool sources_line(struct sources *s, const char *file, int line, struct source_line *out)
{
	struct source_file *f = file && line > 0 ? get(s, file) : NULL;
	size_t begin, start, end;

	if (!f || !f->text || (size_t)line > f->n_lines)
		return false;
	start = begin = f->lines[line - 1];
	end = (size_t)line < f->n_lines ? f->lines[line] : f->size;
	while (start < end && isspace((unsigned char)f->text[start]))
		start++;
	while (start < end && isspace((unsigned char)f->text[end - 1]))
		end--;
	*out = (struct source_line){f->text + start, end - start, start - begin, f->newer};
	return true;
}
