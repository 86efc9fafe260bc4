/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/syscall.h>
#include "stack/stacks.h"
#include "target/target.h"
#include "types/peek.h"

#define OUTERMOST     (64u << 10) /* bytes of a stack in which the C frames of the start are */
#define OBJECT_OF_ONE 128 /* bytes: a semaphore, a mutex or a condition of glibc is smaller */

static void find_collectors(struct stacks *s, addr_t interp)
{
	const struct target *t = s->py->t;
	struct code_ranges code;

	if (!collection_runs(s->py, interp))
		return;
	collector_find(s->py, &code);
	vec_foreach (th, s)
		if (th->interp == interp && th->os >= 0)
			th->doing.collecting =
			    code_on_stack(s->py, &code, &t->threads.at[th->os], 0);
}

bool stacks_read_state(struct stacks *s)
{
	const struct python *py = s->py;
	addr_t interp = 0;
	uint64_t v = 0;

	vec_foreach (th, s) {
		struct gil g;

		if (th->interp == interp)
			continue;
		interp = th->interp;
		if ((!s->gils.n || layout_has(&py->L, F_interp_ceval_gil)) &&
		    gil_read(py, interp, &g) && !vec_push(&s->gils, g))
			return false;
	}
	if (py->runtime)
		peek_field(py, py->runtime, F_runtime_finalizing, &v);
	else if (py->known[K_finalizing] && !target_read_u64(py->t, py->known[K_finalizing], &v))
		v = 0;
	s->finalizer = v;
	s->finalizing = v != 0;
	return true;
}

static bool within(addr_t a, addr_t start, uint64_t size)
{
	return start && a >= start && a - start < size;
}

/* Is this the word on which one waits for the GIL? */
static bool is_gil_word(const struct python *py, const struct gil *g, addr_t word)
{
	addr_t lock;

	if (within(word, g->at, g->size) || within(word, py->known[K_gil_cond], OBJECT_OF_ONE) ||
	    within(word, py->known[K_gil_mutex], OBJECT_OF_ONE))
		return true;
	return py->known[K_interpreter_lock] &&
	       target_read_u64(py->t, py->known[K_interpreter_lock], &lock) &&
	       within(word, lock, OBJECT_OF_ONE);
}

static void gil_part(struct stacks *s, struct stack_thread *th)
{
	struct thread_doing *d = &th->doing;

	vec_foreach (g, &s->gils) {
		if (g->holder && g->holder == th->tstate)
			d->gil = GIL_HOLDS;
		else if (d->in_syscall && d->syscall == SYS_futex &&
			 (!g->interp || g->interp == th->interp) &&
			 is_gil_word(s->py, g, d->args[0]))
			d->gil = GIL_WAITS;
	}
}

/* The interpreter notes that it ends only after the atexit functions: the first thread's stack tells before. */
static void find_finalizer(struct stacks *s)
{
	const struct target *t = s->py->t;
	struct code_ranges code;

	finalizer_find(s->py, &code);
	vec_foreach (th, s) {
		th->finalizes = (s->finalizer && th->tstate == s->finalizer) ||
				(th->main && code_on_stack(s->py, &code, &t->threads.at[th->os],
							   OUTERMOST));
		s->finalizing |= th->finalizes;
	}
}

void stacks_read_waits(struct stacks *s)
{
	const struct target *t = s->py->t;

	vec_foreach (th, s)
		wait_read(&s->waits, &th->chain, &th->doing,
			  th->os >= 0 ? &t->threads.at[th->os] : NULL, &th->wait);
}

void stacks_state(struct stacks *s)
{
	struct target *t = s->py->t;
	addr_t interp = 0;

	vec_foreach (th, s) {
		if (th->os >= 0 && thread_syscall(t, &t->threads.at[th->os], &th->doing))
			syscall_time_out(t, &th->doing);
		gil_part(s, th);
		if (th->interp != interp) {
			interp = th->interp;
			find_collectors(s, interp);
		}
	}
	find_finalizer(s);
	crash_read(t, &s->crash);
}
