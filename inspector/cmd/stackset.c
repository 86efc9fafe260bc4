/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of one call of `stack`. A single target is the session that the command was given; further ones and
 * children have sessions of their own, whose notes go to that one at the end.
 */
#include <stdio.h>
#include "cmd/stackshow.h"
#include "target/procinfo.h"
#include "target/proctree.h"
#include "target/target.h"

/* What is asked for; the same for all processes. */
struct wish {
	const struct cmd_args *args;
	struct target_options options;
	struct repr_limits limits;
	struct buf failures; /* why some could not be shown */
	size_t failed;
};

static void view_free(struct stack_view *v)
{
	if (!v)
		return;
	sources_release(&v->sources);
	stack_native_release(v);
	stacks_release(&v->stacks);
	if (v->own) {
		session_close(v->own);
		free(v->own);
	}
	free(v);
}

void stack_set_release(struct stack_set *set)
{
	vec_foreach (v, set)
		view_free(*v);
	vec_release(set);
}

/* A view of a session; own: NULL, or the same session if it is to be closed with the view. */
static struct stack_view *view_new(const struct stack_set *set, const struct wish *w, struct session *s,
				   struct session *own)
{
	struct stack_view *v = calloc(1, sizeof(*v));

	if (v)
		*v = (struct stack_view){
		    .session = s,
		    .own = own,
		    .out = set->out,
		    .full = cmd_option(w->args, OPT_stack_full)->u,
		    .locals = cmd_option(w->args, OPT_stack_locals)->given,
		    .locks = cmd_option(w->args, OPT_stack_locks)->u,
		    .native = cmd_option(w->args, OPT_stack_native)->u ? NATIVE_ALL : NATIVE_NOT,
		    .mark = cmd_option(w->args, OPT_stack_mark)->given ? cmd_option(w->args, OPT_stack_mark)->u : 0,
		    .reverse = cmd_option(w->args, OPT_stack_reverse)->u,
		    .thread = cmd_option(w->args, OPT_stack_thread)->given ? cmd_option(w->args, OPT_stack_thread)->u
									  : 0,
		    .sources = {.root = -1, .cwd = -1},
		};
	return v;
}

static enum err no_memory(struct stack_set *set)
{
	return diag_set(&set->session->diag, ERR_NOMEM, "out of memory");
}

static enum err take_stacks(struct stack_view *v, const struct repr_limits *limits)
{
	struct session *s = v->session;
	struct native_copy copy = {0};
	struct stack_wants wants = {
	    .locals = v->locals ? limits : NULL,
	    .locks = v->locks,
	    .copy = v->native == NATIVE_ALL ? &copy : NULL,
	};
	enum err e = session_need(s, NEED_PYTHON);

	if (e)
		return e;
	e = stacks_take(&v->stacks, s->python, &wants, &s->diag);
	if (!e)
		e = stack_native_take(v, &copy);
	native_copy_release(&copy);
	return e;
}

/* Takes the stacks of a session that is open. */
static enum err take(struct stack_set *set, const struct wish *w, struct session *s, struct session *own)
{
	struct stack_view *v = view_new(set, w, s, own);
	enum err e;

	if (!v || !vec_reserve(set, 1)) {
		free(v);
		return no_memory(set);
	}
	e = take_stacks(v, &w->limits);
	if (e) {
		v->own = NULL; /* the caller looks at its diag */
		view_free(v);
		return e;
	}
	sources_init(&v->sources, s->target);
	if (own)
		target_rest(s->target); /* there may be hundreds of processes with hundreds of files each */
	set->at[set->n++] = v;
	return OK;
}

static bool is_there(const struct stack_set *set, const struct session *s)
{
	vec_foreach (v, set)
		if (s->target->kind == TARGET_LIVE && (*v)->session->target->kind == TARGET_LIVE &&
		    (*v)->session->target->pid == s->target->pid)
			return true;
	return false;
}

/*
 * Of children it is no loss that some are no Python processes, or have ended since they were found. What ends the whole
 * command is returned.
 */
static enum err failed(struct stack_set *set, struct wish *w, const char *name, bool child, const struct diag *why)
{
	bool harmless = child && (why->code == ERR_NOT_PYTHON || why->code == ERR_NO_PROCESS);

