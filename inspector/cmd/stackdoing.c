/* SPDX-License-Identifier: Apache-2.0 */
/* What a thread does, in one line. */
#include <math.h>
#include <stdio.h>
#include "cmd/stackshow.h"
#include "target/target.h"

const char *stack_grouped(uint64_t n, char out[32])
{
	char plain[32];
	int len = snprintf(plain, sizeof(plain), "%llu", (unsigned long long)n), k = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[k++] = ',';
		out[k++] = plain[i];
	}
	out[k] = 0;
	return out;
}

void stack_thread_name(const struct stack_view *v, const struct stack_thread *th, struct buf *b)
{
	const struct thread *os = th->os >= 0 ? &v->session->target->threads.at[th->os] : NULL;

	if (th->tid)
		buf_printf(b, "%d", th->tid);
	else if (th->ident)
		buf_printf(b, "0x%llx", (unsigned long long)th->ident);
	else
		buf_str(b, "?");
	if (th->name || (os && os->comm[0])) {
		const char *name = th->name ? th->name : os->comm;

		buf_str(b, " \"");
		buf_escaped(b, name, strlen(name));
		buf_char(b, '"');
	}
}

void stack_owner_name(const struct stack_view *v, const struct stack_thread *th, struct buf *b)
{
	stack_thread_name(v, th, b);
	if (th->orphan)
		buf_str(b, ", which is gone");
}

static void add_part(struct buf *b, const char *text)
{
	buf_printf(b, "%s%s", b->n ? ", " : "", text);
}

void stack_object(enum waitable kind, addr_t object, const char *name, struct buf *out)
{
	buf_str(out, waitable_name(kind));
	if (object)
		buf_printf(out, " 0x%llx", (unsigned long long)object);
	if (!name)
		return;
	buf_str(out, " (");
	buf_escaped(out, name, strlen(name));
	buf_char(out, ')');
}

/* The function in which the thread waits, "get"; NULL if that is written in C. */
static const char *function_of(const struct stack_view *v, const struct wait *w)
{
	const char *name = w->code == CODE_NONE ? NULL : v->stacks.codes.at[w->code].name;
	const char *dot = name ? strrchr(name, '.') : NULL;

	return dot ? dot + 1 : name;
}

/* Lock 0x7f12 (self._lock), which 4711 "worker" has */
static void wait_text(const struct stack_view *v, const struct stack_thread *th, struct buf *out)
{
	const struct wait *w = &th->wait;
	const char *function = function_of(v, w);

	add_part(out, "blocked ");
	if (function)
		buf_printf(out, "in %s() ", function);
	buf_str(out, "on ");
	stack_object(w->kind, w->object, w->name, out);
	if (!w->owner)
		return;
	buf_str(out, w->kind == WAIT_thread || w->kind == WAIT_handle ? ", which is " : ", which is held by ");
	if (th->blocked_by >= 0)
		stack_owner_name(v, &v->stacks.at[th->blocked_by], out);
	else
		buf_printf(out, "no thread that is here (0x%llx)", (unsigned long long)w->owner);
}

static void time_out_text(const struct thread_doing *d, struct buf *out)
{
	if (isnan(d->time_out))
		buf_str(out, ", with a time-out");
	else
		buf_printf(out, ", %s %.*f s%s", d->time_left ? "for" : "for up to",
			   d->time_out < 1 ? 3 : d->time_out < 10 ? 1 : 0, d->time_out, d->time_left ? " more" : "");
}

static void call_text(const struct stack_view *v, const struct thread *os,
		      const struct stack_thread *th, struct buf *out)
{
	const struct thread_doing *d = &th->doing;

	if (th->wait.kind) {
		wait_text(v, th, out);
	} else if (d->in_syscall && d->gil != GIL_WAITS) {
		add_part(out, "in ");
		syscall_text(v->session->target, d, out);
	} else if (os && os->state == 'R' && !d->in_syscall) {
		add_part(out, "running");
	}
	if (d->timed && d->gil != GIL_WAITS)
		time_out_text(d, out);
}

void stack_doing_of(const struct stack_view *v, const struct stack_thread *th, bool many, bool vague,
		    struct buf *out)
{
	struct stack_thread any = *th;

	if (many) {
		any.wait.object = any.wait.owner = 0;
		any.wait.name = NULL;
	}
	if (vague) {
		any.doing.any_fd = true;
		any.doing.timed = false;
	}
	stack_doing(v, &any, out);
}

void stack_doing(const struct stack_view *v, const struct stack_thread *th, struct buf *out)
{
	const struct target *t = v->session->target;
	const struct thread_doing *d = &th->doing;
	const struct thread *os = th->os >= 0 ? &t->threads.at[th->os] : NULL;

	buf_clear(out);
	if (stack_crashed(v, th))
		add_part(out, "crashed");
	if (th->orphan)
		add_part(out, th->chain.n || th->chain.end ? "no thread runs this: it ended, or a fork left it behind" : "no thread runs this: it is about to begin, or a fork left it behind");
	if (th->finalizes)
		add_part(out, "ends the interpreter");
	if (d->gil)
		add_part(out, d->gil == GIL_HOLDS ? "holds the GIL" : "waits for the GIL");
	if (d->collecting)
		add_part(out, "in a garbage collection");
	call_text(v, os, th, out);
	/* who takes a core of a running process traces it: that it stood is no news */
	if (os && (os->state == 'T' || (os->state == 't' && t->kind != TARGET_CORE)))
		add_part(out, "stopped");
}
