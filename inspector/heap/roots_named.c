/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/labels.h"
#include "heap/roots_named.h"
#include "heap/rootscan.h"
#include "heap/values.h"
#include "heap/walk.h"

#define SLOTS_MAX (1u << 20) /* locals and stack of one frame */

bool root_add(struct root_scan *s, addr_t to, struct root r)
{
	uint32_t id;

	if (!heap_id(s->h, to, &id))
		return false;
	r.id = id;
	if (!vec_push(&s->rs->roots, r))
		s->failed = true;
	return true;
}

static void module_entry(struct visitor *v, addr_t to, enum edge_kind kind, uint64_t aux)
{
	struct root_scan *s = (struct root_scan *)v;

	if (kind == EDGE_VALUE)
		root_add(s, to, (struct root){.kind = ROOT_MODULE, .what = aux});
}

static uint64_t word_at(const struct root_scan *s, addr_t a)
{
	const uint8_t *at = image_at(s->h->im, a, 8);

	return at ? load64(at) : 0;
}

/* The entries of sys.modules. An interpreter's struct is too large to lie in one piece for sure. */
static void add_modules(struct root_scan *s)
{
	const struct layout *L = s->h->c->L;

	if (!layout_has(L, F_interp_modules))
		return;
	vec_foreach (in, &s->h->py->interps) {
		addr_t where = in->addr + (addr_t)L->f[F_interp_modules].offset;
		struct object modules;

		if (heap_object(s->h, word_at(s, where), &modules))
			object_refs(s->h->c, &modules, &s->visitor);
	}
}

static bool add_interned_string(void *arg, const struct edge *e)
{
	struct root_scan *s = arg;

	if (e->kind == EDGE_KEY)
		root_add(s, e->to, (struct root){.kind = ROOT_INTERNED});
	return !s->failed;
}

static void add_interned(struct root_scan *s)
{
	struct object table;

	root_add(s, heap_interned(s->h), (struct root){.kind = ROOT_INTERNED});
	if (heap_object(s->h, heap_interned(s->h), &table))
		edges_each(s->h, &table, add_interned_string, s);
}

/* Locals by name; then the value stack: as deep as the frame says, or every slot if it is running.
 */
static void add_slots(struct root_scan *s, uint32_t frame, addr_t at, uint32_t names,
		      uint32_t slots)
{
	for (uint32_t i = 0; i < min_of(slots, SLOTS_MAX); i++)
		root_add(s, word_at(s, at + (addr_t)i * 8) & ~(addr_t)3,
			 (struct root){
			     .kind = i < names ? ROOT_LOCAL : ROOT_STACK, .who = frame, .what = i});
}

/* An interpreter's frame (3.11+), which is no object. */
static void add_interpreter_frame(struct root_scan *s, uint32_t i, addr_t addr)
{
	static const enum field_id owned[] = {F_iframe_f_executable, F_iframe_f_code,
					      F_iframe_f_funcobj,    F_iframe_f_func,
					      F_iframe_f_locals,     F_iframe_frame_obj};
	const struct layout *L = s->h->c->L;
	const uint8_t *at = image_at(s->h->im, addr, L->size[S_iframe]), *code;
	addr_t co;

	if (!at)
		return;
	for (unsigned k = 0; k < ARRAY_SIZE(owned); k++)
		if (layout_has(L, owned[k]) &&
		    /* a module's code runs with its globals for locals: the module is the better
		       name */
		    field_u64(L, at, owned[k]) != field_u64(L, at, F_iframe_f_globals))
			root_add(s, field_u64(L, at, owned[k]) & ~(addr_t)3,
				 (struct root){.kind = ROOT_FRAME, .who = i, .what = UINT32_MAX});
	co = field_u64(L, at,
		       layout_has(L, F_iframe_f_code) ? F_iframe_f_code : F_iframe_f_executable);
	code = image_at(s->h->im, co & ~(addr_t)3, L->size[S_code]);
	if (code) {
		uint32_t names = (uint32_t)field_uint(L, code, F_code_co_nlocalsplus);
		int64_t top =
		    layout_has(L, F_iframe_stacktop) ? field_int(L, at, F_iframe_stacktop) : -1;

		if (top < 0)
			top = (int64_t)names + (int64_t)field_uint(L, code, F_code_co_stacksize);
		add_slots(s, i, addr + (addr_t)L->f[F_iframe_localsplus].offset, names,
			  (uint32_t)top);
	}
}

/* A frame object (to 3.10): its locals are its own references; here the ones of running frames. */
struct frame_locals {
	struct root_scan *s;
	uint32_t frame;
};

