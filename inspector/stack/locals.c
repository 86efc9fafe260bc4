/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/locals.h"
#include "stack/slots.h"
#include "types/peek.h"

#define NAME_CHARS 200
#define NAMES_MAX  (1 << 20) /* more names of one code object are a lie */

struct reading {
	const struct python *py;
	const struct pyframe *frame;
	const struct code *code;
	local_fn *fn;
	void *arg;
	bool ended;
};

void locals_release(struct locals *l)
{
	vec_foreach (v, l) {
		free(v->name);
		free(v->type);
		free(v->value);
	}
	vec_release(l);
}

static char *take_text(struct buf *b)
{
	char *s = b->failed ? NULL : b->at ? b->at : strdup("");

	if (b->failed)
		buf_release(b);
	return s;
}

static void say(struct reading *r, addr_t name, addr_t object, enum local_kind kind)
{
	if (!r->ended && !r->fn(r->arg, name, object, kind))
		r->ended = true;
}

static int64_t count(const struct reading *r, enum field_id f)
{
	int64_t n = peek_int(r->py, r->code->addr, f, 0);

	return n < 0 ? 0 : min_of(n, NAMES_MAX);
}

static int64_t arguments(const struct reading *r)
{
	const uint64_t *c = r->py->L.c;

	return count(r, F_code_co_argcount) + count(r, F_code_co_kwonlyargcount) +
	       !!(r->code->flags & c[C_CO_VARARGS]) + !!(r->code->flags & c[C_CO_VARKEYWORDS]);
}

/* One array of names, with a byte each that says what it is (3.11 and later). */
static void read_localsplus(struct reading *r)
{
	const struct python *py = r->py;
	addr_t names = peek_ptr(py, r->code->addr, F_code_co_localsplusnames);
	addr_t kinds = peek_ptr(py, r->code->addr, F_code_co_localspluskinds);
	addr_t slots = r->frame->addr + py->L.f[F_iframe_localsplus].offset, slot;
	int64_t n = min_of(count(r, F_code_co_nlocalsplus), peek_size(py, names));
	int64_t args = arguments(r);
	uint8_t bits;

	for (int64_t i = 0; i < n && i < peek_size(py, kinds) && !r->ended; i++) {
		enum local_kind kind = i < args ? LOCAL_ARGUMENT : LOCAL_PLAIN;

		if (!target_read(py->t, kinds + py->L.f[F_bytes_ob_sval].offset + i, &bits, 1) ||
		    !target_read_u64(py->t, slots + 8 * i, &slot))
			return;
		if (bits & (py->L.c[C_CO_FAST_CELL] | py->L.c[C_CO_FAST_FREE]))
			slot = slot_inside(py, slot);
		if (bits & py->L.c[C_CO_FAST_FREE])
			kind = LOCAL_FREE;
		else if (bits & py->L.c[C_CO_FAST_CELL] && i >= args)
			kind = LOCAL_CELL;
		say(r, peek_item(py, names, i), slot, kind);
	}
}

/* A tuple of names for the slots from `first` on. @return how many slots that were */
static int64_t read_names(struct reading *r, enum field_id f, int64_t first, enum local_kind kind)
{
	const struct python *py = r->py;
	addr_t names = peek_ptr(py, r->code->addr, f);
	addr_t slots = r->frame->addr + py->L.f[F_frame_f_localsplus].offset, slot;
	int64_t n = peek_size(py, names), args = kind == LOCAL_PLAIN ? arguments(r) : 0;

	for (int64_t i = 0; i < n && i < NAMES_MAX && !r->ended; i++) {
		if (!target_read_u64(py->t, slots + 8 * (first + i), &slot))
			break;
		if (kind != LOCAL_PLAIN)
			slot = slot_inside(py, slot);
		say(r, peek_item(py, names, i), slot, i < args ? LOCAL_ARGUMENT : kind);
	}
	return n < 0 ? 0 : n;
}

static void read_dict(struct reading *r, addr_t dict)
{
	struct peek_items it;
	addr_t name, value;

	if (!dict || !peek_items_of_dict(r->py, dict, &it))
		return;
	while (!r->ended && peek_items_next(&it, &name, &value))
		say(r, name, value, LOCAL_PLAIN);
}

