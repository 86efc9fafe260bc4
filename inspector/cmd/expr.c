/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include "cmd/expr.h"
#include "heap/find.h"
#include "heap/labels.h"
#include "heap/values.h"
#include "types/peek.h"

#define NAME_SHOWN 200
#define HELD_KEYS  20000 /* of a dict, that are compared while a process stands */

/* ---- parsing ---- */

static enum err parse_address(struct parsing *p, struct expr *out)
{
	char *end;

	errno = 0;
	out->address = strtoull(p->at, &end, strncmp(p->at, "0x", 2) ? 10 : 16);
	if (errno || !out->address || isalnum((unsigned char)*end))
		return parsing_bad(p, "this is no address: give 0x... or a decimal number");
	p->at = end;
	return OK;
}

enum err expr_parse(const char *text, struct expr *out, struct diag *d)
{
	struct parsing p = {text, text, d};
	enum err e;

	*out = (struct expr){.text = text};
	parsing_blanks(&p);
	if (!*p.at)
		return parsing_bad(&p, "a name or an address is expected here");
	e = isdigit((unsigned char)*p.at) ? parse_address(&p, out) : attr_name_parse(&p, &out->path);
	return e ? e : attr_steps_parse(&p, &out->path);
}

void expr_release(struct expr *x)
{
	attr_path_release(&x->path);
}

/* ---- finding ---- */

struct finding {
	struct view *v;
	struct expr *x;
	const struct python *py;
	struct object at; /* where we are */
	struct buf module; /* "agent.checks" while it may be a module's name, else empty */
};

static enum err fail_at(struct finding *f, size_t place, enum err e)
{
	diag_point(&f->v->s->diag, f->x->text, place);
	return e;
}

static addr_t modules_of(const struct python *py, addr_t interp)
{
	return peek_ptr(py, interp, F_interp_modules);
}

/* An entry of sys.modules: of the frame's interpreter, then of all. */
static addr_t find_module(const struct finding *f, const char *name)
{
	const struct python *py = f->py;
	addr_t found = f->v->interp ? peek_dict_value(py, modules_of(py, f->v->interp), name) : 0;

	vec_foreach (in, &py->interps)
		if (!found && in->main)
			found = peek_dict_value(py, modules_of(py, in->addr), name);
	vec_foreach (in, &py->interps)
		if (!found)
			found = peek_dict_value(py, modules_of(py, in->addr), name);
	return found == py->known[K_none] ? 0 : found;
}

/* A global of a module that is called by its own name everywhere: __main__, builtins. */
static addr_t global_of(const struct finding *f, const char *module, const char *name)
{
	addr_t m = find_module(f, module);
	addr_t dict = m ? peek_ptr(f->py, m, F_module_md_dict) : 0;

	return dict ? peek_dict_value(f->py, dict, name) : 0;
}

static addr_t find_name(struct finding *f, const char *name, enum scope *scope)
{
	addr_t found = 0;

	*scope = SCOPE_NONE;
	if (f->v->frame)
		*scope = frame_name(f->py, &f->v->stacks.codes, f->v->frame, name, &found);
	if (*scope)
		return found;
	found = find_module(f, name);
	if (found) {
		buf_str(&f->module, name);
		return found;
	}
	if (!f->v->frame && !found)
		found = global_of(f, "__main__", name);
	if (!found)
		found = global_of(f, "builtins", name);
	return found ? found : global_of(f, "__builtin__", name);
}

static enum err no_such_name(struct finding *f, const char *name, enum scope scope)
{
	struct diag *d = &f->v->s->diag;

	if (scope == SCOPE_LOCAL)
		return diag_set(d, ERR_NOT_FOUND, "the local variable '%.200s' has no value now", name);
	if (f->v->frame)
		return diag_set(d, ERR_NOT_FOUND,
				"nothing is called '%.200s': no local, global or builtin of that frame, no module",
				name);
	return diag_set(d, ERR_NOT_FOUND,
			"nothing is called '%.200s': no module, no global of __main__, no builtin; --thread and "
			"--frame choose a frame whose names are meant",
			name);
}

static enum err load(struct finding *f, addr_t addr, size_t place)
{
	if (heap_object(f->v->heap, addr, &f->at) && object_plausible(heap_ctx(f->v->heap), &f->at))
		return OK;
	return fail_at(f, place, diag_set(&f->v->s->diag, ERR_UNREADABLE,
					  "what should be an object at 0x%llx cannot be read or is none",
					  (unsigned long long)addr));
}

/* An address that was given. Where the heap is known, what is there instead is said. */
static enum err find_address(struct finding *f)
{
	struct session *s = f->v->s;

	if (s->heap)
		return heap_find(s->heap, f->x->address, &f->at, &s->diag);
	if (heap_object(f->v->heap, f->x->address, &f->at) &&
	    object_plausible(heap_ctx(f->v->heap), &f->at))
		return OK;
	return diag_set(&s->diag, ERR_BAD_ADDRESS,
			"no object begins at 0x%llx; `show` finds the one that an address lies in",
			(unsigned long long)f->x->address);
}

static void type_name(const struct finding *f, char out[NAME_SHOWN])
{
	struct buf b = {0};

	view_type_name(f->v, &f->at, &b);
	snprintf(out, NAME_SHOWN, "%s", buf_text(&b));
	buf_release(&b);
}

