/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/locals.h"
#include "types/peek.h"

#define NAME_CHARS 200

struct reading {
	struct locals *l;
	const struct python *py;
	const struct repr_limits *lim;
	const struct pyframe *frame;
	const struct code *code;
	uint32_t index;
	unsigned names; /* of this frame so far */
	bool failed;	/* memory is out */
};

void locals_release(struct locals *l)
{
	vec_foreach (v, l) {
		free(v->name);
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

/* A name in 2.7 is bytes, which python_string() takes too. */
static void add(struct reading *r, addr_t name, addr_t value, enum local_kind kind)
{
	struct buf text = {0}, n = {0};
	struct local v = {.frame = r->index, .kind = kind};

	if (!value || r->names >= LOCALS_NAMES_MAX)
		return;
	r->names++;
	if (!name || !python_string(r->py, name, NAME_CHARS, &n))
		buf_str(&n, "?");
	object_repr(r->py, value, r->lim, &text);
	v.name = take_text(&n);
	v.value = take_text(&text);
	if (v.name && v.value && vec_push(r->l, v))
		return;
	free(v.name);
	free(v.value);
	r->failed = true;
}

/* What a cell holds; another object is what it is. */
static addr_t inside(const struct python *py, addr_t slot)
{
	return peek_is(py, slot, K_cell) ? peek_ptr(py, slot, F_cell_ob_ref) : slot;
}

static int64_t count(const struct reading *r, enum field_id f)
{
	int64_t n = peek_int(r->py, r->code->addr, f, 0);

	return n < 0 ? 0 : n > LOCALS_NAMES_MAX * 16 ? LOCALS_NAMES_MAX * 16 : n;
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

	for (int64_t i = 0; i < n && i < peek_size(py, kinds); i++) {
		enum local_kind kind = i < args ? LOCAL_ARGUMENT : LOCAL_PLAIN;

		if (!target_read(py->t, kinds + py->L.f[F_bytes_ob_sval].offset + i, &bits, 1) ||
		    !target_read_u64(py->t, slots + 8 * i, &slot))
			return;
		if (bits & (py->L.c[C_CO_FAST_CELL] | py->L.c[C_CO_FAST_FREE]))
			slot = inside(py, slot);
		if (bits & py->L.c[C_CO_FAST_FREE])
			kind = LOCAL_FREE;
		else if (bits & py->L.c[C_CO_FAST_CELL] && i >= args)
			kind = LOCAL_CELL;
		add(r, peek_item(py, names, i), slot, kind);
	}
}

/* A tuple of names for the slots from `first` on. @return how many slots that were */
static int64_t read_names(struct reading *r, enum field_id f, int64_t first, enum local_kind kind)
{
	const struct python *py = r->py;
	addr_t names = peek_ptr(py, r->code->addr, f);
	addr_t slots = r->frame->addr + py->L.f[F_frame_f_localsplus].offset, slot;
	int64_t n = peek_size(py, names), args = kind == LOCAL_PLAIN ? arguments(r) : 0;

	for (int64_t i = 0; i < n && i < LOCALS_NAMES_MAX; i++) {
		if (!target_read_u64(py->t, slots + 8 * (first + i), &slot))
			break;
		if (kind != LOCAL_PLAIN)
			slot = inside(py, slot);
		add(r, peek_item(py, names, i), slot, i < args ? LOCAL_ARGUMENT : kind);
	}
	return n < 0 ? 0 : n;
}

static bool is_dunder(const struct python *py, addr_t name)
{
	struct buf b = {0};
	bool is = python_string(py, name, 2, &b) && !strcmp(buf_text(&b), "__");

	buf_release(&b);
	return is;
}

static void read_dict(struct reading *r, addr_t dict)
{
	struct peek_items it;
	addr_t name, value;

	if (!dict || !peek_items_of_dict(r->py, dict, &it))
		return;
	while (r->names < LOCALS_NAMES_MAX && peek_items_next(&it, &name, &value))
		if (!is_dunder(r->py, name))
			add(r, name, value, LOCAL_PLAIN);
}

static void read_frame(struct reading *r)
{
	const struct python *py = r->py;
	bool plus = layout_has(&py->L, F_iframe_localsplus);
	int64_t first;

	if (!(r->code->flags & py->L.c[C_CO_OPTIMIZED]))
		read_dict(
		    r, peek_ptr(py, r->frame->addr, plus ? F_iframe_f_locals : F_frame_f_locals));
	if (plus) {
		read_localsplus(r);
		return;
	}
	first = read_names(r, F_code_co_varnames, 0, LOCAL_PLAIN);
	first += read_names(r, F_code_co_cellvars, first, LOCAL_CELL);
	read_names(r, F_code_co_freevars, first, LOCAL_FREE);
}

bool locals_read(struct locals *l, const struct python *py, const struct codes *codes,
		 const struct chain *c, const struct repr_limits *lim)
{
	size_t n = min_of(c->n, LOCALS_FRAMES_MAX);
	struct reading r = {.l = l, .py = py, .lim = lim};

	l->frames_left_out = c->n - n;
	for (size_t i = 0; i < n && !r.failed; i++) {
		r.frame = &c->at[i];
		r.code = &codes->at[c->at[i].code];
		r.index = i;
		r.names = 0;
		read_frame(&r);
	}
	return !r.failed;
}
