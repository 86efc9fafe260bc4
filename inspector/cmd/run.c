/* SPDX-License-Identifier: Apache-2.0 */
/* A command from its arguments to the end of its document. */
#include <errno.h>
#include "cmd/cmd.h"

const struct module *session_executable(const struct session *s)
{
	vec_foreach (m, &s->target->modules)
		if (s->target->exe && *s->target->exe && !strcmp(m->path, s->target->exe))
			return m;
	return NULL;
}

void session_describe(const struct session *s, struct out *o)
{
	const struct target *t = s->target;
	const struct module *exe = session_executable(s);
	char id[2 * BUILD_ID_MAX + 1];

	if (t->core)
		out_target_str(o, "core", t->core);
	if (t->core_packing)
		out_target_str(o, "compression", t->core_packing);
	if (t->pid)
		out_target_u64(o, "pid", (uint64_t)t->pid);
	out_target_str(o, "python",
		       s->python && s->python->L.version[0] ? s->python->L.version : NULL);
	out_target_str(o, "executable", t->exe && *t->exe ? t->exe : NULL);
	if (exe && exe->id.n)
		out_target_str(o, "build_id", build_id_text(&exe->id, id));
	out_target_seconds(o, "pause_seconds", t->pause_seconds);
}

const char *allocator_name(enum allocator_kind kind)
{
	static const char *const names[] = {
	    [ALLOC_UNKNOWN] = "unknown",
	    [ALLOC_PYMALLOC] = "pymalloc",
	    [ALLOC_MALLOC] = "malloc",
	    [ALLOC_MIMALLOC] = "mimalloc",
	};

	return names[kind];
}

/* How the process was read, as the last line of text. */
static void say_pause(const struct session *s, struct out *o)
{
	const struct target *t = s->target;
	struct buf seconds = {0};

	out_seconds_text(&seconds, t->pause_seconds, 3);
	if (t->kind == TARGET_CORE && t->pid)
		out_text(o, "Core %s of process %d.", t->core, t->pid);
	else if (t->kind == TARGET_CORE)
		out_text(o, "Core %s.", t->core);
	else if (t->kind == TARGET_LIVE && t->pause == PAUSE_FROZEN)
		out_text(o, "Process %d stood still for %s s.", t->pid, buf_text(&seconds));
	else if (t->pid && t->pause == PAUSE_REFUSED)
		out_text(o, "Process %d was read as it was, not paused by heapscope.", t->pid);
	else if (t->kind == TARGET_LIVE)
		out_text(o, "Process %d was not paused; the picture may be torn.", t->pid);
	buf_release(&seconds);
}

static enum err run_into(struct session *s, const struct cmd_args *a, struct out *o)
{
	struct diag d = {0};
	enum err e;

	if (s->target && a->command->stage >
	    NEED_TARGET) /* the others describe it when they have seen what there is */
		session_describe(s, o);
	e = a->command->run(s, a, o);
	if (e)
		out_error(o, &s->diag);
	else if (s->target && a->command->stage >= NEED_IMAGE)
		say_pause(s, o);
	if (out_finish(o, &s->notes))
		return e;
	e = diag_sys(&d, ERR_IO, errno, "the answer could not be written");
	s->diag = d;
	return e;
}

/* What the last command said is said; what a step said that failed will be said again. */
static void begin(struct session *s)
{
	s->diag = (struct diag){0};
	notes_drop(&s->notes, NOTE_OF_COMMAND);
	if (s->failed_step)
		notes_drop(&s->notes, s->failed_step);
	s->failed_step = 0;
	s->notes.scope = NOTE_OF_COMMAND;
	s->notes.reach = 0;
}

enum err command_run(struct session *s, const struct cmd_args *a, enum out_format format, FILE *to,
		     bool colour)
{
	struct out *o;
	enum err e;

	begin(s);
	e = s->target ? session_need(s, a->command->stage) : OK;
	if (!e)
		e = out_open(format, to, colour, a->command->name, &o, &s->diag);
	if (e)
		return e;
	e = run_into(s, a, o);
	out_close(o);
	return e;
}

int command_status(const struct session *s, enum err e)
{
	return e ? err_status(e) : notes_partial(&s->notes);
}

void note_line(const struct note *n, struct buf *out)
{
	buf_str(out, n->kind == NOTE_PARTIAL ? "incomplete: " : "note: ");
	note_text(n, out);
}
