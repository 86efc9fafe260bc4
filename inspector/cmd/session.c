/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include "cmd/cmd.h"

/* A copy that lives as long as the session; NULL for NULL. */
static bool keep_string(struct session *s, const char *text, const char **out)
{
	char *copy = NULL;

	if (text && !(copy = strdup(text)))
		return false;
	if (copy && !vec_push(&s->owned, copy)) {
		free(copy);
		return false;
	}
	*out = copy;
	return true;
}

/* With `last` behind it, or NULL; but no list stays none. */
static bool keep_list(struct session *s, const char *const *list, const char *last, const char ***out)
{
	size_t n = 0;

	if (!list)
		return true;
	while (list[n])
		n++;
	*out = calloc(n + 2, sizeof(**out));
	if (!*out)
		return false;
	(*out)[n] = last;
	for (size_t i = 0; i < n; i++)
		if (!keep_string(s, list[i], &(*out)[i]))
			return false;
	return true;
}

static int by_tid(const void *a, const void *b)
{
	const struct thread *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

static bool keep_threads(struct session *s, const struct thread *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!vec_push(&s->given, list[i]))
			return false;
	if (n)
		qsort(s->given.at, n, sizeof(*list), by_tid);
	s->options.given = s->given.at;
	s->options.n_given = n;
	return true;
}

static enum err keep_options(struct session *s, const struct target_options *o)
{
	static const struct target_options standard;

	if (!o)
		o = &standard;
	s->options.no_pause = o->no_pause;
	s->options.interrupted = o->interrupted ? o->interrupted : &s->interrupted;
	if (!keep_string(s, o->exe, &s->options.exe) ||
	    !keep_string(s, o->sysroot, &s->options.sysroot) ||
	    !keep_list(s, o->debug_dirs, "/usr/lib/debug", &s->debug_dirs) ||
	    !keep_list(s, o->files, NULL, &s->files) ||
	    !keep_threads(s, o->given, o->n_given))
		return diag_set(&s->diag, ERR_NOMEM, "out of memory");
	s->options.debug_dirs = s->debug_dirs;
	s->options.files = s->files;
	return OK;
}

enum err session_open_pid(struct session *s, int pid, const struct target_options *o)
{
	enum err e = keep_options(s, o);

	return e ? e : target_open_live(pid, &s->options, &s->notes, &s->target, &s->diag);
}

enum err session_open_core(struct session *s, const char *path, const struct target_options *o)
{
	enum err e = keep_options(s, o);

	return e ? e : target_open_core(path, &s->options, &s->notes, &s->target, &s->diag);
}

enum err session_open_callback(struct session *s, const struct target_callbacks *cb,
			       const struct target_options *o)
{
	enum err e = keep_options(s, o);

	return e ? e : target_open_callback(cb, &s->options, &s->notes, &s->target, &s->diag);
}

enum err session_open(struct session *s, const char *target, const struct target_options *o)
{
	size_t digits = strspn(target, "0123456789");
	unsigned long pid;

	if (!*target)
		return diag_set(&s->diag, ERR_USAGE,
				"the target is empty: give a PID or a core file");
	if (target[digits])
		return session_open_core(s, target, o);
	pid = digits < 19 ? strtoul(target, NULL, 10) : ULONG_MAX;
	if (!pid || pid > INT_MAX)
		return diag_set(&s->diag, ERR_NO_PROCESS,
				"no process has the PID %.40s; a core file of that name is ./%.40s",
				target, target);
	return session_open_pid(s, (int)pid, o);
}

static enum err need_python(struct session *s)
{
	enum err e;

	if (s->python)
		return OK;
	e = python_open(s->target, &s->notes, s->keep_going, &s->python, &s->diag);
	/* where it kept going, the diag has what would have ended it */
	return e || !s->keep_going ? e : s->diag.code;
}

static enum err need_image(struct session *s)
{
	enum err e;

	if (s->refreshed)
		return OK;
	if ((e = target_take_image(s->target, &s->diag)) ||
	    (e = python_refresh(s->python, &s->diag)))
		return e;
	s->refreshed = true;
	return OK;
}

