/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diff: what came, went and grew between two looks at a process. CPython never moves an object, so the same type at the
 * same address is the same object. (It may also be another one in a block that was freed meanwhile; nobody can tell.)
 */
#include "cmd/diff.h"

static bool change_of(struct diff *d, uint32_t type, struct change **out)
{
	while (d->changes.n <= type) {
		struct change c = {.type = (uint32_t)d->changes.n};

		if (!vec_push(&d->changes, c))
			return false;
	}
	*out = &d->changes.at[type];
	return true;
}

static bool saw_old(struct diff *d, const struct side_object *o, bool gone)
{
	struct change *c;

	if (!change_of(d, o->type, &c))
		return false;
	c->old_count++;
	c->old_size += o->size;
	if (gone) {
		c->gone++;
		c->gone_size += o->size;
	}
	return true;
}

static bool saw_new(struct diff *d, const struct side_object *o, bool added)
{
	struct change *c;

	if (!change_of(d, o->type, &c))
		return false;
	c->count++;
	c->size += o->size;
	if (!added)
		return true;
	c->added++;
	c->added_size += o->size;
	return true;
}

static bool saw_both(struct diff *d, const struct side_object *old, const struct side_object *new)
{
	bool same = old->type == new->type;
	struct change *c;

	if (!saw_old(d, old, !same) || !saw_new(d, new, !same) || !change_of(d, new->type, &c))
		return false;
	if (same && new->size > old->size) {
		c->grown++;
		c->grown_size += new->size - old->size;
	} else if (same && new->size < old->size) {
		c->shrunk++;
		c->shrunk_size += old->size - new->size;
	}
	return true;
}

/* Both sides are in address order. */
static enum err compare(struct diff *d)
{
	const struct side *a = &d->old, *b = &d->new;
	size_t i = 0, k = 0;
	bool ok = true;

	while (ok && (i < a->n || k < b->n)) {
		if (k == b->n || (i < a->n && a->at[i].addr < b->at[k].addr))
			ok = saw_old(d, &a->at[i++], d->same);
		else if (i == a->n || b->at[k].addr < a->at[i].addr)
			ok = saw_new(d, &b->at[k++], d->same);
		else if (d->same)
			ok = saw_both(d, &a->at[i++], &b->at[k++]);
		else
			ok = saw_old(d, &a->at[i++], false) && saw_new(d, &b->at[k++], false);
	}
	return ok ? OK : diag_set(&d->s->diag, ERR_NOMEM, "out of memory");
}

static int64_t count_change(const struct change *c)
{
	return (int64_t)(c->count - c->old_count);
}

static int64_t size_change(const struct change *c)
{
	return (int64_t)(c->size - c->old_size);
}

static int by_type(const void *pa, const void *pb, void *types)
{
	const struct change *a = pa, *b = pb;

	return strcmp(text_map_at(types, a->type), text_map_at(types, b->type));
}

static int by_size(const void *pa, const void *pb, void *types)
{
	int64_t a = size_change(pa), b = size_change(pb);

	return a != b ? (a > b ? -1 : 1) : by_type(pa, pb, types);
}

static int by_count(const void *pa, const void *pb, void *types)
{
	int64_t a = count_change(pa), b = count_change(pb);

	return a != b ? (a > b ? -1 : 1) : by_size(pa, pb, types);
}

static bool changed(const struct diff *d, const struct change *c)
{
	if (!d->same)
		return count_change(c) || size_change(c);
	return c->added || c->gone || c->grown || c->shrunk;
}

static void say_change(struct diff *d, const struct change *c)
{
	bool same = d->same;

	out_row(d->out, (union out_value[]){
				{.i = count_change(c)},
				{.i = size_change(c)},
				{.u = c->old_count},
				{.u = c->old_size},
				{.u = c->count},
				{.u = c->size},
				{.u = same ? c->added : OUT_NULL},
				{.u = same ? c->added_size : OUT_NULL},
				{.u = same ? c->gone : OUT_NULL},
				{.u = same ? c->gone_size : OUT_NULL},
				{.u = same ? c->grown : OUT_NULL},
				{.u = same ? c->grown_size : OUT_NULL},
				{.u = same ? c->shrunk : OUT_NULL},
				{.u = same ? c->shrunk_size : OUT_NULL},
				{.s = text_map_at(&d->types, c->type)},
			});
}

static void say_totals(struct diff *d)
{
	struct change all = {0};

	vec_foreach (c, &d->changes) {
		all.added += c->added;
		all.added_size += c->added_size;
		all.gone += c->gone;
		all.gone_size += c->gone_size;
		all.grown += c->grown;
		all.grown_size += c->grown_size;
		all.shrunk += c->shrunk;
		all.shrunk_size += c->shrunk_size;
	}
	out_total_u64(d->out, "same_process", d->same);
	if (!d->same)
		return;
	out_text(d->out, "%llu new objects, %llu bytes; %llu gone, %llu bytes; %llu grown by %llu bytes",
		 (unsigned long long)all.added, (unsigned long long)all.added_size, (unsigned long long)all.gone,
		 (unsigned long long)all.gone_size, (unsigned long long)all.grown,
		 (unsigned long long)all.grown_size);
	out_total_u64(d->out, "new", all.added);
	out_total_u64(d->out, "new_size", all.added_size);
	out_total_u64(d->out, "gone", all.gone);
	out_total_u64(d->out, "gone_size", all.gone_size);
	out_total_u64(d->out, "grown", all.grown);
	out_total_u64(d->out, "grown_size", all.grown_size);
	out_total_u64(d->out, "shrunk", all.shrunk);
	out_total_u64(d->out, "shrunk_size", all.shrunk_size);
}

