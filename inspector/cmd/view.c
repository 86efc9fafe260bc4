/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/view.h"
#include "heap/values.h"
#include "target/demand.h"
#include "types/peek.h"

static enum err open_points(struct view *v)
{
	struct session *s = v->s;
	const struct image *im = s->target->image;
	enum err e;

	if (!im)
		im = v->image = image_on_demand(s->target);
	if (!im)
		return diag_set(&s->diag, ERR_NOMEM, "out of memory");
	e = typetab_open_on(s->python, s->target, im, &s->notes, &v->types, &s->diag);
	return e ? e : heap_open_points(s->python, v->types, &s->notes, &v->heap, &s->diag);
}

enum err view_open(struct view *v, struct session *s)
{
	enum err e;

	*v = (struct view){.s = s};
	e = target_freeze(s->target, &s->diag);
	if (e)
		return e;
	v->held = true;
	if (s->heap) {
		v->heap = s->heap;
		return OK;
	}
	return open_points(v);
}

void view_thaw(struct view *v)
{
	if (v->held)
		target_thaw(v->s->target);
	v->held = false;
}

void view_close(struct view *v)
{
	view_thaw(v);
	stacks_release(&v->stacks);
	if (v->heap && v->heap != v->s->heap)
		heap_close(v->heap);
	typetab_close(v->types);
	image_close(v->image);
	*v = (struct view){0};
}

static bool is_thread(const struct stack_thread *th, uint64_t id)
{
	return id == (uint64_t)th->tid || id == (uint64_t)th->native_id || id == th->ident;
}

enum err view_frame(struct view *v, const struct cmd_value *thread, uint64_t n)
{
	struct diag *d = &v->s->diag;
	enum err e = stacks_take_held(&v->stacks, v->s->python, &(struct stack_wants){0}, d);
	const struct stack_thread *found = NULL;

	if (e)
		return e;
	vec_foreach (th, &v->stacks)
		if ((!found || found->orphan) && (!thread || is_thread(th, thread->u)))
			found = th;
	if (!found)
		return diag_set(d, ERR_NOT_FOUND, "no thread %llu has a Python stack here: `stack` shows all",
				(unsigned long long)thread->u);
	if (n >= found->chain.n)
		return diag_set(d, ERR_NOT_FOUND, "no frame %llu: thread %d has %zu, 0 is the innermost",
				(unsigned long long)n, found->tid, found->chain.n);
	v->frame = &found->chain.at[n];
	v->interp = found->interp;
	return OK;
}

/* As `types` calls old-style instances. */
static void old_class_name(const struct python *py, addr_t class, struct buf *out)
{
	addr_t module = peek_dict_value(py, peek_ptr(py, class, F_classobj27_cl_dict), "__module__");

	buf_str(out, "instance of ");
	if (module && python_string(py, module, 500, out))
		buf_char(out, '.');
	if (!python_string(py, peek_ptr(py, class, F_classobj27_cl_name), 500, out))
		buf_printf(out, "<class at 0x%llx>", (unsigned long long)class);
}

void view_type_name(const struct view *v, const struct object *o, struct buf *out)
{
	const struct python *py = v->s->python;

	if (py->known[K_instance27] && o->type->addr == py->known[K_instance27])
		old_class_name(py, peek_ptr(py, o->addr, F_instance27_in_class), out);
	else
		buf_str(out, o->type->name);
}
