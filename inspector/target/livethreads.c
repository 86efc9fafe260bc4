/* SPDX-License-Identifier: Apache-2.0 */
/* The threads of a frozen process: registers from within the freeze, names and states from before.
 */
#include <elf.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include "base/map.h"
#include "target/freeze.h"
#include "target/live.h"
#include "target/procinfo.h"
#include "target/regs.h"

bool live_registers(const struct freezer *f, struct thread_list *out)
{
	uint16_t machine = our_machine();

	vec_foreach (it, &f->threads) {
		struct thread th = {.tid = it->tid};
		uint64_t regs[64];
		struct iovec v = {regs, sizeof(regs)};

		if (!it->stopped || it->gone)
			continue;
		if (!ptrace(PTRACE_GETREGSET, it->tid, (void *)(uintptr_t)NT_PRSTATUS, &v))
			thread_set_regs(&th, machine, regs, v.iov_len);
		if (!vec_push(out, th))
			return false;
	}
	return true;
}

static void copy_registers(struct thread *to, const struct thread *from)
{
	to->has_regs = from->has_regs;
	to->sp = from->sp;
	to->pc = from->pc;
	to->fs_base = from->fs_base;
	to->regs_size = from->regs_size;
	to->machine = from->machine;
	memcpy(to->regs, from->regs, sizeof(to->regs));
}

/* A system call's line ends with them (proc_pid_syscall(5)), also where none is going on. Nobody must be traced for it. */
static void stack_from_proc(const struct target *t, struct thread *th)
{
	unsigned long long sp, pc;
	const char *at;
	struct buf b = {0};
	char path[48];

	snprintf(path, sizeof(path), "task/%d/syscall", th->tid);
	if (!proc_read_of(t->own->proc, path, &b)) {
		at = strrchr(buf_text(&b), ' ');
		while (at && at > b.at && at[-1] != ' ')
			at--;
		if (at && sscanf(at, "%llx %llx", &sp, &pc) == 2 && sp) {
			th->has_regs = true;
			th->sp = sp;
			th->pc = pc;
		}
	}
	buf_release(&b);
}

static int by_tid(const void *a, const void *b)
{
	const struct thread *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

void live_give_registers(const struct target *t, struct thread_list *threads)
{
	const struct target_options *o = &t->options;

	vec_foreach (th, threads) {
		const struct thread *known =
		    o->n_given ? bsearch(th, o->given, o->n_given, sizeof(*th), by_tid) : NULL;

		if (th->has_regs || (th->state != 't' && th->state != 'T'))
			continue;
		if (known)
			copy_registers(th, known);
		else
			stack_from_proc(t, th);
	}
}

static void describe(int pid, const struct thread *before, struct thread *th)
{
	struct thread regs = *th;

	if (before)
		*th = *before;
	else
		proc_thread_describe(pid, th->tid, th);
	copy_registers(th, &regs);
}

void live_join_threads(int pid, const struct thread_list *before, struct thread_list *standing)
{
	struct map known = {0};

	for (size_t i = 0; i < before->n; i++)
		if (!map_put(&known, before->at[i].tid, i))
			break; /* then the rest is asked for again */
	vec_foreach (th, standing) {
		uint64_t at = map_get(&known, th->tid);

		describe(pid, at == MAP_NONE ? NULL : &before->at[at], th);
	}
	map_release(&known);
}

bool live_list_threads(struct target *t)
{
	struct thread_list now = {0};
	struct map known = {0};
	bool ok = proc_threads(t->pid, &now);

	vec_foreach (th, &t->threads)
		ok = ok && map_put(&known, th->tid, 1);
	vec_foreach (th, &now)
		ok = ok && (map_get(&known, th->tid) != MAP_NONE || vec_push(&t->threads, *th));
	map_release(&known);
	vec_release(&now);
	return ok;
}
