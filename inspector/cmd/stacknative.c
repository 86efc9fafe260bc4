/* SPDX-License-Identifier: Apache-2.0 */
/* The C functions on the threads' stacks, as `stack --native` shows them. */
#include <stdio.h>
#include "cmd/stackshow.h"
#include "target/target.h"

#define CRASH_LINES 24 /* C functions that are shown of a crash without --native */

static bool has_registers(const struct target *t)
{
	vec_foreach (th, &t->threads)
		if (th->regs_size)
			return true;
	return false;
}

/* The only thread whose C stack is wanted, -1 = all. */
static int only_one(const struct stack_view *v)
{
	int only = -1;

	if (v->native == NATIVE_CRASH)
		return 0;
	vec_foreach (th, &v->stacks)
		if (v->thread && stack_shows(v, th))
			only = th->os;
	return only;
}

/* Where a process was in C says why it ended, unless another one has ended it. */
static bool crashed_by_itself(const struct stack_view *v)
{
	const struct crash *c = &v->stacks.crash;

	return c->crashed && !(c->has_sender && c->sender != v->session->target->pid);
}

enum err stack_native_take(struct stack_view *v, const struct native_copy *copy)
{
	bool ok;

	if (v->native == NATIVE_NOT && crashed_by_itself(v))
		v->native = NATIVE_CRASH;
	if (v->native == NATIVE_NOT)
		return OK;
	if (!has_registers(v->session->target)) {
		if (v->native == NATIVE_ALL)
			notes_add(&v->session->notes, NOTE_PARTIAL,
				  "no C functions are shown: the threads' registers are not known, because %s",
				  v->session->target->kind == TARGET_CORE ? "the core has none"
									  : "the process was not paused");
		v->native = NATIVE_NOT;
		return OK;
	}
	ok = stacks_add_foreign(&v->stacks, v->native == NATIVE_CRASH) &&
	     natives_take(&v->natives, v->session->python, copy, only_one(v)) &&
	     stacks_share_natives(&v->stacks, &v->natives, copy);
	if (copy->cut)
		notes_add(&v->session->notes, NOTE_PARTIAL, "C stacks are too long to copy: their outer ends are missing");
	return ok ? OK : diag_set(&v->session->diag, ERR_NOMEM, "out of memory");
}

void stack_native_release(struct stack_view *v)
{
	natives_release(&v->natives);
}

const struct native_chain *stack_native_chain(const struct stack_view *v, const struct stack_thread *th)
{
	if (v->native == NATIVE_NOT || th->native < 0 || (v->native == NATIVE_CRASH && th->os != 0))
		return NULL;
	return &v->natives.chains.at[th->native];
}

static bool merge(const struct stack_view *v, const struct stack_thread *th, const struct native_chain *nc,
		  struct stack_items *out)
{
	struct native_chain apart = *nc;

	if (!th->native_apart)
		return items_merge(out, &th->chain, nc, &v->natives);
	/* counted as whole, so that one interpreter's frames are not taken for all */
	apart.end = NATIVE_WHOLE;
	return items_merge(out, &th->chain, &apart, &v->natives);
}

bool stack_items_of(const struct stack_view *v, const struct stack_thread *th, struct stack_items *out)
{
	const struct native_chain *nc = stack_native_chain(v, th);
	size_t inner;

	if (!nc)
		return items_of_python(out, &th->chain);
	if (!merge(v, th, nc, out))
		return false;
	if (v->native != NATIVE_CRASH || !th->chain.n)
		return true;
	/* of a crash only what was called last by Python */
	inner = out->unmerged ? 0 : min_of(items_inner_native(out), (size_t)CRASH_LINES);
	{
		struct stack_items python = {0};
		size_t k = inner;

		if (!items_of_python(&python, &th->chain) || !vec_reserve(out, python.n)) {
			vec_release(&python);
			return false;
		}
		vec_foreach (it, &python)
			out->at[k++] = *it;
		out->n = k;
		out->unmerged = false;
		vec_release(&python);
	}
	return true;
}

struct native_shown stack_native_of(const struct stack_view *v, const struct native_chain *nc,
				    const struct stack_item *it)
{
	struct native_shown s = {.frame = &nc->at[it->frame]};

	s.place = &v->natives.places.at[s.frame->place];
	s.line = &v->natives.lines.at[s.place->first + it->line];
	if (s.place->module >= 0)
		s.module = &v->session->target->modules.at[s.place->module];
	s.module_name = native_module_name(v->session->target, s.place);
	return s;
}

static void add_place(struct buf *b, const struct native_shown *s)
{
	const char *name = s->line->function ? s->line->function : s->module_name;

	buf_str(b, name);
	if (!s->line->line && !s->line->inlined)
		buf_printf(b, "%s0x%llx", name[0] ? "+" : "", (unsigned long long)s->place->offset);
	if (s->line->function && s->module_name[0])
		buf_printf(b, " (%s)", s->module_name);
	if (s->line->file) {
		buf_str(b, ", \"");
		buf_escaped(b, s->line->file, strlen(s->line->file));
		buf_char(b, '"');
	}
	if (s->line->line)
		buf_printf(b, ", line %d", s->line->line);
}

void stack_native_text(struct stack_view *v, const struct native_chain *nc, const struct stack_item *it)
{
	struct native_shown s = stack_native_of(v, nc, it);
	struct buf b = {0};

	add_place(&b, &s);
	if (s.line->inlined)
		buf_str(&b, ", inlined");
	if (s.place->signal)
		buf_str(&b, " (a signal came here)");
	if (s.frame->how == NATIVE_FRAME_POINTER)
		buf_str(&b, " (found by frame pointer: callees may be missing)");
	else if (s.frame->how == NATIVE_ENTRY)
		buf_str(&b, " (called what is no code)");
	out_text(v->out, "  C in %s", buf_text(&b));
	buf_release(&b);
}

