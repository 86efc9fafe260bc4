/* SPDX-License-Identifier: Apache-2.0 */
/* The stacks as text, as a traceback writes them. Recursion and threads that stand alike are
 * folded. */
#include <stdio.h>
#include "cmd/stackgroups.h"
#include "target/target.h"

#define NAMED_MAX      8   /* threads of a group, or processes, that are called by their names */
#define LINE_MAX_BYTES 500 /* of a source line */

/* Text on a line of its own must not end that line. */
static void add_quoted(struct buf *b, const char *s)
{
	buf_char(b, '"');
	buf_escaped(b, s, strlen(s));
	buf_char(b, '"');
}

/* Carets below the part of the line that runs; none where that is the whole line. */
static void carets(struct stack_view *v, const struct source_line *line, const struct place *p)
{
	struct buf b = {0};
	size_t from, to;

	if (p->line != p->end_line || p->column < (int)line->indent || p->end_column <= p->column)
		return;
	from = p->column - line->indent;
	to = p->end_column - line->indent;
	if (to > line->len || (from == 0 && to == line->len))
		return;
	buf_str(&b, "    ");
	for (size_t i = 0; i < to; i++) {
		unsigned char c = line->text[i];

		if (c < ' ' || c == 0x7f)
			goto out; /* it is shown as an escape: nothing would stand below its place
				   */
		if ((c & 0xc0) != 0x80)
			buf_char(&b, i < from ? ' ' : '^');
	}
	out_text(v->out, "%s", buf_text(&b));
out:
	buf_release(&b);
}

static void source_text(struct stack_view *v, const struct source_line *line, const struct place *p)
{
	struct buf b = {0};

	if (!line->len)
		return;
	buf_escaped(&b, line->text, min_of(line->len, LINE_MAX_BYTES));
	out_text(v->out, "    %s", buf_text(&b));
	if (line->len <= LINE_MAX_BYTES && !line->newer)
		carets(v, line, p);
	buf_release(&b);
}

void stack_frame_text(struct stack_view *v, const struct pyframe *f, const char *mark)
{
	struct place p = stacks_place(&v->stacks, f);
	struct source_line line;
	struct buf b = {0};
	bool there = sources_line(&v->sources, stack_file(v, f), p.line, &line);

	buf_str(&b, "  File ");
	add_quoted(&b, stack_file(v, f));
	if (p.line < 0)
		buf_str(&b, ", no line");
	else if (p.end_line > p.line)
		buf_printf(&b, ", lines %d-%d", p.line, p.end_line);
	else
		buf_printf(&b, ", line %d", p.line);
	buf_printf(&b, ", in %s", stack_name(v, f));
	buf_str(&b, mark);
	if (there && line.newer)
		buf_str(&b, " (the file is newer than the process)");
	out_text(v->out, "%s", buf_text(&b));
	if (there)
		source_text(v, &line, &p);
	buf_release(&b);
}

/* The frame's names, each on a line. They are in the order of frames, innermost first. */
static void locals_text(struct stack_view *v, const struct stack_thread *th, size_t frame)
{
	size_t lo = 0, hi = th->locals.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (th->locals.at[mid].frame < frame)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < th->locals.n && th->locals.at[lo].frame == frame; lo++)
		out_text(v->out, "      %s = %s", th->locals.at[lo].name, th->locals.at[lo].value);
}

/* What one thread's lines are made of. */
struct lines {
	const struct stack_thread *th;
	const struct native_chain *nc; /* NULL: no native frames */
	struct stack_items items;
};

static void fold_text(struct stack_view *v, const struct lines *l, const struct fold *k)
{
	const struct stack_item *it = items_outer(&l->items, k->first);
	const struct pyframe *f = it->kind == ITEM_PYTHON ? &l->th->chain.at[it->frame] : NULL;
	struct place p = f ? stacks_place(&v->stacks, f) : (struct place){0};
	struct buf b = {0};
	char n[32];

	buf_printf(&b, "  ... %s more", stack_grouped(k->times - 1, n));
	if (k->period == 1 && f)
		buf_printf(&b, " of %s() %s:%d", stack_name(v, f), stack_file(v, f), p.line);
	else
		buf_printf(&b, " rounds of these %zu frames", k->period);
	out_text(v->out, "%s", buf_text(&b));
	buf_release(&b);
}

