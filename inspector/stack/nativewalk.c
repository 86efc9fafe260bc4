/* SPDX-License-Identifier: Apache-2.0 */
/* From frame to frame, up each thread's stack. In the child. */
#include "stack/nativewalk.h"
#include "target/regs.h"

#define FRAMES_MAX_NATIVE 2000000 /* of one thread */
#define SIGNALS_MAX	  64	  /* handlers of signals on one stack: only they may lead to another one */

struct walk {
	struct native_codes *codes;
	struct unwind_memory memory;
	struct native_chain *chain;
	struct unwind_regs regs;
	int signals;
	enum native_how how; /* how the present frame was found */
};

static bool ends(struct walk *w, enum native_end how)
{
	w->chain->end = how;
	w->chain->bad = w->regs.pc;
	return false;
}

static bool add_frame(struct walk *w, bool signal)
{
	struct native_frame f = {.sp = unwind_sp(&w->regs), .how = (uint8_t)w->how};

	return code_place_number(w->codes, &w->regs, signal, &f.place) && vec_push(w->chain, f);
}

/* Code that no file says anything about. */
static enum unwind_end step_blindly(struct walk *w)
{
	if (!w->chain->n && !code_is_there(w->codes, w->regs.pc)) {
		w->how = NATIVE_ENTRY;
		return unwind_from_entry(&w->memory, &w->regs);
	}
	w->how = NATIVE_FRAME_POINTER;
	return unwind_by_frame_pointer(&w->memory, &w->regs);
}

static bool end_of_step(struct walk *w, enum unwind_end e)
{
	switch (e) {
	case UNWIND_STEPPED: return true;
	case UNWIND_OUTERMOST: return ends(w, NATIVE_WHOLE);
	case UNWIND_NO_INFO: return ends(w, NATIVE_UNKNOWN_CODE);
	case UNWIND_NO_MEMORY_THERE: return ends(w, NATIVE_NOT_THERE);
	default: return ends(w, NATIVE_DAMAGED);
	}
}

/* To the caller. False: the chain ends here. The frame itself is added, as only the step tells what it is. */
static bool step(struct walk *w, bool *ok)
{
	struct code_file in = code_file_at(w->codes, w->regs.pc - w->regs.after_call);
	struct unwind_regs at = w->regs;
	enum unwind_end e = UNWIND_NO_INFO;
	enum native_how how = w->how;
	addr_t sp = unwind_sp(&at);
	bool signal = false;

	if (in.file)
		e = unwind_by_cfi(in.file, in.bias, &w->memory, &w->regs, &signal);
	w->how = NATIVE_EXACT;
	if (e == UNWIND_NO_INFO)
		e = step_blindly(w);
	{
		struct walk here = *w;

		here.regs = at;
		here.how = how;
		*ok = add_frame(&here, signal);
	}
	if (!*ok || !end_of_step(w, e))
		return false;
	if (!w->regs.pc)
		return ends(w, NATIVE_WHOLE);
	w->signals += signal;
	if (signal ? w->signals > SIGNALS_MAX : unwind_sp(&w->regs) <= sp)
		return ends(w, NATIVE_CYCLE);
	if (!code_is_there(w->codes, w->regs.pc))
		return ends(w, w->how == NATIVE_EXACT ? NATIVE_DAMAGED : NATIVE_UNKNOWN_CODE);
	return true;
}

/* False: it cannot be given, or memory is out. */
static bool walk(struct native_codes *codes, const struct thread *th, struct native_chain *c)
{
	struct walk w = {.codes = codes, .memory = {native_read, codes->reader}, .chain = c};
	bool ok = true;

	c->n = 0;
	c->late = codes->reader->late = false;
	c->bad = 0;
	c->end = NATIVE_NO_REGISTERS;
	if (!th->has_regs || !unwind_begin(&w.regs, (uint16_t)elf_file_machine(codes->py->module->file), th->regs,
					   th->regs_size))
		return true;
	while (step(&w, &ok)) {
		if (c->n >= FRAMES_MAX_NATIVE) {
			ends(&w, NATIVE_LIMIT);
			break;
		}
	}
	c->late = codes->reader->late;
	return ok;
}

bool native_work(void *arg, int out)
{
	const struct native_job *job = arg;
	struct target *t = job->py->t;
	struct native_reader reader = {.t = t, .copy = job->copy};
	struct native_chain chain = {0};
	struct native_codes codes;
	bool ok = job->py->module->file;

	if (!ok)
		return false;
	codes_of_natives_init(&codes, job->py, &reader, out);
	for (size_t i = 0; ok && i < t->threads.n; i++)
		if (job->only < 0 || (size_t)job->only == i)
			ok = walk(&codes, &t->threads.at[i], &chain) && native_give_chain(out, (uint32_t)i, &chain);
	codes_of_natives_release(&codes);
	vec_release(&chain);
	return ok;
}
