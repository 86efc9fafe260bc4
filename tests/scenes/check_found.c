/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is every object of a scene's truth (corefiles/scenes/truth.py) found on the heap, with its type and its size?
 *
 *     check_found PID|CORE TRUTH.json
 *
 * Prints what is not, by type, and what was found beyond the truth, by type. Exit status 0: all found; 1: not;
 * 2: could not look.
 */
#include <stdio.h>
#include "base/map.h"
#include "cmd/cmd.h"

#define SHOWN 5 /* of a kind */

struct tally {
	char what[200];
	uint64_t n;
};
struct check {
	struct session s;
	struct map known; /* addresses of the truth */
	struct { VEC(struct tally); } tallies;
	uint64_t objects, bad;
};

static void count(struct check *c, const char *what, const char *type, addr_t addr, const char *detail)
{
	char text[sizeof(((struct tally *)0)->what)];
	struct tally *t = c->tallies.at;

	snprintf(text, sizeof(text), "%s: %s", what, type);
	while (t < c->tallies.at + c->tallies.n && strcmp(t->what, text))
		t++;
	if (t == c->tallies.at + c->tallies.n) {
		if (!vec_push(&c->tallies, (struct tally){ .n = 0 }))
			abort();
		t = &c->tallies.at[c->tallies.n - 1];
		strcpy(t->what, text);
	}
	if (t->n++ < SHOWN)
		printf("  %s 0x%llx%s\n", text, (unsigned long long)addr, detail);
}

static void check_size(struct check *c, const struct object *o, const char *type, uint64_t size)
{
	uint64_t got = object_size(typetab_ctx(c->s.types), o);
	char detail[64];

	/* __sizeof__() is code that is said to be unknown */
	if (o->type->own_sizeof)
		return;
	snprintf(detail, sizeof(detail), " has %llu, should be %llu", (unsigned long long)got,
		 (unsigned long long)size);
	if (got != size) {
		count(c, "size", type, o->addr, detail);
		c->bad++;
	}
}

static void check_object(struct check *c, addr_t addr, const char *type, uint64_t size)
{
	struct object o;
	char got[300];
	uint32_t id;

	c->objects++;
	if (!map_put(&c->known, addr, 1))
		abort();
	if (!heap_id(c->s.heap, addr, &id) || !object_load(c->s.types, addr, &o)) {
		count(c, "not found", type, addr, "");
		c->bad++;
	} else if (strcmp(o.type->name, type)) {
		snprintf(got, sizeof(got), " is called %s", o.type->name);
		count(c, "type", type, addr, got);
		c->bad++;
	} else {
		check_size(c, &o, type, size);
	}
}

/* A JSON string's text up to its closing quote. @return what stands behind that. */
static const char *unescape(const char *s, struct buf *out)
{
	for (; *s && *s != '"'; s++) {
		char hex[5] = { 0 };

		if (*s != '\\') {
			buf_char(out, *s);
		} else if (*++s == 'u') {
			strncpy(hex, s + 1, 4);
			buf_codepoint(out, strtoul(hex, NULL, 16));
			s += strlen(hex);
		} else {
			buf_char(out, *s);
		}
	}
	return s + (*s == '"');
}

/* [id, "type", size, ... */
static void check_line(struct check *c, const char *line)
{
	struct buf type = { 0 };
	char *end;
	addr_t addr = strtoull(line + 1, &end, 10);
	const char *rest;

	if (strncmp(end, ", \"", 3))
		return;
	rest = unescape(end + 3, &type);
	if (!strncmp(rest, ", ", 2))
		check_object(c, addr, buf_text(&type), strtoull(rest + 2, NULL, 10));
	buf_release(&type);
}

static bool note_beyond(void *arg, const struct object *o)
{
	struct check *c = arg;

	if (map_get(&c->known, o->addr) == MAP_NONE)
		count(c, "beyond the truth", o->type->name, o->addr, "");
	return true;
}

int main(int argc, char **argv)
{
	static const struct target_options none;
	struct check c = { 0 };
	char *line = NULL;
	size_t room = 0;
	FILE *f = argc == 3 ? fopen(argv[2], "r") : NULL;

	if (!f)
		return 64;
	if (session_open(&c.s, argv[1], &none) || session_need(&c.s, NEED_HEAP)) {
		printf("%s\n", diag_text(&c.s.diag));
		return 2;
	}
	while (getline(&line, &room, f) > 0)
		if (*line == '[')
			check_line(&c, line);
	heap_each(c.s.heap, note_beyond, &c);
	vec_foreach(t, &c.tallies)
		printf("%8llu  %s\n", (unsigned long long)t->n, t->what);
	vec_foreach(n, &c.s.notes)
		printf("note: %s\n", n->text);
	printf("%llu objects, %llu wrong; %llu on the heap\n", (unsigned long long)c.objects,
	       (unsigned long long)c.bad, (unsigned long long)heap_facts(c.s.heap)->objects);
	free(line);
	fclose(f);
	map_release(&c.known);
	vec_release(&c.tallies);
	session_close(&c.s);
	return c.bad || !c.objects;
}