static enum err need_heap(struct session *s)
{
	enum err e;

	if (!s->types && (e = typetab_open(s->python, s->target, &s->notes, &s->types, &s->diag)))
		return e;
	return s->heap ? OK : heap_open(s->python, s->types, &s->notes, &s->heap, &s->diag);
}

/* Whatever was not found in a core that was cut off: that is the likely reason, and the other lines
 * are not shown. */
static enum err say_truncated(struct session *s, enum err e)
{
	char size[32];

	if (e == ERR_INTERRUPTED || e == ERR_NOMEM || !(s->target->missing_bytes || s->target->core_damaged))
		return e;
	if (!s->target->missing_bytes)
		return diag_set(&s->diag, e, "%s; the core's compressed file is damaged or cut off", diag_text(&s->diag));
	return diag_set(&s->diag, e, "%s; the core is truncated%s: %s of its memory are missing", diag_text(&s->diag),
			s->target->core_damaged ? ", its compressed file is damaged or cut off" : "",
			out_size_text(s->target->missing_bytes, " ", size));
}

static enum err need_graph(struct session *s)
{
	return s->graph ? OK : graph_open(s->heap, false, &s->graph, &s->diag);
}

static enum err need_roots(struct session *s)
{
	enum err e = graph_need_referrers(s->graph, &s->diag);

	if (e || s->roots)
		return e;
	return rootset_open(s->heap, &s->roots, &s->diag);
}

enum err session_need_distances(struct session *s)
{
	if (s->distances.order)
		return OK;
	return distances_open(s->graph, s->roots, &s->interrupted, &s->distances, &s->diag);
}

/* What is said meanwhile goes with the step; one that fails is taken again, and then says it again. */
static enum err take_step(struct session *s, enum err (*step)(struct session *s), int stage)
{
	uint8_t before = s->notes.scope;
	enum err e;

	s->notes.scope = (uint8_t)stage;
	e = step(s);
	s->notes.scope = before;
	if (e)
		s->failed_step = (uint8_t)stage;
	return e;
}

static bool is_interrupted(const struct session *s)
{
	return s->interrupted || (s->options.interrupted && *s->options.interrupted);
}

enum err session_need(struct session *s, enum stage stage)
{
	static enum err (*const steps[])(struct session * s) = {
	    [NEED_PYTHON] = need_python,
	    [NEED_IMAGE] = need_image,
	    [NEED_HEAP] = need_heap,
	    [NEED_GRAPH] = need_graph,
	    [NEED_ROOTS] = need_roots,
	};

	s->notes.reach = max_of(s->notes.reach, (uint8_t)stage);
	for (int i = NEED_TARGET + 1; i <= (int)stage; i++) {
		enum err e = is_interrupted(s) ? diag_set(&s->diag, ERR_INTERRUPTED, "interrupted")
					       : take_step(s, steps[i], i);

		if (e)
			return say_truncated(s, e);
	}
	return OK;
}

void session_close(struct session *s)
{
	distances_release(&s->distances);
	rootset_close(s->roots);
	graph_close(s->graph);
	if (s->heap)
		heap_close(s->heap);
	if (s->types)
		typetab_close(s->types);
	if (s->python)
		python_close(s->python);
	if (s->target)
		target_close(s->target);
	notes_release(&s->notes);
	vec_foreach (it, &s->owned)
		free(*it);
	vec_release(&s->owned);
	free(s->debug_dirs);
	free(s->files);
	vec_release(&s->given);
	*s = (struct session){0};
}

void session_options(const struct cmd_args *a, struct target_options *out)
{
	const struct cmd_value *dirs = cmd_option(a, OPT_any_debug_dir);

	*out = (struct target_options){
	    .no_pause = cmd_option(a, OPT_any_no_pause)->u,
	    .exe = cmd_option(a, OPT_any_exe)->s,
	    .sysroot = cmd_option(a, OPT_any_sysroot)->s,
	    .debug_dirs = dirs->given ? dirs->list.at : NULL,
	};
}
