/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <stdio.h>
#include "base/map.h"
#include "target/internal.h"
#include "target/sockets.h"

#define ROWS_MAX     200000 /* of all files */
#define LINE_BYTES   512    /* more than a line has: a path of AF_UNIX is 108 */
#define TCP_LISTENS  10
#define UNIX_ACCEPTS 0x10000 /* __SO_ACCEPTCON */
#define IS_UNIX	     UINT8_MAX

static const struct {
	const char *file, *name;
} files[] = {
#define SOCKETS(file, name) {file, name},
#include "target/sockets.def"
};

struct end {
	uint8_t bytes[16];
	unsigned port;
};
struct row {
	uint64_t inode;
	uint8_t file;	/* index in files, IS_UNIX */
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t state;	/* of TCP; unix: it accepts */
	uint8_t type;	/* unix: SOCK_* */
	struct end local, remote;
	const char *path; /* unix: NULL if it has none; the target's */
};
struct sockets {
	VEC(struct row);
	struct map by_inode;
	uint8_t listens[65536 / 8]; /* ports of TCP */
};

void sockets_free(struct sockets *s)
{
	if (!s)
		return;
	vec_release(s);
	map_release(&s->by_inode);
	free(s);
}

/* 8 or 32 digits: words of four bytes, as this machine has them. */
static bool read_address(const char *hex, struct end *out, uint8_t *family)
{
	size_t n = strlen(hex) / 8;
	unsigned word;

	if (n != 1 && n != 4)
		return false;
	*family = n == 1 ? AF_INET : AF_INET6;
	for (size_t i = 0; i < n; i++) {
		if (sscanf(hex + 8 * i, "%8x", &word) != 1)
			return false;
		memcpy(out->bytes + 4 * i, &word, 4);
	}
	return true;
}

static bool parse_internet(const char *line, struct row *r)
{
	char local[33], remote[33];
	unsigned long long inode;
	unsigned state;

	if (sscanf(line, "%*u: %32[0-9A-Fa-f]:%x %32[0-9A-Fa-f]:%x %x %*s %*s %*s %*u %*d %llu", local, &r->local.port, remote,
		   &r->remote.port, &state, &inode) != 6 ||
	    !read_address(local, &r->local, &r->family) || !read_address(remote, &r->remote, &r->family))
		return false;
	r->state = (uint8_t)state;
	r->inode = inode;
	return true;
}

static bool parse_unix(struct target *t, char *line, struct row *r)
{
	unsigned long long inode;
	unsigned flags, type;
	int at = 0;

	if (sscanf(line, "%*[^:]: %*x %*x %x %x %*x %llu%n", &flags, &type, &inode, &at) != 3)
		return false;
	r->inode = inode;
	r->type = (uint8_t)type;
	r->state = (flags & UNIX_ACCEPTS) != 0;
	line[strcspn(line, "\n")] = 0;
	if (line[at] == ' ' && line[at + 1])
		r->path = target_string(t, line + at + 1, strlen(line + at + 1));
	return true;
}

/* The rest of a line that is longer than any that is expected is none of its own. */
static void skip_rest(FILE *f, const char *line)
{
	int c;

	if (!strchr(line, '\n'))
		while ((c = getc(f)) != EOF && c != '\n')
			;
}

static void read_file(struct target *t, struct sockets *s, const char *name, uint8_t file)
{
	char path[64], line[LINE_BYTES];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/net/%s", t->own->proc, name);
	f = fopen(path, "re");
	while (f && s->n < ROWS_MAX && fgets(line, sizeof(line), f)) {
		struct row r = {.file = file};

		skip_rest(f, line);
		if (!(file == IS_UNIX ? parse_unix(t, line, &r) : parse_internet(line, &r)) || !r.inode)
			continue;
		if (file != IS_UNIX && r.state == TCP_LISTENS && !strcmp(files[file].name, "tcp"))
			s->listens[(r.local.port & 0xffff) / 8] |= (uint8_t)(1u << r.local.port % 8);
		if (!map_put(&s->by_inode, r.inode, s->n) || !vec_push(s, r))
			break;
	}
	if (f)
		fclose(f);
}

static const struct row *find(struct target *t, uint64_t inode)
{
	struct sockets *s = t->own->sockets;
	uint64_t at;

	if (!s) {
		s = t->own->sockets = calloc(1, sizeof(*s));
		if (!s)
			return NULL;
		for (size_t i = 0; i < ARRAY_SIZE(files); i++)
			read_file(t, s, files[i].file, (uint8_t)i);
		read_file(t, s, "unix", IS_UNIX);
	}
	at = map_get(&s->by_inode, inode);
	return at < s->n ? &s->at[at] : NULL;
}

static const char *state_text(unsigned state)
{
	switch (state) {
#define TCP_STATE(number, text)                                                                                                    \
	case number:                                                                                                               \
		return text;
#include "target/sockets.def"
	}
	return NULL;
}

static const char *type_text(unsigned type)
{
	switch (type) {
#define UNIX_TYPE(number, text)                                                                                                    \
	case number:                                                                                                               \
		return text;
#include "target/sockets.def"
	}
	return "socket";
}

static void add_end(const struct row *r, const struct end *e, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(r->family, e->bytes, text, sizeof(text)))
		text[0] = 0;
	buf_printf(out, r->family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, e->port);
}

static void internet_text(const struct sockets *s, const struct row *r, struct buf *out)
{
	bool tcp = !strcmp(files[r->file].name, "tcp");
	bool accepted = tcp && s->listens[(r->local.port & 0xffff) / 8] >> r->local.port % 8 & 1;
	const char *state = tcp ? state_text(r->state) : NULL;

	buf_printf(out, "%s ", files[r->file].name);
	add_end(r, &r->local, out);
	if (r->remote.port) {
		buf_str(out, accepted ? " <- " : " -> ");
		add_end(r, &r->remote, out);
	}
	if (state)
		buf_printf(out, ", %s", state);
}

static void unix_text(const struct row *r, struct buf *out)
{
	buf_printf(out, "unix %s", type_text(r->type));
	if (r->path) {
		buf_char(out, ' ');
		buf_escaped(out, r->path, strlen(r->path));
	}
	if (r->state)
		buf_str(out, ", listening");
}

bool target_socket(struct target *t, const char *link, struct buf *out)
{
	const struct row *r;
	unsigned long long inode;

	if (t->kind != TARGET_LIVE || sscanf(link, "socket:[%llu]", &inode) != 1)
		return false;
	r = find(t, inode);
	if (!r)
		return false;
	if (r->file == IS_UNIX)
		unix_text(r, out);
	else
		internet_text(t->own->sockets, r, out);
	return true;
}