	if (why->code == ERR_NOMEM || why->code == ERR_INTERRUPTED) {
		set->session->diag = *why;
		return why->code;
	}
	notes_add(&set->session->notes, harmless ? NOTE_INFO : NOTE_PARTIAL, "%s: %s", name, diag_text(why));
	buf_printf(&w->failures, "%s%s: %s", w->failed++ ? "; " : "", name, diag_text(why));
	return OK;
}

/* One of several. */
static enum err add(struct stack_set *set, struct wish *w, const char *name, bool child)
{
	struct session *own = calloc(1, sizeof(*own));
	enum err e;

	if (!own)
		return no_memory(set);
	e = session_open(own, name, &w->options);
	if (!e && is_there(set, own)) {
		session_close(own);
		free(own);
		return OK;
	}
	if (!e)
		e = take(set, w, own, own);
	if (!e)
		return OK;
	e = failed(set, w, name, child, &own->diag);
	session_close(own);
	free(own);
	return e;
}

static enum err add_children(struct stack_set *set, struct wish *w, int pid)
{
	struct pid_list children = {0};
	enum err e = proc_descendants(pid, &children) ? OK : no_memory(set);

	for (size_t i = 0; !e && i < children.n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", children.at[i]);
		e = add(set, w, name, true);
	}
	vec_release(&children);
	return e;
}

/* The process that a target's name means, 0 if it is a file's. */
static int pid_of(const char *name)
{
	return name[strspn(name, "0123456789")] ? 0 : atoi(name);
}

static enum err no_tree(struct stack_set *set, const char *name)
{
	return diag_set(&set->session->diag, ERR_USAGE, "stack: --children wants running processes, by their PIDs, not '%s'",
			name ? name : "");
}

static enum err add_named(struct stack_set *set, struct wish *w, const char *name)
{
	bool children = cmd_option(w->args, OPT_stack_children)->u;
	enum err e;

	if (children && !pid_of(name))
		return no_tree(set, name);
	e = add(set, w, name, false);
	return e || !children ? e : add_children(set, w, pid_of(name));
}

/* The target that the command was given open, by a user of the library. */
static enum err add_open(struct stack_set *set, struct wish *w)
{
	struct session *s = set->session;
	bool children = cmd_option(w->args, OPT_stack_children)->u;
	enum err e;

	if (children && s->target->kind != TARGET_LIVE)
		return no_tree(set, s->target->core);
	e = take(set, w, s, NULL);
	return e || !children ? e : add_children(set, w, s->target->pid);
}

/* The one target of the program: its failure is the command's. */
static enum err add_only(struct stack_set *set, struct wish *w)
{
	enum err e = session_open(set->session, w->args->target, &w->options);

	return e ? e : take(set, w, set->session, NULL);
}

static enum err add_all(struct stack_set *set, struct wish *w)
{
	const struct cmd_args *a = w->args;
	enum err e = OK;

	if (set->session->target)
		e = add_open(set, w);
	else if (a->arguments.n || cmd_option(a, OPT_stack_children)->u)
		e = add_named(set, w, a->target);
	else
		e = add_only(set, w);
	for (size_t i = 0; !e && i < a->arguments.n; i++)
		e = add_named(set, w, a->arguments.at[i].s);
	if (!e && !set->n)
		e = diag_set(&set->session->diag, ERR_UNREADABLE, "no stack can be shown: %s", buf_text(&w->failures));
	return e;
}

enum err stack_set_take(struct stack_set *set, const struct cmd_args *a)
{
	struct session *s = set->session;
	struct wish w = {.args = a, .limits = REPR_LIMITS};
	enum err e;

	if (s->target)
		w.options = s->options;
	else
		session_options(a, &w.options);
	w.options.interrupted = &s->interrupted;
	w.options.given = NULL; /* a debugger's words about the open target only */
	w.options.n_given = 0;
	w.limits.depth = min_of(cmd_option(a, OPT_stack_locals)->u, REPR_DEPTH_MAX);
	e = add_all(set, &w);
	buf_release(&w.failures);
	return e;
}

void stack_set_notes(struct stack_set *set)
{
	vec_foreach (v, set) {
		const struct session *s = (*v)->session;
		struct buf text = {0};

		if (s == set->session)
			continue;
		vec_foreach (n, &s->notes) {
			buf_clear(&text);
			note_text(n, &text);
			if (s->target->kind == TARGET_LIVE)
				notes_add(&set->session->notes, n->kind, "%d: %s", s->target->pid, buf_text(&text));
			else
				notes_add(&set->session->notes, n->kind, "%s: %s", s->target->core, buf_text(&text));
		}
		buf_release(&text);
	}
}
