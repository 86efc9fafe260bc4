/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What threading calls the threads: threading._active is a dict from get_ident() to the Thread.
 * Read after the process runs on: a thread that has ended meanwhile has no name then.
 */
#include "stack/stacks.h"
#include "types/peek.h"

#define NAME_MAX_CHARS 256

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

/* ident -> Thread, of one interpreter */
static void read_active(const struct python *py, addr_t interp, size_t max, struct map *out)
{
	addr_t active = active_threads(py, interp), key, thread;
	struct peek_items it;
	int64_t ident;

	if (!active || !peek_items_of_dict(py, active, &it))
		return;
	/* a few more than threads: some have ended and are still listed */
	for (size_t i = 0; i < 2 * max + 1000 && peek_items_next(&it, &key, &thread); i++)
		if (peek_int64(py, key, &ident) && !map_put(out, (uint64_t)ident, thread))
			return;
}

void stacks_name(struct stacks *s)
{
	struct map active = {0}, idents = {0};
	bool ok = stacks_idents(s, &idents);
	addr_t interp = 0;

	for (size_t i = 0; ok && i < s->n; i++) {
		struct stack_thread *th = &s->at[i];
		uint64_t thread;

		if (th->interp != interp) {
			map_release(&active);
			active = (struct map){0};
			interp = th->interp;
			read_active(s->py, interp, s->n, &active);
		}
		/* an orphan's ident may be another thread's by now: the name is that one's */
		if (th->orphan && map_get(&idents, th->ident) != i)
			continue;
		thread = map_get(&active, th->ident);
		if (thread != MAP_NONE)
			th->name = name_of(s->py, thread);
	}
	map_release(&active);
	map_release(&idents);
}
