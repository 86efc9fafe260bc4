/* SPDX-License-Identifier: Apache-2.0 */
/* The new objects of `diff`: one by one, or grouped by who holds them. */
#include "cmd/diff.h"
#include "cmd/owner.h"
#include "cmd/text.h"

static bool choose_type(struct diff *d, const char *asked)
{
	bool any = false;

	d->chosen = calloc(d->types.texts.n + 1, sizeof(*d->chosen));
	if (!d->chosen)
		return false;
	for (unsigned way = 0; way < PICK_WAYS && !any; way++)
		for (size_t i = 0; i < d->types.texts.n; i++)
			any |= d->chosen[i] = pick_name_matches(text_map_at(&d->types, (uint32_t)i), asked, way);
	return true;
}

static bool any_chosen(const struct diff *d)
{
	for (size_t i = 0; i < d->types.texts.n; i++)
		if (d->chosen[i])
			return true;
	return false;
}

/* Objects of NEW that OLD does not have, of chosen types. */
static enum err collect(struct diff *d)
{
	const struct side *a = &d->old, *b = &d->new;
	size_t i = 0;

	for (size_t k = 0; k < b->n; k++) {
		const struct side_object *o = &b->at[k];

		while (i < a->n && a->at[i].addr < o->addr)
			i++;
		if (i < a->n && a->at[i].addr == o->addr && a->at[i].type == o->type)
			continue;
		if ((!d->chosen || d->chosen[o->type]) && !vec_push(&d->added, *o))
			return diag_set(&d->s->diag, ERR_NOMEM, "out of memory");
	}
	return OK;
}

static int larger_first(const void *pa, const void *pb)
{
	const struct side_object *a = pa, *b = pb;

	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static void say_list(struct diff *d, uint64_t limit)
{
	static const struct out_column columns[] = {{"address", "Address", COL_ADDRESS, 14},
						    {"type", "Type", COL_STRING, 0},
						    {"size", "Size", COL_BYTES, 7},
						    {"repr", "Value", COL_STRING, 0}};
	size_t shown = limit ? min_of(d->added.n, limit) : d->added.n;
	struct buf repr = {0};

	if (d->added.n)
		qsort(d->added.at, d->added.n, sizeof(*d->added.at), larger_first);
	out_table(d->out, NULL, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < shown; i++) {
		const struct side_object *o = &d->added.at[i];

		out_row(d->out, (union out_value[]){{.u = o->addr},
						    {.s = text_map_at(&d->types, o->type)},
						    {.u = o->size},
						    {.s = d->new.s ? text_row(d->new.s, o->addr, &repr) : NULL}});
	}
	d->cut = shown < d->added.n;
	out_total_u64(d->out, "shown", shown);
	buf_release(&repr);
}

/* ---- --held ---- */

struct held {
	uint64_t count, size;
	addr_t example;
	uint32_t text, type;
};
struct holding {
	struct diff *d;
	struct pick names;
	struct owners owners;
	struct text_map texts; /* "type \1 holder" */
	struct {
		VEC(struct held);
	} groups;
	struct buf text;
};

static bool hold_one(struct holding *h, const struct side_object *so)
{
	struct session *s = h->d->new.s;
	struct object o;
	uint32_t i;

	if (!heap_object(s->heap, so->addr, &o))
		return true;
	buf_clear(&h->text);
	buf_printf(&h->text, "%u\1", so->type);
	owner_text(&h->owners, &o, &h->text);
	i = text_map_add(&h->texts, buf_text(&h->text));
	if (i == TEXT_NONE || !buf_ok(&h->text) ||
	    (i == h->groups.n &&
	     !vec_push(&h->groups, ((struct held){.text = i, .type = so->type, .example = so->addr}))))
		return false;
	h->groups.at[i].count++;
	h->groups.at[i].size += so->size;
	return true;
}

static int more_first(const void *pa, const void *pb)
{
	const struct held *a = pa, *b = pb;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return a->text < b->text ? -1 : 1;
}

static void say_held(struct holding *h, uint64_t limit)
{
	static const struct out_column columns[] = {{"count", "Count", COL_COUNT, 7},
						    {"size", "Size", COL_BYTES, 9},
						    {"example", "Example", COL_ADDRESS, 14},
						    {"type", "Type", COL_STRING, 0},
						    {"owner", "Held by", COL_STRING, 0}};
	struct diff *d = h->d;
	size_t shown = limit ? min_of(h->groups.n, limit) : h->groups.n;

	if (h->groups.n)
		qsort(h->groups.at, h->groups.n, sizeof(*h->groups.at), more_first);
	out_table(d->out, NULL, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < shown; i++) {
		const struct held *g = &h->groups.at[i];

		out_row(d->out, (union out_value[]){{.u = g->count},
						    {.u = g->size},
						    {.u = g->example},
						    {.s = text_map_at(&d->types, g->type)},
						    {.s = strchr(text_map_at(&h->texts, g->text), '\1') + 1}});
	}
	d->cut = shown < h->groups.n;
	out_total_u64(d->out, "groups", h->groups.n);
}

static enum err need_roots(struct diff *d)
{
	enum err e = session_need(d->new.s, NEED_ROOTS);

	if (!e)
		e = session_need_distances(d->new.s);
	if (e && d->new.own)
		d->s->diag = d->new.s->diag;
	return e;
}

static enum err group_held(struct diff *d, uint64_t limit)
{
	struct holding h = {.d = d, .owners.s = d->new.s};
	enum err e;
	bool ok = true;

	if (!d->new.s)
		return diag_set(&d->s->diag, ERR_USAGE,
				"--held needs a PID or a core as NEW: the snapshot '%s' does not say how objects are "
				"held",
				d->new.what);
	e = need_roots(d);
	if (!e)
		e = pick_open(&h.names, d->new.s, NULL);
	h.owners.names = &h.names;
	for (size_t i = 0; !e && ok && i < d->added.n && !d->s->interrupted; i++)
		ok = hold_one(&h, &d->added.at[i]);
	if (!e && (!ok || d->s->interrupted))
		e = ok ? diag_set(&d->s->diag, ERR_INTERRUPTED, "interrupted")
		       : diag_set(&d->s->diag, ERR_NOMEM, "out of memory");
	if (!e)
		say_held(&h, limit);
	owners_release(&h.owners);
	pick_release(&h.names);
	text_map_release(&h.texts);
	vec_release(&h.groups);
	buf_release(&h.text);
	return e;
}

enum err diff_say_new(struct diff *d)
{
	const struct cmd_value *type = cmd_option(d->a, OPT_diff_new);
	uint64_t limit = cmd_option(d->a, OPT_diff_limit)->u, bytes = 0;
	enum err e;

	if (type->given && !choose_type(d, type->s))
		return diag_set(&d->s->diag, ERR_NOMEM, "out of memory");
	if (type->given && !any_chosen(d))
		return diag_set(&d->s->diag, ERR_NOT_FOUND,
				"no object of a type '%s' in OLD or NEW; without --new all types are shown", type->s);
	if ((e = collect(d)))
		return e;
	vec_foreach (o, &d->added)
		bytes += o->size;
	if (cmd_option(d->a, OPT_diff_held)->given)
		e = group_held(d, limit);
	else
		say_list(d, limit);
	if (e)
		return e;
	out_text(d->out, "%zu new objects, %llu bytes%s", d->added.n, (unsigned long long)bytes,
		 d->cut ? "; not all are shown (--limit)" : "");
	out_total_u64(d->out, "new", d->added.n);
	out_total_u64(d->out, "new_size", bytes);
	return OK;
}
