/* SPDX-License-Identifier: Apache-2.0 */
/* The copy of a live process' stacks: from each stack pointer to the end of that stack. */
#include <sys/mman.h>
#include "stack/native.h"
#include "target/target.h"

#define RED_ZONE 128		   /* below the stack pointer a function may keep something, too */
#define CHUNK	 ((size_t)64 << 10) /* reads of that size do not go through the page cache */
#define PAGE	 4096
#define BLIND	 ((size_t)256 << 10) /* where the end of the stack is not known */

void native_copy_release(struct native_copy *c)
{
	if (c->at)
		munmap(c->at, c->size);
	vec_release(&c->stacks);
	*c = (struct native_copy){0};
}

/* Up to where the thread's stack goes, at most NATIVE_STACK_MAX. */
static addr_t stack_end(const struct target *t, const struct thread *th)
{
	const struct mapping *m = target_mapping(t, th->sp);
	addr_t end = m ? m->end : th->sp + BLIND;

	/* a thread's descriptor lies above its stack, which may share a mapping with others */
	if (th->fs_base > th->sp && th->fs_base - th->sp <= NATIVE_STACK_MAX && (!m || th->fs_base < end))
		end = th->fs_base;
	return end;
}

/* As far as it is there. */
static size_t copy_range(struct target *t, addr_t start, addr_t end, uint8_t *to)
{
	size_t got = 0, len = end - start;

	while (got < len) {
		size_t want = min_of(CHUNK, len - got), to_page = PAGE - ((start + got) & (PAGE - 1));

		if (!target_read(t, start + got, to + got, want)) {
			want = min_of(want, to_page);
			if (!target_read(t, start + got, to + got, want))
				break;
		}
		got += want;
	}
	return got;
}

static bool copy_stack(struct native_copy *c, struct target *t, const struct thread *th)
{
	struct copied_stack s = {.at = c->used};
	size_t room;

	if (!th->has_regs || th->sp < PAGE || th->sp > INT64_MAX)
		return true;
	s.start = (th->sp - RED_ZONE) & ~(addr_t)7;
	s.end = stack_end(t, th);
	room = min_of(NATIVE_STACK_MAX, c->size - c->used);
	if (s.end - s.start > room) {
		s.end = s.start + room;
		c->cut = true;
	}
	s.end = s.start + copy_range(t, s.start, s.end, c->at + c->used);
	c->used += s.end - s.start;
	return vec_push(&c->stacks, s);
}

static int by_address(const void *a, const void *b)
{
	const struct copied_stack *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

bool native_copy_take(struct native_copy *c, struct target *t)
{
	bool ok = true;

	if (t->kind == TARGET_CORE || t->kind == TARGET_BUFFER)
		return true;
	c->size = NATIVE_COPY_MAX;
	c->at = mmap(NULL, c->size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (c->at == MAP_FAILED) {
		c->at = NULL;
		return false;
	}
	c->taken = true;
	vec_foreach (th, &t->threads)
		ok = ok && copy_stack(c, t, th);
	if (c->stacks.n)
		qsort(c->stacks.at, c->stacks.n, sizeof(*c->stacks.at), by_address);
	return ok;
}

/* The last copied stack that begins at or before addr. */
static const struct copied_stack *find(const struct native_copy *c, addr_t addr)
{
	size_t n = vec_count_upto(&c->stacks, start, addr);

	return n ? &c->stacks.at[n - 1] : NULL;
}

bool native_read(void *reader, addr_t addr, void *out, size_t n)
{
	struct native_reader *r = reader;
	const struct copied_stack *s = find(r->copy, addr);

	if (s && addr < s->end && n <= s->end - addr) {
		memcpy(out, r->copy->at + s->at + (addr - s->start), n);
		return true;
	}
	/* a debugger's memory is read through the debugger, which is not here in the child */
	if (r->t->kind == TARGET_CALLBACK)
		return false;
	r->late |= r->copy->taken;
	return target_read(r->t, addr, out, n);
}