static bool add_frame_edge(void *arg, const struct edge *e)
{
	struct frame_locals *f = arg;

	if (e->kind == EDGE_LOCAL || e->kind == EDGE_STACK)
		root_add(f->s, e->to,
			 (struct root){.kind = e->kind == EDGE_LOCAL ? ROOT_LOCAL : ROOT_STACK,
				       .who = f->frame,
				       .what = e->aux});
	return true;
}

static void add_frame(struct root_scan *s, uint32_t i)
{
	addr_t addr = s->rs->frames.at[i].frame.addr;
	struct frame_locals f = {s, i};
	struct object o;

	if (layout_has(s->h->c->L, F_iframe_localsplus)) {
		add_interpreter_frame(s, i, addr);
	} else if (heap_object(s->h, addr, &o)) {
		root_add(s, addr, (struct root){.kind = ROOT_FRAME, .who = i, .what = UINT32_MAX});
		edges_each(s->h, &o, add_frame_edge, &f);
	}
}

static int thread_number(const struct python *py, size_t i)
{
	const struct pythread *ts = &py->threads.at[i];

	if (ts->native_id)
		return ts->native_id;
	vec_foreach (th, &py->t->threads)
		if (th->has_regs && th->fs_base && th->fs_base == ts->thread_id)
			return th->tid;
	return (int)i + 1;
}

static void add_frames(struct root_scan *s)
{
	const struct python *py = s->h->py;

	for (size_t t = 0; t < py->threads.n && !s->failed; t++) {
		struct chain chain = {0};
		size_t first = s->rs->frames.n;

		if (!chain_read(&chain, &s->rs->codes, py->threads.at[t].addr))
			s->failed = true;
		for (size_t i = 0; i < chain.n && !s->failed; i++)
			if (!vec_push(&s->rs->frames,
				      ((struct root_frame){chain.at[i], py->threads.at[t].addr,
							   thread_number(py, t)})))
				s->failed = true;
		for (size_t i = first; i < s->rs->frames.n && !s->failed; i++)
			add_frame(s, (uint32_t)i);
		vec_release(&chain);
	}
}

static int by_object(const void *a, const void *b)
{
	const struct root *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->who != y->who)
		return x->who < y->who ? -1 : 1;
	return x->what < y->what ? -1 : x->what > y->what;
}

static void drop_repeated(struct rootset *rs)
{
	size_t n = 0;

	if (rs->roots.n)
		qsort(rs->roots.at, rs->roots.n, sizeof(*rs->roots.at), by_object);
	for (size_t i = 0; i < rs->roots.n; i++)
		if (!n || by_object(&rs->roots.at[n - 1], &rs->roots.at[i]))
			rs->roots.at[n++] = rs->roots.at[i];
	rs->roots.n = n;
}

enum err rootset_open(const struct heap *h, struct rootset **out, struct diag *d)
{
	struct rootset *rs = calloc(1, sizeof(*rs));
	struct root_scan s = {.visitor = {module_entry}, .h = h, .rs = rs};

	if (!rs)
		return diag_set(d, ERR_NOMEM, "out of memory");
	rs->h = h;
	codes_init(&rs->codes, h->py);
	add_modules(&s);
	add_interned(&s);
	add_frames(&s);
	roots_scan(&s);
	drop_repeated(rs);
	if (s.failed || heap_interrupted(h)) {
		rootset_close(rs);
		return s.failed ? diag_set(d, ERR_NOMEM, "out of memory for the roots")
				: diag_set(d, ERR_INTERRUPTED, "interrupted");
	}
	*out = rs;
	return OK;
}

void rootset_close(struct rootset *rs)
{
	if (!rs)
		return;
	vec_release(&rs->roots);
	vec_release(&rs->frames);
	codes_release(&rs->codes);
	free(rs);
}

const struct root *rootset_of(const struct rootset *rs, uint32_t id)
{
	size_t lo = 0, hi = rs->roots.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (rs->roots.at[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < rs->roots.n && rs->roots.at[lo].id == id ? &rs->roots.at[lo] : NULL;
}

unsigned root_cost(enum root_kind k)
{
	/* a name is worth many steps: a stray word may be old */
	static const uint16_t cost[ROOT_KINDS] = {
	    [ROOT_MODULE] = 0,	 [ROOT_LOCAL] = 0,     [ROOT_FRAME] = 2,
	    [ROOT_THREAD] = 3,	 [ROOT_INTERP] = 3,    [ROOT_STATIC] = 4,
	    [ROOT_STACK] = 2000, [ROOT_GLOBAL] = 1000, [ROOT_NATIVE] = 4000,
	    [ROOT_INTERNED] = 5000,
	};

	return cost[k];
}
