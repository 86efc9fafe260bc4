/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What threading calls the threads: threading._active is a dict from get_ident() to the Thread. Of a process that runs on
 * the dict changes while it is read: then it is read again, and a Thread must be one that has the ident.
 */
#include "stack/stacks.h"
#include "target/target.h"
#include "types/peek.h"

#define NAME_MAX_CHARS 256
#define TRIES_UNNAMED  3   /* until there is no threading */
#define TRIES_MAX      100 /* of a dict that changes */

static char *text_of(const struct python *py, addr_t str)
{
	struct buf b = {0};

	if (str && python_string(py, str, NAME_MAX_CHARS, &b) && buf_ok(&b))
		return b.at ? b.at : strdup("");
	buf_release(&b);
	return NULL;
}

/* Thread keeps its name in _name; 2.7 in a name that is private to the class. */
static char *name_of(const struct python *py, addr_t thread)
{
	addr_t name = peek_attribute(py, thread, "_name");

	return text_of(py, name ? name : peek_attribute(py, thread, "_Thread__name"));
}

static addr_t active_threads(const struct python *py, addr_t interp)
{
	addr_t modules = peek_ptr(py, interp, F_interp_modules);
	addr_t threading = modules ? peek_dict_value(py, modules, "threading") : 0;
	addr_t names = threading ? peek_ptr(py, threading, F_module_md_dict) : 0;

	return names ? peek_dict_value(py, names, "_active") : 0;
}

/* The words that change with the dict's contents. False: not there. */
static bool state_of(const struct python *py, addr_t dict, uint64_t out[2])
{
	bool open = layout_has(&py->L, F_dict27_ma_table);

	out[0] = (uint64_t)peek_dict_size(py, dict);
	return peek_field(py, dict, open ? F_dict27_ma_table : F_dict_ma_keys, &out[1]);
}

/* ident -> Thread. False: the dict changed meanwhile. */
static bool read_active(const struct python *py, addr_t active, size_t max, struct map *out)
{
	addr_t key, thread;
	uint64_t before[2], after[2], n = 0;
	struct peek_items it;
	int64_t ident;

	if (!state_of(py, active, before) || !peek_items_of_dict(py, active, &it))
		return !target_moves(py->t);
	/* a few more than threads: some have ended and are still listed */
	for (size_t i = 0; i < 2 * max + 1000 && peek_items_next(&it, &key, &thread); i++, n++)
		if (peek_int64(py, key, &ident) && !map_put(out, (uint64_t)ident, thread))
			return true;
	if (!target_moves(py->t))
		return true;
	target_forget(py->t);
	return n == before[0] && state_of(py, active, after) && !memcmp(before, after, sizeof(after));
}

/* Memory of a Thread that is no more may be another's. */
static bool has_ident(const struct python *py, addr_t thread, uint64_t ident)
{
	addr_t own = peek_attribute(py, thread, "_ident");
	int64_t value;

	own = own ? own : peek_attribute(py, thread, "_Thread__ident");
	return own && peek_int64(py, own, &value) && (uint64_t)value == ident;
}

/* The threads of one interpreter, which come one after the other. False: some may have a name that was not found. */
static bool name_some(struct stacks *s, size_t from, size_t end, addr_t dict, const struct map *idents)
{
	const struct python *py = s->py;
	struct map active = {0};
	bool whole = read_active(py, dict, s->n, &active), moves = target_moves(py->t);

	for (size_t i = from; whole && i < end; i++) {
		struct stack_thread *th = &s->at[i];
		uint64_t thread = map_get(&active, th->ident);

		/* an orphan's ident may be another thread's by now: the name is that one's */
		if (thread == MAP_NONE || th->name || (th->orphan && map_get(idents, th->ident) != i))
			continue;
		th->name = name_of(py, thread);
		if (moves && th->name && !has_ident(py, thread, th->ident)) {
			free(th->name);
			th->name = NULL;
		}
		whole = th->name || !moves;
	}
	map_release(&active);
	return whole;
}

/* False: it changed again and again. */
static bool name_interpreter(struct stacks *s, size_t from, size_t end, const struct map *idents)
{
	const struct python *py = s->py;

	for (int i = 0; i < (target_moves(py->t) ? TRIES_MAX : 1); i++) {
		addr_t active = active_threads(py, s->at[from].interp);

		if (active ? name_some(s, from, end, active, idents) : i >= TRIES_UNNAMED)
			return true;
		target_forget(py->t);
	}
	return !target_moves(py->t);
}

void stacks_name(struct stacks *s)
{
	struct map idents = {0};
	bool ok = stacks_idents(s, &idents);

	for (size_t i = 0, k; ok && i < s->n; i = k) {
		for (k = i + 1; k < s->n && s->at[k].interp == s->at[i].interp; k++)
			;
		if (s->at[i].interp && !name_interpreter(s, i, k, &idents))
			notes_add(s->py->t->notes, NOTE_PARTIAL,
				  "threading's list of threads changes all the time: names of threads may be missing");
	}
	map_release(&idents);
}
