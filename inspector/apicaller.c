/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "apicaller.h"
#include "target/regs.h"

/* The public numbers are ours. */
_Static_assert((int)HEAPSCOPE_READ == MAP_READ, "protection bits");
_Static_assert((int)HEAPSCOPE_WRITE == MAP_WRITE, "protection bits");
_Static_assert((int)HEAPSCOPE_EXEC == MAP_EXEC, "protection bits");
_Static_assert((int)HEAPSCOPE_SHARED == MAP_SHARED_, "protection bits");

/* They stand: somebody holds them. */
static bool add_threads(const struct heapscope_thread *list, size_t n, struct thread_list *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct heapscope_thread *t = &list[i];
		struct thread own = {.tid = t->tid, .ns_tid = t->tid, .state = 't'};

		if (t->regs)
			thread_set_regs(&own, our_machine(), t->regs, t->regs_size);
		if (t->sp || t->pc || t->fs_base) {
			own.has_regs = true;
			own.sp = t->sp;
			own.pc = t->pc;
			own.fs_base = t->fs_base;
		}
		snprintf(own.comm, sizeof(own.comm), "%s", t->name ? t->name : "");
		if (!vec_push(out, own))
			return false;
	}
	return true;
}

bool caller_options(const struct heapscope_options *o, struct caller *c)
{
	if (!o)
		return true;
	if (!add_threads(o->threads, o->n_threads, &c->threads))
		return false;
	c->options = (struct target_options){.no_pause = o->no_pause,
					     .exe = o->exe,
					     .sysroot = o->sysroot,
					     .debug_dirs = o->debug_dirs,
					     .files = o->files,
					     .given = c->threads.at,
					     .n_given = c->threads.n};
	return true;
}

static bool add_mappings(const struct heapscope_mapping *list, size_t n, struct mapping_list *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct heapscope_mapping *m = &list[i];
		struct mapping own = {.start = m->start,
				      .end = m->end,
				      .prot = m->prot,
				      .offset = m->offset,
				      .path = m->path ? m->path : "",
				      .module = -1};

		if (!vec_push(out, own))
			return false;
	}
	return true;
}

bool caller_source(const struct heapscope_source *s, struct caller *c, struct target_callbacks *cb)
{
	c->options.given = NULL;
	c->options.n_given = 0;
	vec_release(&c->threads);
	if (!add_mappings(s->mappings, s->n_mappings, &c->mappings) ||
	    !add_threads(s->threads, s->n_threads, &c->threads))
		return false;
	*cb = (struct target_callbacks){.read = s->read,
					.arg = s->arg,
					.mappings = c->mappings.at,
					.n_mappings = c->mappings.n,
					.threads = c->threads.at,
					.n_threads = c->threads.n,
					.pid = s->pid,
					.exe = s->exe ? s->exe : "",
					.start_time = s->start_time,
					.link = s->link};
	return true;
}

void caller_release(struct caller *c)
{
	vec_release(&c->mappings);
	vec_release(&c->threads);
}