void locals_each(const struct python *py, const struct codes *codes, const struct pyframe *frame,
		 local_fn *fn, void *arg)
{
	struct reading r = {py, frame, &codes->at[frame->code], fn, arg, false};
	bool plus = layout_has(&py->L, F_iframe_localsplus);
	int64_t first;

	if (!(r.code->flags & py->L.c[C_CO_OPTIMIZED]))
		read_dict(&r,
			  peek_ptr(py, frame->addr, plus ? F_iframe_f_locals : F_frame_f_locals));
	if (plus) {
		read_localsplus(&r);
		return;
	}
	first = read_names(&r, F_code_co_varnames, 0, LOCAL_PLAIN);
	first += read_names(&r, F_code_co_cellvars, first, LOCAL_CELL);
	read_names(&r, F_code_co_freevars, first, LOCAL_FREE);
}

/* ---- as text ---- */

struct writing {
	struct locals *l;
	const struct python *py;
	const struct repr_limits *lim;
	uint32_t index;
	unsigned names; /* of this frame so far */
	bool in_dict;	/* the frame's names are a dict's: those that begin with "__" are not shown */
	bool failed;	/* memory is out */
};

/* A name in 2.7 is bytes, which python_string() takes too. */
static bool write_local(void *arg, addr_t name, addr_t object, enum local_kind kind)
{
	struct writing *w = arg;
	struct buf text = {0}, n = {0}, type = {0};
	struct local v = {.frame = w->index, .kind = kind, .object = object};

	if (!object)
		return true;
	if (!name || !python_string(w->py, name, NAME_CHARS, &n))
		buf_str(&n, "?");
	if (w->in_dict && !strncmp(buf_text(&n), "__", 2)) {
		buf_release(&n);
		return true;
	}
	w->names++;
	object_repr(w->py, object, w->lim, &text);
	type_repr_name(w->py, peek_type(w->py, object), &type);
	v.name = take_text(&n);
	v.type = take_text(&type);
	v.value = take_text(&text);
	if (v.name && v.type && v.value && vec_push(w->l, v))
		return w->names < LOCALS_NAMES_MAX;
	free(v.name);
	free(v.type);
	free(v.value);
	w->failed = true;
	return false;
}

bool locals_read(struct locals *l, const struct python *py, const struct codes *codes,
		 const struct chain *c, const struct repr_limits *lim)
{
	size_t n = min_of(c->n, LOCALS_FRAMES_MAX);
	struct writing w = {.l = l, .py = py, .lim = lim};

	l->frames_left_out = c->n - n;
	for (size_t i = 0; i < n && !w.failed; i++) {
		w.index = i;
		w.names = 0;
		w.in_dict = !(codes->at[c->at[i].code].flags & py->L.c[C_CO_OPTIMIZED]);
		locals_each(py, codes, &c->at[i], write_local, &w);
	}
	return !w.failed;
}

/* ---- by name ---- */

struct search {
	const struct python *py;
	const char *name;
	addr_t object;
	bool found;
};

static bool is_it(void *arg, addr_t name, addr_t object, enum local_kind kind)
{
	struct search *s = arg;

	if (!name || !peek_string_is(s->py, name, s->name))
		return true;
	s->found = true;
	s->object = object;
	return !object; /* a class' cell may stand behind its dict */
}

enum scope frame_name(const struct python *py, const struct codes *codes,
		      const struct pyframe *frame, const char *name, addr_t *object)
{
	bool plus = layout_has(&py->L, F_iframe_localsplus);
	struct search s = {.py = py, .name = name};
	addr_t dict;

	locals_each(py, codes, frame, is_it, &s);
	*object = s.object;
	if (s.found)
		return SCOPE_LOCAL;
	dict = peek_ptr(py, frame->addr, plus ? F_iframe_f_globals : F_frame_f_globals);
	if (dict && (*object = peek_dict_value(py, dict, name)))
		return SCOPE_GLOBAL;
	dict = peek_ptr(py, frame->addr, plus ? F_iframe_f_builtins : F_frame_f_builtins);
	if (dict && (*object = peek_dict_value(py, dict, name)))
		return SCOPE_BUILTIN;
	return SCOPE_NONE;
}