/* Descriptors whose value only code can tell. */
static const struct {
	enum known_id type;
	const char *what;
} descriptors[] = {
    {K_property, "a property"},
    {K_getsetdescr, "computed by C code"},
    {K_memberdescr, "a slot without a value, or a number kept in the C struct"},
};

static const char *made_by_code(const struct finding *f, addr_t attribute)
{
	for (size_t i = 0; i < ARRAY_SIZE(descriptors); i++)
		if (peek_is(f->py, attribute, descriptors[i].type))
			return descriptors[i].what;
	return NULL;
}

/* An entry of sys.modules whose parent does not have it as an attribute. */
static addr_t submodule(struct finding *f, const char *name)
{
	struct buf full = {0};
	addr_t found = 0;

	if (f->module.n) {
		buf_printf(&full, "%s.%s", buf_text(&f->module), name);
		found = buf_ok(&full) ? find_module(f, buf_text(&full)) : 0;
	}
	buf_release(&full);
	return found;
}

static enum err no_attribute(struct finding *f, const struct attr_step *step, const char *how)
{
	struct diag *d = &f->v->s->diag;
	char type[NAME_SHOWN];

	type_name(f, type);
	if (how)
		return diag_set(d, ERR_NOT_FOUND,
				"'%.200s' of %s is %s: no code of the process is run to tell it",
				step->key.text, type, how);
	return diag_set(d, ERR_NOT_FOUND, "%s has no attribute '%.200s' that is stored", type,
			step->key.text);
}

static enum err step_attr(struct finding *f, struct attr_step *step)
{
	const struct heap *h = f->v->heap;
	addr_t own = attr_own(h, step, &f->at), class = attr_of_class(h, step, &f->at);
	const char *how = class ? made_by_code(f, class) : NULL;
	addr_t found = own;

	/* a property goes before what the instance holds under its name; other descriptors lead to what it holds */
	if (own && how && peek_is(f->py, class, K_property))
		found = 0;
	if (!own && class && !how)
		found = peek_is(f->py, class, K_staticmethod) ? peek_ptr(f->py, class, F_staticmethod_sm_callable)
							      : class;
	if (!found && !how)
		found = submodule(f, step->key.text);
	if (!found)
		return fail_at(f, step->from, no_attribute(f, step, how));
	if (f->module.n)
		buf_printf(&f->module, ".%s", step->key.text);
	return load(f, found, step->from);
}

static enum err no_item(struct finding *f, const struct attr_step *step)
{
	const struct layout *L = &f->py->L;
	struct diag *d = &f->v->s->diag;
	char type[NAME_SHOWN];
	uint64_t n;

	type_name(f, type);
	if (f->at.type->flags & L->c[C_TPFLAGS_DICT_SUBCLASS])
		return diag_set(d, ERR_NOT_FOUND, "the %s has no such key", type);
	if (step->key.kind == LITERAL_INT && (f->at.type->flags & (L->c[C_TPFLAGS_LIST_SUBCLASS] | L->c[C_TPFLAGS_TUPLE_SUBCLASS]) ||
					      !strcmp(type, "collections.deque")) &&
	    object_length(heap_ctx(f->v->heap), &f->at, &n))
		return diag_set(d, ERR_NOT_FOUND, "there is no item %lld: the %s has %llu", (long long)step->key.i,
				type, (unsigned long long)n);
	return diag_set(d, ERR_NOT_FOUND, "%s holds no items under such a key", type);
}

/* Keys are compared one by one: of so many that a copy of the memory is there sooner? */
static bool is_long(const struct finding *f)
{
	uint64_t n;

	return f->v->s->target->held && f->at.type->flags & f->py->L.c[C_TPFLAGS_DICT_SUBCLASS] &&
	       object_length(heap_ctx(f->v->heap), &f->at, &n) && n > HELD_KEYS;
}

static enum err step_item(struct finding *f, struct attr_step *step)
{
	addr_t found;

	if (is_long(f)) {
		f->v->wants_image = true;
		return diag_set(&f->v->s->diag, ERR_UNSUPPORTED, "the dict has too many keys to be looked at so");
	}
	found = attr_item(f->v->heap, step, &f->at);
	buf_clear(&f->module);
	return found ? load(f, found, step->from) : fail_at(f, step->from, no_item(f, step));
}

static enum err find_root(struct finding *f)
{
	struct attr_step *first = f->x->path.at;
	enum scope scope;
	addr_t found;

	if (f->x->address)
		return find_address(f);
	found = find_name(f, first->key.text, &scope);
	if (!found)
		return fail_at(f, first->from, no_such_name(f, first->key.text, scope));
	return load(f, found, first->from);
}

enum err expr_find(struct view *v, struct expr *x, struct object *out)
{
	struct finding f = {.v = v, .x = x, .py = v->s->python};
	enum err e = find_root(&f);

	for (size_t i = x->address ? 0 : 1; !e && i < x->path.n; i++) {
		struct attr_step *step = &x->path.at[i];

		e = step->kind == STEP_ATTR ? step_attr(&f, step) : step_item(&f, step);
		if (!e && v->s->interrupted)
			e = diag_set(&v->s->diag, ERR_INTERRUPTED, "interrupted");
	}
	buf_release(&f.module);
	*out = f.at;
	return e;
}