bool stack_crash_place(const struct stack_view *v, struct native_shown *out)
{
	const struct stack_item innermost = {.kind = ITEM_NATIVE};
	const struct native_chain *nc = v->natives.chains.n ? &v->natives.chains.at[0] : NULL;

	if (v->native == NATIVE_NOT || !v->stacks.crash.crashed || !nc || !nc->n)
		return false;
	*out = stack_native_of(v, nc, &innermost);
	return true;
}

void stack_crash_text(const struct stack_view *v, struct buf *out)
{
	struct native_shown s;

	if (!stack_crash_place(v, &s))
		return;
	buf_str(out, " in ");
	if (s.line->function)
		buf_str(out, s.line->function);
	else
		buf_str(out, s.module_name[0] ? "code without a name" : "what is no code");
	if (s.module_name[0])
		buf_printf(out, " (%s)", s.module_name);
}

void stack_native_end_text(struct stack_view *v, const struct native_chain *nc, const struct stack_items *it)
{
	if (nc->end && (v->native == NATIVE_ALL || !items_inner_native(it)))
		out_text(v->out, "  (C: %s, at 0x%llx)", native_end_text(nc->end), (unsigned long long)nc->bad);
	if (it->unmerged)
		out_text(v->out,
			 "  (C: %zu evaluation loop%s for %zu call%s of Python code, so C's functions stand "
			 "inside of Python's, all together)",
			 it->loops, it->loops == 1 ? "" : "s", it->entries, it->entries == 1 ? "" : "s");
}

static void module_text(struct stack_view *v, const struct module *m)
{
	char id[2 * BUILD_ID_MAX + 1];
	struct buf b = {0};

	buf_escaped(&b, m->path, strlen(m->path));
	if (m->id.n)
		buf_printf(&b, ", build-id %s", build_id_text(&m->id, id));
	if (m->problem[0])
		buf_printf(&b, " (%s)", m->problem);
	out_text(v->out, "  %s", buf_text(&b));
	buf_release(&b);
}

struct shown_modules {
	VEC(const struct module *);
};

/* Several processes mostly have the same files. */
static bool is_shown(const struct shown_modules *shown, const struct module *m)
{
	vec_foreach (other, shown)
		if (!strcmp((*other)->path, m->path) && build_id_equal(&(*other)->id, &m->id))
			return true;
	return false;
}

static void modules_of(struct stack_view *v, struct shown_modules *shown)
{
	const struct target *t = v->session->target;
	uint8_t *used = calloc(t->modules.n + 1, 1);

	vec_foreach (p, &v->natives.places)
		if (used && p->module >= 0)
			used[p->module] = 1;
	for (size_t i = 0; used && i < t->modules.n; i++) {
		if (!used[i] || is_shown(shown, &t->modules.at[i]))
			continue;
		if (!shown->n) {
			out_text(v->out, "%s", "");
			out_text(v->out, "%s", "Files with these C functions:");
		}
		module_text(v, &t->modules.at[i]);
		if (!vec_push(shown, &t->modules.at[i]))
			break;
	}
	free(used);
}

void stack_modules_text(struct stack_set *set)
{
	struct shown_modules shown = {0};

	vec_foreach (v, set)
		if ((*v)->native == NATIVE_ALL)
			modules_of(*v, &shown);
	vec_release(&shown);
}

static void chain_incomplete(struct stack_view *v, const struct stack_thread *th, const struct native_chain *nc)
{
	struct notes *notes = &v->session->notes;
	struct stack_items items = {0};

	if (nc->end && nc->end != NATIVE_LOST)
		notes_add(notes, NOTE_PARTIAL, "the C stack of thread %d: %s (at 0x%llx)", th->tid,
			  native_end_text(nc->end), (unsigned long long)nc->bad);
	if (nc->late)
		notes_add(notes, NOTE_INFO,
			  "the C stack of thread %d goes on in memory that was read after the pause: it may be torn",
			  th->tid);
	if (merge(v, th, nc, &items) && items.unmerged)
		notes_add(notes, NOTE_PARTIAL,
			  "thread %d has %zu evaluation loops on its C stack for %zu calls of Python code: the two "
			  "stacks are not merged",
			  th->tid, items.loops, items.entries);
	vec_release(&items);
}

void stack_native_incomplete(struct stack_view *v)
{
	if (v->native == NATIVE_NOT)
		return;
	if (v->natives.why[0])
		notes_add(&v->session->notes, v->native == NATIVE_ALL ? NOTE_PARTIAL : NOTE_INFO,
			  "the C stacks are missing, all or in part: the process of heapscope that reads the "
			  "files failed (%s)",
			  v->natives.why);
	if (v->native != NATIVE_ALL)
		return;
	vec_foreach (p, &v->natives.places) {
		const struct module *m = p->module >= 0 ? &v->session->target->modules.at[p->module] : NULL;

		if (m && !m->file)
			notes_add(&v->session->notes, NOTE_PARTIAL, "some C functions have no names: %s", m->problem);
	}
	vec_foreach (th, &v->stacks) {
		const struct native_chain *nc = stack_shows(v, th) ? stack_native_chain(v, th) : NULL;

		if (nc)
			chain_incomplete(v, th, nc);
	}
}