/* A piece's frames, and how often they come. */
static void piece_text(struct stack_view *v, const struct lines *l, const struct fold *k)
{
	const struct chain *c = &l->th->chain;
	size_t n = k->period;

	if (v->full)
		n = k->period * k->times;
	for (size_t i = 0; i < n; i++) {
		size_t at = k->first + (v->reverse ? n - 1 - i : i);
		const struct stack_item *it = items_outer(&l->items, at);
		const struct pyframe *f;

		if (it->kind == ITEM_NATIVE) {
			stack_native_text(v, l->nc, it);
			continue;
		}
		f = &c->at[it->frame];
		stack_frame_text(v, f, f->entry == ENTRY_FROM_C && it->frame + 1 != c->n ? " (called from C)" : "");
		locals_text(v, l->th, it->frame);
	}
	if (!v->full && k->times > 1)
		fold_text(v, l, k);
}

static void ends_text(struct stack_view *v, const struct lines *l)
{
	if (l->nc)
		stack_native_end_text(v, l->nc, &l->items);
	if (l->th->chain.end)
		out_text(v->out, "  (%s)", chain_end_text(l->th->chain.end));
}

static enum err chain_text(struct stack_view *v, const struct stack_thread *th)
{
	struct lines l = {.th = th, .nc = stack_native_chain(v, th)};
	struct folds folds = {0};
	enum err e = OK;

	if (!stack_items_of(v, th, &l.items) || !folds_make(&folds, &l.items, &th->chain, l.nc))
		e = diag_set(&v->session->diag, ERR_NOMEM, "out of memory");
	if (!e && !v->reverse)
		ends_text(v, &l);
	for (size_t i = 0; !e && i < folds.n; i++)
		piece_text(v, &l, &folds.at[v->reverse ? folds.n - 1 - i : i]);
	if (!e && v->reverse)
		ends_text(v, &l);
	if (!th->chain.n && !th->chain.end && th->tstate)
		out_text(v->out, "  (no Python frame)");
	vec_release(&folds);
	vec_release(&l.items);
	return e;
}

static bool is_marked(const struct stack_view *v, const struct stack_thread *th)
{
	return v->mark && v->mark == (uint64_t)th->tid;
}

static void header(struct stack_view *v, const struct stack_thread *th, bool several)
{
	struct buf b = {0}, doing = {0};

	buf_str(&b, is_marked(v, th) ? "* Thread " : "Thread ");
	stack_thread_name(v, th, &b);
	if (several && !th->main)
		buf_printf(&b, " of process %d", v->session->target->pid);
	if (th->main)
		buf_str(&b, ", main thread");
	if (th->interp_id)
		buf_printf(&b, ", interpreter %lld", (long long)th->interp_id);
	if (!th->tstate)
		buf_str(&b, th->lost ? ", its thread state is cut off" : ", not Python's");
	stack_doing(v, th, &doing);
	if (doing.n)
		buf_printf(&b, ", %s", buf_text(&doing));
	buf_release(&doing);
	out_text(v->out, "%s:", buf_text(&b));
	buf_release(&b);
	stack_exceptions_text(v, th);
}

/* What all of them do; where that is not the same to the letter, what is. */
static void group_doing(const struct stack_groups *g, const struct stack_member *first, bool many, struct buf *out)
{
	const struct stack_member *m = first;
	struct buf other = {0};
	bool same = true;

	stack_doing_of(first->view, first->thread, many, false, out);
	for (size_t i = 1; same && i < first->members; i++) {
		m = &g->at[m->next];
		buf_clear(&other);
		stack_doing_of(m->view, m->thread, many, false, &other);
		same = !strcmp(buf_text(&other), buf_text(out));
	}
	buf_release(&other);
	if (!same)
		stack_doing_of(first->view, first->thread, many, true, out);
}

/* "4,980 threads of 64 processes stand alike: 4711 "a", 4712 "b" and 4,978 more; in futex:" */
static void group_header(const struct stack_groups *g, const struct stack_member *first, bool several)
{
	struct buf b = {0}, doing = {0};
	const struct stack_member *m = first;
	const struct stack_view *last = NULL;
	size_t processes = 0;
	char count[32];
	bool marked = false;

	for (size_t i = 0; i < first->members; i++, m = &g->at[m->next]) {
		processes += m->view != last;
		marked |= is_marked(m->view, m->thread);
		last = m->view;
	}
	buf_printf(&b, "%s%s threads", marked ? "* " : "", stack_grouped(first->members, count));
	if (processes > 1)
		buf_printf(&b, " of %s processes", stack_grouped(processes, count));
	else if (several)
		buf_printf(&b, " of process %d", first->view->session->target->pid);
	m = first;
	for (size_t i = 0; i < min_of(first->members, NAMED_MAX); i++, m = &g->at[m->next]) {
		buf_str(&b, i ? ", " : " stand alike: ");
		stack_thread_name(m->view, m->thread, &b);
	}
	if (first->members > NAMED_MAX)
		buf_printf(&b, " and %s more", stack_grouped(first->members - NAMED_MAX, count));
	group_doing(g, first, processes > 1, &doing);
	if (doing.n)
		buf_printf(&b, "; %s", buf_text(&doing));
	buf_release(&doing);
	out_text(first->view->out, "%s:", buf_text(&b));
	buf_release(&b);
}

