/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "cmd/side.h"
#include "cmd/source.h"
#include "cmd/text.h"

static enum err need_heap(struct side *side, struct session *open)
{
	enum err e = session_need(side->s, NEED_HEAP);

	if (e && side->own)
		open->diag = side->s->diag;
	if (!e)
		identity_of(side->s, &side->id);
	return e;
}

static enum err use_open(struct side *side, struct session *open)
{
	side->s = open;
	if (open->target->core)
		snprintf(side->what, sizeof(side->what), "%s", open->target->core);
	else if (open->target->pid)
		snprintf(side->what, sizeof(side->what), "%d", open->target->pid);
	return need_heap(side, open);
}

enum err side_open(struct side *side, const char *label, const char *what, struct session *open,
		   const struct target_options *o)
{
	struct target_options options = *o;
	enum err e;

	*side = (struct side){.label = label};
	if (!what)
		return use_open(side, open);
	snprintf(side->what, sizeof(side->what), "%s", what);
	if (what[strspn(what, "0123456789")] && source_may_be_snapshot(what))
		return OK; /* read when it is read */
	options.interrupted = &open->interrupted;
	side->own = true;
	side->s = &side->ours;
	e = session_open(side->s, what, &options);
	if (e)
		open->diag = side->s->diag;
	return e ? e : need_heap(side, open);
}

struct reading {
	struct side *side;
	struct text_map *types;
	struct session *open;
	struct pick names;
	struct map known; /* a name of the pick, by its place in memory -> its number */
	bool failed;
};

static bool type_of(struct reading *r, const struct object *o, uint32_t *type)
{
	const char *name = pick_name(&r->names, o);
	uint64_t known = map_get(&r->known, (uintptr_t)name);

	if (known == MAP_NONE) {
		known = text_map_add(r->types, name);
		if (known == TEXT_NONE || !map_put(&r->known, (uintptr_t)name, known))
			return false;
	}
	*type = (uint32_t)known;
	return true;
}

static bool take_object(void *arg, const struct object *o)
{
	struct reading *r = arg;
	struct side_object so = {.addr = o->addr, .size = size_of(r->side->s, o)};

	r->failed = !type_of(r, o, &so.type) || !vec_push(r->side, so);
	return !r->failed && !r->open->interrupted;
}

/* NEW is what is looked at; of OLD it is said that it is OLD's. */
void side_note(const struct side *side, struct session *open, enum note_kind kind, const char *text)
{
	notes_add(&open->notes, kind, "%s%s", strcmp(side->label, "OLD") ? "" : "OLD: ", text);
}

static void pass_notes_on(struct side *side, struct session *open)
{
	vec_foreach (n, &side->s->notes)
		if (note_shown(&side->s->notes, n))
			side_note(side, open, n->kind, n->text);
}

static enum err read_session(struct side *side, struct text_map *types, struct session *open)
{
	struct reading r = {.side = side, .types = types, .open = open};
	enum err e = pick_open(&r.names, side->s, NULL);

	if (e && side->own)
		open->diag = side->s->diag;
	if (!e)
		heap_each(side->s->heap, take_object, &r);
	if (!e && r.failed)
		e = diag_set(&open->diag, ERR_NOMEM, "out of memory");
	if (!e && open->interrupted)
		e = diag_set(&open->diag, ERR_INTERRUPTED, "interrupted");
	side->incomplete = notes_partial(&side->s->notes);
	if (side->own)
		pass_notes_on(side, open);
	pick_release(&r.names);
	map_release(&r.known);
	return e;
}

enum err side_read(struct side *side, struct text_map *types, struct session *open)
{
	return side->s ? read_session(side, types, open) : side_read_snapshot(side, types, open);
}

void side_forget_session(struct side *side)
{
	if (side->own)
		session_close(&side->ours);
	side->own = false;
	side->s = NULL;
}

void side_release(struct side *side)
{
	side_forget_session(side);
	vec_release(side);
}
