/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "target/internal.h"
#include "target/procmaps.h"

#define DELETED " (deleted)"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* A number in hex or decimal and the character after it. */
static bool take_number(const char **p, const char *end, unsigned int base, char stop,
			uint64_t *out)
{
	const char *start = *p;
	uint64_t v = 0;

	for (; *p < end; ++*p) {
		int digit = hex_digit(**p);

		if (digit < 0 || (unsigned int)digit >= base)
			break;
		v = v * base + digit;
	}
	if (*p == start || *p == end || **p != stop)
		return false;
	++*p;
	*out = v;
	return true;
}

static bool take_prot(const char **p, const char *end, uint32_t *out)
{
	const char *s = *p;

	if (end - s < 5 || s[4] != ' ')
		return false;
	*out = (s[0] == 'r' ? MAP_READ : 0) | (s[1] == 'w' ? MAP_WRITE : 0) |
	       (s[2] == 'x' ? MAP_EXEC : 0) | (s[3] == 's' ? MAP_SHARED_ : 0);
	*p += 5;
	return true;
}

/* The kernel writes a newline in a name as "\012" and escapes nothing else. In place. */
static size_t unescape(char *s, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		if (n - i >= 4 && !memcmp(s + i, "\\012", 4)) {
			s[out++] = '\n';
			i += 3;
		} else {
			s[out++] = s[i];
		}
	}
	s[out] = 0;
	return out;
}

static bool take_path(struct target *t, const char *s, size_t n, const struct mapping *last,
		      struct mapping *m)
{
	size_t mark = sizeof(DELETED) - 1;
	char *path;

	if (n > mark && s[0] == '/' && !memcmp(s + n - mark, DELETED, mark)) {
		m->deleted = true;
		n -= mark;
	}
	if (last && last->deleted == m->deleted && strlen(last->path) == n &&
	    !memcmp(last->path, s, n)) {
		m->path = last->path;
		return true;
	}
	path = (char *)target_string(t, s, n);
	if (!path)
		return false;
	unescape(path, n);
	m->path = path;
	return true;
}

/* start-end prot offset major:minor inode          path */
static bool parse_line(const char **p, const char *end, struct mapping *m)
{
	uint64_t major, minor;

	if (!take_number(p, end, 16, '-', &m->start) || !take_number(p, end, 16, ' ', &m->end) ||
	    !take_prot(p, end, &m->prot) || !take_number(p, end, 16, ' ', &m->offset) ||
	    !take_number(p, end, 16, ':', &major) || !take_number(p, end, 16, ' ', &minor) ||
	    !take_number(p, end, 10, ' ', &m->inode))
		return false;
	m->dev = major << 32 | minor;
	m->module = -1;
	while (*p < end && **p == ' ')
		++*p;
	return m->start < m->end && !((m->start | m->end) & (IMAGE_PAGE - 1));
}

bool procmaps_parse(struct target *t, const char *text, size_t n, struct mapping_list *out)
{
	const char *p = text, *end = text + n;

	while (p < end) {
		const char *eol = memchr(p, '\n', end - p);
		struct mapping m = {0};

		if (!eol)
			break; /* a line that was cut is no line */
		if (parse_line(&p, eol + 1, &m)) {
			size_t len = p < eol ? eol - p : 0;

			if (!take_path(t, p, len, out->n ? &out->at[out->n - 1] : NULL, &m) ||
			    !vec_push(out, m))
				return false;
		}
		p = eol + 1;
	}
	mapping_list_order(out);
	return true;
}

bool mapping_is_device(const struct mapping *m)
{
	/* /dev/zero and /dev/shm are plain memory */
	return !strncmp(m->path, "anon_inode:", 11) ||
	       (!strncmp(m->path, "/dev/", 5) && strcmp(m->path, "/dev/zero") &&
		strncmp(m->path, "/dev/shm/", 9));
}

bool mapping_is_private_data(const struct mapping *m)
{
	static const char *const special[] = {"[vvar", "[vsyscall", "[vdso", "[uprobes"};

	if (!(m->prot & MAP_WRITE) || (m->prot & MAP_SHARED_))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(special); i++)
		if (!strncmp(m->path, special[i], strlen(special[i])))
			return false;
	return !mapping_is_device(m);
}
