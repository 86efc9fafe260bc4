/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "python/priv.h"

#define CANDIDATES_MAX 16

void python_close(struct python *py)
{
	if (!py)
		return;
	vec_release(&py->interps);
	vec_release(&py->threads);
	vec_release(&py->gc_lists);
	vec_release(&py->arenas);
	vec_release(&py->static_areas);
	vec_release(&py->answers);
	free(py);
}

static void resolve_extensions(struct python *py)
{
	char name[64];

	vec_foreach (m, &py->t->modules) {
		if (!m->file || m == py->module ||
		    !layout_extension_name(m->path, name, sizeof(name)) ||
		    !layout_knows_extension(name))
			continue;
		if (!module_debug(py->t, m)) {
			notes_add(py->notes, NOTE_INFO,
				  "no debug information for '%s': what its types hold is guessed "
				  "from their sizes",
				  m->path);
			continue;
		}
		layout_resolve_extension(&py->L, m->file, name);
	}
}

static void cross_check(struct python *py)
{
	uint8_t table[DEBUG_OFFSETS_SIZE];

	if (!py->runtime || !target_read(py->t, py->runtime, table, sizeof(table)))
		return;
	layout_cross_check(&py->L, table, sizeof(table));
	if (py->L.n_conflicts)
		notes_add(py->notes, NOTE_INFO,
			  "debug information and the process' own _Py_DebugOffsets disagree on %u "
			  "fields, first on "
			  "'%s' (%d, %d): the debug information is followed",
			  py->L.n_conflicts, field_name(py->L.conflicts[0].field),
			  py->L.conflicts[0].dwarf, py->L.conflicts[0].debug_offsets);
}

static enum err find_layout(struct python *py, struct diag *d)
{
	bool have = module_debug(py->t, py->module);
	enum err e;

	py->runtime = 0;
	python_known(py);
	py->runtime = py->known[K_runtime];
	if (!py->runtime) {
		const struct elf_section *s = elf_file_section(py->module->file, ".PyRuntime");

		py->runtime = s ? py->module->bias + s->addr : 0;
	}
	e = python_version(py, d);
	if (e)
		return e;
	if (!have) {
		cross_check(py); /* for doctor: what the process says itself */
		return python_no_debug(py, d);
	}
	e = layout_resolve(&py->L, py->module->file, d);
	if (py->L.free_threaded)
		return diag_set(d, ERR_UNSUPPORTED,
				"'%s' is a free-threaded CPython (--disable-gil): "
				"its heap is not supported",
				py->module->path);
	if (e)
		return e;
	py->L.debug_build = py->known[K_ref_debug] != 0;
	if (!layout_version_tested(&py->L))
		notes_add(py->notes, NOTE_INFO,
			  "CPython %s is not among the versions that are tested (2.7, 3.6 "
			  "to 3.13): everything goes by its debug information",
			  py->L.version);
	resolve_extensions(py);
	cross_check(py);
	return OK;
}

/* Is there an interpreter in this candidate that runs? */
static enum err open_candidate(struct python *py, struct module *m, struct diag *d)
{
	const char *debug;
	enum err e;

	py->module = m;
	layout_init(&py->L);
	snprintf(py->how, sizeof(py->how), "%s in %.200s",
		 elf_file_section(m->file, ".PyRuntime") ? "section .PyRuntime"
							 : "interpreter symbols",
		 m->path);
	e = find_layout(py, d);
	if (e)
		return e;
	debug = elf_file_debug_path(m->file);
	snprintf(py->how + strlen(py->how), sizeof(py->how) - strlen(py->how),
		 "; layout from DWARF in %.200s", debug ? debug : "the file itself");
	return python_refresh(py, d);
}

static struct python *python_new(struct target *t, struct notes *notes)
{
	struct python *py = calloc(1, sizeof(*py));

	if (py) {
		py->t = t;
		py->notes = notes;
		layout_init(&py->L);
	}
	return py;
}

/* Tries candidates until one has a running interpreter; the first failure is the one to tell. */
static enum err open_any(struct target *t, struct notes *notes, struct python **out, struct diag *d)
{
	struct module *candidates[CANDIDATES_MAX];
	size_t n = python_candidates(t, candidates, ARRAY_SIZE(candidates));
	struct diag first = {0};

	if (!n)
		return python_not_found(t, d);
	for (size_t i = 0; i < n; i++) {
		struct python *py = python_new(t, notes);
		struct diag mine = {0};
		enum err e;

		if (!py)
			return diag_set(d, ERR_NOMEM, "out of memory");
		e = open_candidate(py, candidates[i], &mine);
		if (!e) {
			python_close(*out);
			*out = py;
			return OK;
		}
		if (!first.code)
			first = mine;
		if (*out)
			python_close(py);
		else
			*out = py; /* what doctor shows when nothing else is found */
	}
	*d = first;
	return first.code;
}

enum err python_open(struct target *t, struct notes *notes, bool keep_going, struct python **out,
		     struct diag *d)
{
	struct python *py = NULL;
	enum err e = open_any(t, notes, &py, d);

	if (!e)
		e = python_answers(py, d);
	if (e && (!keep_going || !py)) {
		python_close(py);
		return e;
	}
	*out = py;
	return keep_going ? OK : e;
}
