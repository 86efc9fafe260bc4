/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include "cmd/pick.h"
#include "heap/find.h"

#define NEAR_MAX  3  /* names that are recommended */
#define WIDTH_MAX 64 /* characters of a name that are compared */

static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

static const char *without_instance(const char *name)
{
	return strncmp(name, "instance of ", 12) ? name : name + 12;
}

bool pick_name_matches(const char *name, const char *asked, unsigned way)
{
	switch (way) {
	case 0:
		return !strcmp(name, asked);
	case 1:
		return !strcmp(without_instance(name), asked);
	case 2:
		return !strcmp(last_part(name), asked);
	default:
		return strpbrk(asked, "*?[") && !fnmatch(asked, name, 0);
	}
}

static bool choose(struct pick *p, const char *asked)
{
	bool any = false;

	for (unsigned way = 0; way < PICK_WAYS && !any; way++)
		for (size_t i = 0; i < p->rows.n; i++)
			any |= p->chosen[i] = pick_name_matches(p->rows.at[i].name, asked, way);
	return any;
}

/* Letters to change, add or leave out. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[WIDTH_MAX + 1];
	size_t n = min_of(strlen(b), WIDTH_MAX), m = min_of(strlen(a), WIDTH_MAX);

	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= m; i++) {
		unsigned corner = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned same = corner + (tolower((unsigned char)a[i - 1]) !=
						  tolower((unsigned char)b[j - 1]));

			corner = row[j];
			row[j] = min_of(same, min_of(row[j], row[j - 1]) + 1);
		}
	}
	return row[n];
}

static unsigned name_distance(const char *name, const char *asked)
{
	unsigned whole = distance(without_instance(name), asked),
		 last = distance(last_part(name), asked);

	if (*asked && strstr(name, asked))
		return 1;
	return min_of(whole, last);
}

/* "unknown type 'Trcer'; near are a.Tracer, b.Trace" */
static enum err unknown_type(struct pick *p, const char *asked)
{
	const char *best[NEAR_MAX] = {0};
	unsigned far[NEAR_MAX], limit = max_of((unsigned)strlen(asked) / 3, 2);
	struct buf near = {0};
	enum err e;

	vec_foreach (row, &p->rows) {
		unsigned d = name_distance(row->name, asked);
		int at = NEAR_MAX;

		while (at && (!best[at - 1] || d < far[at - 1]))
			at--;
		if (at == NEAR_MAX || d > limit)
			continue;
		for (int i = NEAR_MAX - 1; i > at; i--) {
			best[i] = best[i - 1];
			far[i] = far[i - 1];
		}
		best[at] = row->name;
		far[at] = d;
	}
	for (unsigned i = 0; i < NEAR_MAX && best[i]; i++)
		buf_printf(&near, "%s%s", i ? ", " : "; did you mean ", best[i]);
	e = diag_set(&p->s->diag, ERR_NOT_FOUND, "no object of a type '%s'%s%s", asked,
		     buf_text(&near), near.n ? "?" : "; `types` shows all names");
	buf_release(&near);
	return e;
}

enum err pick_open(struct pick *p, struct session *s, const char *type)
{
	enum err e;

	*p = (struct pick){.s = s, .all = !type};
	e = type_rows_collect(s, &p->rows);
	if (e)
		return e;
	p->chosen = calloc(max_of(p->rows.n, 1), sizeof(*p->chosen));
	if (!p->chosen)
		return diag_set(&s->diag, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < p->rows.n; i++)
		if (!map_put(&p->by_address, p->rows.at[i].addr, i))
			return diag_set(&s->diag, ERR_NOMEM, "out of memory");
	return !type || choose(p, type) ? OK : unknown_type(p, type);
}

void pick_release(struct pick *p)
{
	type_rows_release(&p->rows);
	map_release(&p->by_address);
	free(p->chosen);
	*p = (struct pick){0};
}

/* The row of the object's type, or of its class where it is an old-style instance. */
static uint64_t row_of(const struct pick *p, const struct object *o)
{
	const struct layout *L = &p->s->python->L;
	uint64_t row = MAP_NONE;

	if (layout_has(L, F_instance27_in_class) &&
	    o->type->addr == p->s->python->known[K_instance27])
		row = map_get(&p->by_address, field_u64(L, o->at, F_instance27_in_class));
	return row != MAP_NONE ? row : map_get(&p->by_address, o->type->addr);
}

bool pick_has(const struct pick *p, const struct object *o)
{
	uint64_t row;

	if (p->all)
		return true;
	row = row_of(p, o);
	return row != MAP_NONE && p->chosen[row];
}

const char *pick_name(const struct pick *p, const struct object *o)
{
	uint64_t row = row_of(p, o);

	return row != MAP_NONE ? p->rows.at[row].name : o->type->name;
}

const char *pick_module(const struct pick *p, const struct object *o)
{
	uint64_t row = row_of(p, o);

	return row != MAP_NONE ? p->rows.at[row].module : o->type->module;
}

static bool number_parse(const char *text, const char **end, uint64_t *out)
{
	char *stop;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*out = strtoull(text, &stop, 0);
	*end = stop;
	return !errno;
}

enum err pick_object(struct session *s, const char *text, struct object *out)
{
	const char *end;
	uint64_t addr;

	if (!number_parse(text, &end, &addr) || *end)
		return diag_set(&s->diag, ERR_USAGE,
				"'%s' is no address: give 0x... or a decimal number", text);
	return heap_find(s->heap, addr, out, &s->diag);
}

enum err range_parse(const char *text, const char *option, struct range *out, struct diag *d)
{
	struct range r = {0, UINT64_MAX, text != NULL};
	const char *at = text;
	bool ok = true;

	if (at && strncmp(at, "..", 2))
		ok = number_parse(at, &at, &r.from);
	if (ok && at && !strncmp(at, "..", 2)) {
		at += 2;
		ok = !*at || number_parse(at, &at, &r.to);
	} else if (at) {
		r.to = r.from;
	}
	if (!ok || (at && *at))
		return diag_set(d, ERR_USAGE, "--%s '%s' is no range: N, A..B, A.. or ..B", option,
				text);
	if (r.from > r.to)
		return diag_set(d, ERR_USAGE, "--%s '%s' is an empty range: its end comes before its begin", option, text);
	*out = r;
	return OK;
}
