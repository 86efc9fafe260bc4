/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/stackgroups.h"

static bool same_doing(const struct thread_doing *a, const struct thread_doing *b)
{
	return a->gil == b->gil && a->timed == b->timed && a->collecting == b->collecting &&
	       a->in_syscall == b->in_syscall && a->syscall == b->syscall;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Are both the same place in the same file, wherever that is mapped? */
static bool same_native_place(const struct stack_view *va, uint32_t a, const struct stack_view *vb, uint32_t b)
{
	const struct native_place *x = &va->natives.places.at[a], *y = &vb->natives.places.at[b];

	return va == vb ? a == b
			: x->offset == y->offset && same_text(x->symbol, y->symbol) &&
				  same_text(native_module_name(va->session->target, x),
					    native_module_name(vb->session->target, y));
}

/* Do both go through the same C functions? */
static bool same_native(const struct stack_member *a, const struct stack_member *b)
{
	const struct native_chain *x = stack_native_chain(a->view, a->thread);
	const struct native_chain *y = stack_native_chain(b->view, b->thread);

	if (!x || !y)
		return x == y;
	if (x->n != y->n || x->end != y->end)
		return false;
	for (size_t i = 0; i < x->n; i++)
		if (!same_native_place(a->view, x->at[i].place, b->view, y->at[i].place))
			return false;
	return true;
}

/* Of one process the same object; of several, one of the same kind. */
static bool same_wait(const struct stack_member *a, const struct stack_member *b)
{
	const struct wait *x = &a->thread->wait, *y = &b->thread->wait;

	return x->kind == y->kind && (a->view != b->view || x->object == y->object);
}

static bool alike(const struct stack_member *ma, const struct stack_member *mb)
{
	const struct stack_thread *a = ma->thread, *b = mb->thread;
	const struct stacks *sa = &ma->view->stacks, *sb = &mb->view->stacks;

	return !a->locals.n && !b->locals.n && !a->exceptions.n && !b->exceptions.n && same_wait(ma, mb) &&
	       a->main == b->main && a->orphan == b->orphan && a->interp_id == b->interp_id &&
	       stack_crashed(ma->view, a) == stack_crashed(mb->view, b) && same_doing(&a->doing, &b->doing) &&
	       chain_same_places(&sa->codes, &a->chain, &sb->codes, &b->chain) && same_native(ma, mb);
}

/* What can be told apart at a glance is in it: threads that come in turn must not hide each other. */
static uint64_t hash_of(const struct stack_view *v, const struct stack_thread *th)
{
	const struct thread_doing *d = &th->doing;
	uint64_t h = chain_hash(&v->stacks.codes, &th->chain);

	h = map_hash(h ^ th->wait.kind ^ (v->own ? 0 : th->wait.object)); /* of other processes another one */
	h = map_hash(h ^ (d->in_syscall ? (uint64_t)d->syscall + 1 : 0)) + d->gil * 2 + d->collecting;
	return map_hash(h ^ (uint64_t)th->interp_id) + th->main;
}

static bool add(struct stack_groups *g, struct map *by_hash, struct stack_view *v, const struct stack_thread *th)
{
	uint32_t index = (uint32_t)g->n;
	uint64_t hash = hash_of(v, th), first = map_get(by_hash, hash);

	if (!vec_push(g, ((struct stack_member){v, th, index, index, 1})))
		return false;
	if (v->full || first == MAP_NONE || !alike(&g->at[first], &g->at[index]))
		return map_put(by_hash, hash, index);
	g->at[g->at[first].last].next = index;
	g->at[first].last = index;
	g->at[first].members++;
	g->at[index].members = 0;
	return true;
}

bool stack_groups_make(struct stack_groups *g, struct stack_set *set)
{
	struct map by_hash = {0};
	bool ok = true;

	vec_foreach (v, set)
		vec_foreach (th, &(*v)->stacks)
			ok = ok && (!stack_shows(*v, th) || add(g, &by_hash, *v, th));
	map_release(&by_hash);
	return ok;
}

void stack_groups_release(struct stack_groups *g)
{
	vec_release(g);
}
