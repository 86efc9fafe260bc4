/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the threads stand. The process stands while frames are read, which is here and not in a
 * stage of its own: so the target is described after that.
 */
#include "cmd/stackshow.h"

bool stack_shows(const struct stack_view *v, const struct stack_thread *th)
{
	return !v->thread || v->thread == (uint64_t)th->tid ||
	       v->thread == (uint64_t)th->native_id || v->thread == th->ident;
}

const char *stack_file(const struct stack_view *v, const struct pyframe *f)
{
	const char *file = v->stacks.codes.at[f->code].file;

	return file ? file : "?";
}

const char *stack_name(const struct stack_view *v, const struct pyframe *f)
{
	const char *name = v->stacks.codes.at[f->code].name;

	return name ? name : "?";
}

static void add_part(struct buf *b, const char *text)
{
	buf_printf(b, "%s%s", b->n ? ", " : "", text);
}

void stack_doing(const struct stack_view *v, const struct stack_thread *th, struct buf *out)
{
	const struct target *t = v->session->target;
	const struct thread_doing *d = &th->doing;
	const struct thread *os = th->os >= 0 ? &t->threads.at[th->os] : NULL;

	buf_clear(out);
	if (v->stacks.crash.crashed && th->os == 0)
		add_part(out, "crashed");
	if (d->gil)
		add_part(out, d->gil == GIL_HOLDS ? "holds the GIL" : "waits for the GIL");
	if (d->collecting)
		add_part(out, "in a garbage collection");
	if (d->in_syscall && d->gil != GIL_WAITS) {
		add_part(out, "in ");
		syscall_text(t, d, out);
	} else if (os && os->state == 'R' && !d->in_syscall) {
		add_part(out, "running");
	}
	if (os && (os->state == 'T' || os->state == 't'))
		add_part(out, "stopped");
}

/* What is missing from the answer. */
static void say_incomplete(struct stack_view *v)
{
	struct notes *notes = &v->session->notes;

	vec_foreach (th, &v->stacks)
		if (stack_shows(v, th) && th->chain.end != CHAIN_WHOLE)
			notes_add(notes, NOTE_PARTIAL, "the stack of thread %d is %s (at 0x%llx)",
				  th->tid, chain_end_text(th->chain.end),
				  (unsigned long long)th->chain.bad);
	vec_foreach (th, &v->stacks)
		if (v->locals && stack_shows(v, th) && th->locals.frames_left_out)
			notes_add(notes, NOTE_INFO,
				  "the locals of the outer %zu frames of thread %d were left out",
				  th->locals.frames_left_out, th->tid);
	vec_foreach (c, &v->stacks.codes)
		if (!c->name || !c->file || c->format == LINES_NONE)
			notes_add(notes, NOTE_PARTIAL,
				  "a code object's name, file or line table cannot be read");
}

static enum err no_such_thread(const struct stack_view *v)
{
	vec_foreach (th, &v->stacks)
		if (stack_shows(v, th))
			return OK;
	return diag_set(&v->session->diag, ERR_NOT_FOUND,
			"no thread %llu has a Python stack here: without --thread all are shown",
			(unsigned long long)v->thread);
}

static enum err show(struct stack_view *v)
{
	enum err e = no_such_thread(v);

	if (e)
		return e;
	say_incomplete(v);
	session_describe(v->session, v->out);
	stack_native_incomplete(v);
	sources_init(&v->sources, v->session->target);
	e = stack_text(v);
	stack_rows(v);
	sources_release(&v->sources);
	return e;
}

static enum err take(struct stack_view *v, const struct repr_limits *limits)
{
	bool all = v->native == NATIVE_ALL;
	struct native_copy copy = {0};
	enum err e = stacks_take(&v->stacks, v->session->python, limits, all ? &copy : NULL, &v->session->diag);

	if (!e)
		e = stack_native_take(v, &copy);
	native_copy_release(&copy);
	return e;
}

enum err cmd_stack(struct session *s, const struct cmd_args *a, struct out *o)
{
	struct stack_view v = {
	    .session = s,
	    .out = o,
	    .full = cmd_option(a, OPT_stack_full)->u,
	    .locals = cmd_option(a, OPT_stack_locals)->u,
	    .reverse = cmd_option(a, OPT_stack_reverse)->u,
	    .native = cmd_option(a, OPT_stack_native)->u ? NATIVE_ALL : NATIVE_NOT,
	    .mark = cmd_option(a, OPT_stack_mark)->given ? cmd_option(a, OPT_stack_mark)->u : 0,
	    .thread =
		cmd_option(a, OPT_stack_thread)->given ? cmd_option(a, OPT_stack_thread)->u : 0,
	};
	struct repr_limits limits = REPR_LIMITS;
	enum err e = session_need(s, NEED_PYTHON);

	if (e)
		return e;
	if (s->target->image) /* how it was read holds for stacks too */
		s->notes.reach = NEED_IMAGE;
	limits.depth = min_of(cmd_option(a, OPT_stack_depth)->u, REPR_DEPTH_MAX);
	e = take(&v, v.locals ? &limits : NULL);
	if (!e)
		e = show(&v);
	stack_native_release(&v);
	stacks_release(&v.stacks);
	return e;
}
