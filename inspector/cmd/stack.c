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

bool stack_crashed(const struct stack_view *v, const struct stack_thread *th)
{
	return v->stacks.crash.crashed && th->os == 0;
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

/* What is missing from the answer. */
static void say_incomplete(struct stack_view *v)
{
	struct notes *notes = &v->session->notes;

	vec_foreach (th, &v->stacks)
		if (stack_shows(v, th))
			stack_note_end(th, notes);
	vec_foreach (th, &v->stacks)
		if (v->locals && stack_shows(v, th) && th->locals.frames_left_out)
			notes_add(notes, NOTE_INFO,
				  "the locals of the outer %zu frames of thread %d were left out",
				  th->locals.frames_left_out, th->tid);
	if (v->stacks.waits.scans_left_out)
		notes_add(notes, NOTE_INFO,
			  "more threads sleep in C code than stacks are looked through: for some it is not said "
			  "what they wait for");
	vec_foreach (c, &v->stacks.codes)
		if (!c->name || !c->file || c->format == LINES_NONE)
			notes_add(notes, NOTE_PARTIAL,
				  "a code object's name, file or line table cannot be read");
}

static enum err no_such_thread(const struct stack_set *set)
{
	uint64_t thread = set->at[0]->thread;

	vec_foreach (v, set)
		vec_foreach (th, &(*v)->stacks)
			if (stack_shows(*v, th))
				return OK;
	return diag_set(&set->session->diag, ERR_NOT_FOUND,
			"no thread %llu has a Python stack here: without --thread all are shown",
			(unsigned long long)thread);
}

static enum err show(struct stack_set *set)
{
	enum err e = no_such_thread(set);

	if (e)
		return e;
	session_describe(set->at[0]->session, set->out);
	vec_foreach (v, set) {
		say_incomplete(*v);
		stack_native_incomplete(*v);
	}
	e = stack_text(set);
	stack_rows(set);
	stack_set_notes(set);
	return e;
}

enum err cmd_stack(struct session *s, const struct cmd_args *a, struct out *o)
{
	struct stack_set set = {.session = s, .out = o};
	enum err e = stack_set_take(&set, a);

	if (!e)
		e = show(&set);
	stack_set_release(&set);
	return e;
}
