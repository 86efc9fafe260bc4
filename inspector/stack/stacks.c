/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "stack/stacks.h"
#include "target/target.h"

void stacks_release(struct stacks *s)
{
	vec_foreach (th, s) {
		vec_release(&th->chain);
		locals_release(&th->locals);
		exceptions_release(&th->exceptions);
		free(th->wait.name);
		free(th->name);
	}
	locks_release(&s->locks);
	waits_release(&s->waits);
	vec_release(s);
	vec_release(&s->gils);
	codes_release(&s->codes);
}

size_t stacks_foreign(const struct stacks *s)
{
	const struct target *t = s->py->t;
	size_t matched = 0;
	struct map seen = {0};

	/* two thread states of one thread (sub-interpreters) count once */
	vec_foreach (th, s)
		if (th->tstate && th->os >= 0 && map_get(&seen, th->os) == MAP_NONE && map_put(&seen, th->os, 1))
			matched++;
	map_release(&seen);
	return t->threads.n - matched;
}

void stack_note_end(const struct stack_thread *th, struct notes *notes)
{
	char whose[32] = "a thread that is not known";

	if (th->chain.end == CHAIN_WHOLE)
		return;
	if (th->tid)
		snprintf(whose, sizeof(whose), "thread %d", th->tid);
	else if (th->ident)
		snprintf(whose, sizeof(whose), "thread 0x%llx", (unsigned long long)th->ident);
	/* what no thread runs is not missing from where the threads stand */
	notes_add(notes, th->chain.end == CHAIN_LOST ? NOTE_INFO : NOTE_PARTIAL, "the stack of %s is %s (at 0x%llx)", whose, chain_end_text(th->chain.end),
		  (unsigned long long)th->chain.bad);
}

struct place stacks_place(struct stacks *s, const struct pyframe *f)
{
	return code_place(&s->codes.at[f->code], f->at);
}

/* What comes first: the crashed thread, the main one, the main interpreter's, the older. */
static bool before(const struct stacks *s, const struct stack_thread *a,
		   const struct stack_thread *b)
{
	bool crashed_a = s->crash.crashed && a->os == 0, crashed_b = s->crash.crashed && b->os == 0;

	if (crashed_a != crashed_b)
		return crashed_a;
	if (a->main != b->main)
		return a->main;
	return a->interp_id < b->interp_id;
}

static void reverse(struct stacks *s)
{
	for (size_t i = 0, k = s->n; i + 1 < k; i++) {
		struct stack_thread swap = s->at[i];

		s->at[i] = s->at[--k];
		s->at[k] = swap;
	}
}

/* The lists are newest first: turned round, then the few that go before the others are moved up. */
static void order(struct stacks *s)
{
	reverse(s);
	for (size_t i = 1; i < s->n; i++) {
		struct stack_thread th = s->at[i];
		size_t k = i;

		for (; k && before(s, &th, &s->at[k - 1]); k--)
			s->at[k] = s->at[k - 1];
		s->at[k] = th;
	}
}

static bool read_locals(struct stacks *s, const struct repr_limits *lim)
{
	bool ok = true;

	vec_foreach (th, s)
		ok = ok && locals_read(&th->locals, s->py, &s->codes, &th->chain, lim);
	return ok;
}

/* Which threads of the process have a thread state. False: memory is out. */
static bool mark_known(const struct stacks *s, struct map *known)
{
	bool ok = true;

	vec_foreach (th, s)
		ok = ok && (th->os < 0 || map_put(known, th->os, 1));
	return ok;
}

static bool add_foreign(struct stacks *s, size_t os)
{
	struct target *t = s->py->t;
	const struct thread *of = &t->threads.at[os];
	struct stack_thread th = {.os = (int)os, .tid = of->tid, .main = of->tid == t->pid,
				  .blocked_by = -1};

	thread_syscall(t, of, &th.doing);
	return vec_push(s, th);
}

bool stacks_add_foreign(struct stacks *s, bool only_crashed)
{
	struct map known = {0};
	bool ok = mark_known(s, &known);

	for (size_t i = 0; ok && i < (only_crashed ? 1 : s->py->t->threads.n); i++)
		if (map_get(&known, i) == MAP_NONE)
			ok = add_foreign(s, i);
	/* the crashed one goes first */
	if (ok && s->n > 1 && s->crash.crashed && map_get(&known, 0) == MAP_NONE) {
		size_t k = s->n - 1;
		struct stack_thread first;

		while (k && s->at[k].os != 0)
			k--;
		first = s->at[k];
		memmove(s->at + 1, s->at, k * sizeof(*s->at));
		s->at[0] = first;
		vec_foreach (th, s)
			th->blocked_by += th->blocked_by >= 0;
		locks_moved(&s->locks);
	}
	map_release(&known);
	return ok;
}

static bool read_exceptions(struct stacks *s)
{
	bool ok = true;

	vec_foreach (th, s)
		ok = ok && exceptions_read(&th->exceptions, &s->codes, &th->chain, th->tstate);
	return ok;
}

/* All that must be of one moment. False if memory is out. */
static bool read_standing(struct stacks *s, const struct stack_wants *wants)
{
	bool ok = stacks_read(s) && stacks_read_state(s) && read_exceptions(s) &&
		  (!wants->locals || read_locals(s, wants->locals)) &&
		  (!wants->copy || native_copy_take(wants->copy, s->py->t));

	stacks_match(s);
	stacks_state(s);
	order(s);
	stacks_read_waits(s);
	return ok && (!wants->locks || locks_read(&s->locks, s));
}

bool stacks_idents(const struct stacks *s, struct map *out)
{
	bool ok = true;

	for (int orphans = 1; orphans >= 0; orphans--)
		for (size_t i = s->n; ok && i-- > 0;)
			if (s->at[i].ident && s->at[i].orphan == orphans)
				ok = map_put(out, s->at[i].ident, i);
	return ok;
}

/* By names that lead to the very object: that may be done while the process runs on. */
static void name_waits(struct stacks *s)
{
	struct map idents = {0};
	bool ok = stacks_idents(s, &idents);

	vec_foreach (th, s) {
		uint64_t by = ok && th->wait.owner ? map_get(&idents, th->wait.owner) : MAP_NONE;

		th->blocked_by = by == MAP_NONE ? -1 : (int)by;
		if (th->wait.kind)
			th->wait.name = wait_name(s->py, &s->codes, &th->chain, &th->wait);
	}
	map_release(&idents);
}

enum err stacks_take_held(struct stacks *s, const struct python *py, const struct stack_wants *wants,
			  struct diag *d)
{
	bool ok;

	*s = (struct stacks){.py = py};
	codes_init(&s->codes, py);
	waits_init(&s->waits, py, &s->codes);
	ok = read_standing(s, wants);
	if (!ok)
		return diag_set(d, ERR_NOMEM, "out of memory");
	if (!s->n)
		return diag_set(d, ERR_UNREADABLE,
				"the interpreter's list of threads cannot be read%s",
				py->t->missing_bytes ? ": the core is truncated, its part with that list is missing" : "");
	return OK;
}

enum err stacks_take(struct stacks *s, const struct python *py, const struct stack_wants *wants,
		     struct diag *d)
{
	enum err e = target_freeze(py->t, d);

	if (e)
		return e;
	e = stacks_take_held(s, py, wants, d);
	if (!e)
		stacks_name(s);
	target_thaw(py->t);
	if (e)
		return e;
	codes_identify(&s->codes);
	name_waits(s);
	if (wants->locks && !locks_finish(&s->locks, s))
		return diag_set(d, ERR_NOMEM, "out of memory");
	return OK;
}