static void say_types(struct diff *d)
{
	const char *same = d->same ? "" : NULL;
	const struct out_column columns[] = {
		{"count_change", "Count +-", COL_SIGNED, 8},
		{"size_change", "Bytes +-", COL_SIGNED, 9},
		{"old_count", same ? NULL : "OLD", COL_COUNT, 7},
		{"old_size", same ? NULL : "Bytes", COL_BYTES, 9},
		{"count", same ? NULL : "NEW", COL_COUNT, 7},
		{"size", same ? NULL : "Bytes", COL_BYTES, 9},
		{"new", same ? "New" : NULL, COL_COUNT, 7},
		{"new_size", same ? "Bytes" : NULL, COL_BYTES, 9},
		{"gone", same ? "Gone" : NULL, COL_COUNT, 7},
		{"gone_size", same ? "Bytes" : NULL, COL_BYTES, 9},
		{"grown", same ? "Grown" : NULL, COL_COUNT, 6},
		{"grown_size", same ? "by" : NULL, COL_BYTES, 8},
		{"shrunk", NULL, COL_COUNT, 0},
		{"shrunk_size", NULL, COL_BYTES, 0},
		{"type", "Kind", COL_STRING, 0},
	};
	static int (*const by[])(const void *, const void *, void *) = {by_size, by_count, by_type};
	uint64_t limit = cmd_option(d->a, OPT_diff_limit)->u, shown = 0, more = 0;

	if (d->changes.n)
		qsort_r(d->changes.at, d->changes.n, sizeof(*d->changes.at), by[cmd_option(d->a, OPT_diff_sort)->u],
			&d->types);
	out_table(d->out, NULL, columns, ARRAY_SIZE(columns));
	vec_foreach (c, &d->changes) {
		if (!changed(d, c))
			continue;
		if (limit && shown == limit) {
			more++;
			continue;
		}
		shown++;
		say_change(d, c);
	}
	if (more)
		out_text(d->out, "... and %llu more types (--limit)", (unsigned long long)more);
	say_totals(d);
}

static void say_side(struct diff *d, const struct side *side, const char *key)
{
	struct buf text = {0};

	buf_printf(&text, "%s: %s", side->label, *side->what ? side->what : "the open target");
	if (side->id.pid)
		buf_printf(&text, ", process %llu", (unsigned long long)side->id.pid);
	out_text(d->out, "%s, %zu objects", buf_text(&text), side->n);
	buf_release(&text);
	out_facts(d->out, key);
	out_fact_str(d->out, "what", NULL, *side->what ? side->what : NULL);
	out_fact_u64(d->out, "pid", NULL, COL_COUNT, side->id.pid ? side->id.pid : OUT_NULL);
	out_fact_str(d->out, "python", NULL, *side->id.python ? side->id.python : NULL);
	out_fact_u64(d->out, "objects", NULL, COL_COUNT, side->n);
}

/* One look at a process that runs has nothing to be compared with. */
static enum err check_two_looks(struct diff *d)
{
	const struct session *a = d->old.s, *b = d->new.s;

	if (a && b && a->target->kind != TARGET_CORE && b->target->kind != TARGET_CORE &&
	    d->old.id.pid == d->new.id.pid)
		return diag_set(&d->s->diag, ERR_USAGE,
				"OLD and NEW are both process %llu as it is now; take a snapshot first: "
				"heapscope snapshot %llu -o before.jsonl.zst",
				(unsigned long long)d->old.id.pid, (unsigned long long)d->old.id.pid);
	return OK;
}

static enum err open_sides(struct diff *d)
{
	const struct cmd_value *word = cmd_argument(d->a, 0);
	struct target_options options;
	enum err e;

	session_options(d->a, &options);
	if (!d->a->target) /* on an open target, which is NEW */
		options = d->s->options;
	e = side_open(&d->old, "OLD", d->a->target ? d->a->target : word->s, d->s, &options);
	if (!e)
		e = side_open(&d->new, "NEW", d->a->target ? word->s : NULL, d->s, &options);
	return e ? e : check_two_looks(d);
}

/* The objects of both sides; OLD's process or core is not needed any more then. */
static enum err read_sides(struct diff *d)
{
	enum err e = side_read(&d->old, &d->types, d->s);

	if (e)
		return e;
	side_forget_session(&d->old);
	e = side_read(&d->new, &d->types, d->s);
	if (e)
		return e;
	d->same = identity_same(&d->old.id, &d->new.id, &d->why);
	if (!d->same)
		notes_add(&d->s->notes, NOTE_INFO, "OLD and NEW are not the same process (%s): only types are compared",
			  buf_text(&d->why));
	return OK;
}

static enum err say_all(struct diff *d)
{
	bool objects = cmd_option(d->a, OPT_diff_new)->given || cmd_option(d->a, OPT_diff_held)->given;

	if (objects && !d->same)
		return diag_set(&d->s->diag, ERR_UNSUPPORTED,
				"--new and --held need the same process twice, and this is not (%s)", buf_text(&d->why));
	if (d->new.s)
		session_describe(d->new.s, d->out);
	say_side(d, &d->old, "old");
	say_side(d, &d->new, "new");
	if (objects)
		return diff_say_new(d);
	say_types(d);
	return OK;
}

static void diff_release(struct diff *d)
{
	side_release(&d->old);
	side_release(&d->new);
	text_map_release(&d->types);
	vec_release(&d->changes);
	buf_release(&d->why);
	free(d->chosen);
	vec_release(&d->added);
}

enum err cmd_diff(struct session *s, const struct cmd_args *a, struct out *o)
{
	struct diff d = {.s = s, .a = a, .out = o};
	enum err e = open_sides(&d);

	if (!e)
		e = read_sides(&d);
	if (!e)
		e = compare(&d);
	if (!e)
		e = say_all(&d);
	diff_release(&d);
	return e;
}