static void say_process(struct stack_view *v)
{
	const struct target *t = v->session->target;
	const char *version = v->session->python->L.version;
	struct buf b = {0};

	if (v->stacks.crash.crashed)
		crash_text(&v->stacks.crash, &b);
	stack_crash_text(v, &b);
	if (t->kind == TARGET_CORE)
		out_text(v->out, "Core of process %d, Python %s, %s", t->pid, version,
			 b.n ? buf_text(&b) : "taken while it ran");
	else if (t->pause == PAUSE_FROZEN)
		out_text(v->out, "Process %d, Python %s; it stood still for %.2f ms", t->pid,
			 version, t->pause_seconds * 1e3);
	else
		out_text(v->out, "Process %d, Python %s; it was not paused", t->pid, version);
	if (v->stacks.finalizing)
		out_text(v->out, "%s", "The interpreter is shutting down");
	buf_release(&b);
}

/* Can both be named on one line? */
static bool same_line(const struct stack_view *a, const struct stack_view *b)
{
	const struct target *ta = a->session->target, *tb = b->session->target;

	return ta->kind == TARGET_LIVE && tb->kind == TARGET_LIVE && ta->pause == tb->pause &&
	       !a->stacks.finalizing && !b->stacks.finalizing &&
	       !strcmp(a->session->python->L.version, b->session->python->L.version);
}

/* From set->at[from] on, those that go on one line. @return how many */
static size_t say_processes(struct stack_set *set, size_t from)
{
	struct stack_view *first = set->at[from];
	size_t n = 1, named;
	double longest = first->session->target->pause_seconds;
	char count[32];
	struct buf b = {0};

	while (from + n < set->n && same_line(first, set->at[from + n])) {
		longest = max_of(longest, set->at[from + n]->session->target->pause_seconds);
		n++;
	}
	if (n == 1) {
		say_process(first);
		return 1;
	}
	named = first->full ? n : min_of(n, NAMED_MAX);
	buf_printf(&b, "%s processes, Python %s", stack_grouped(n, count), first->session->python->L.version);
	for (size_t i = 0; i < named; i++)
		buf_printf(&b, "%s%d", i ? ", " : ": ", set->at[from + i]->session->target->pid);
	if (named < n)
		buf_printf(&b, " and %s more", stack_grouped(n - named, count));
	if (first->session->target->pause == PAUSE_FROZEN)
		out_text(set->out, "%s; each stood still for at most %.2f ms", buf_text(&b), longest * 1e3);
	else
		out_text(set->out, "%s; they were not paused", buf_text(&b));
	buf_release(&b);
	return n;
}

static void say_foreign(struct stack_view *v, bool several)
{
	size_t foreign = stacks_foreign(&v->stacks);
	char of[32] = "the process";

	vec_foreach (th, &v->stacks)
		foreign -= !th->tstate && th->os >= 0; /* is shown: it crashed, or its thread state is cut off */
	if (!foreign || v->thread)
		return;
	if (several)
		snprintf(of, sizeof(of), "process %d", v->session->target->pid);
	out_text(v->out, "%s", "");
	if (v->stacks.cut)
		out_text(v->out, "%zu more thread%s of %s: no thread state was found, it may be cut off", foreign,
			 foreign == 1 ? "" : "s", of);
	else
		out_text(v->out, "%zu more thread%s of %s %s no Python frames", foreign, foreign == 1 ? "" : "s", of,
			 foreign == 1 ? "has" : "have");
}

enum err stack_text(struct stack_set *set)
{
	struct stack_groups g = {0};
	enum err e = OK;

	for (size_t i = 0; i < set->n;)
		i += say_processes(set, i);
	if (!stack_groups_make(&g, set))
		e = diag_set(&set->session->diag, ERR_NOMEM, "out of memory");
	vec_foreach (m, &g) {
		if (e || !m->members)
			continue;
		out_text(set->out, "%s", "");
		if (m->members > 1)
			group_header(&g, m, set->n > 1);
		else
			header(m->view, m->thread, set->n > 1);
		e = chain_text(m->view, m->thread);
	}
	vec_foreach (v, set) {
		if (e)
			break;
		if ((*v)->locks)
			stack_locks_text(*v, set->n > 1);
		if ((*v)->native != NATIVE_ALL)
			say_foreign(*v, set->n > 1);
	}
	if (!e)
		stack_modules_text(set);
	stack_groups_release(&g);
	return e;
}
