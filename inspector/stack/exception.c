/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a thread state keeps what it handles: a chain of items, one for the thread and one for each
 * generator that runs (3.7 and later); three words, and more in the frames (2.7, 3.6).
 */
#include "stack/exception.h"
#include "types/peek.h"
#include "types/repr.h"

#define ITEMS_MAX	 1000 /* of the chain */
#define FRAMES_LOOK	 1000 /* 2.7, 3.6: frames that are asked */

struct reading {
	struct exceptions *x;
	struct codes *codes;
	const struct python *py;
	bool failed; /* memory is out */
};

const char *relation_text(enum relation r)
{
	static const char *const text[] = {
	    [EXC_HANDLED] = "handled", [EXC_IN_FLIGHT] = "in flight", [EXC_CAUSE] = "cause",
	    [EXC_CONTEXT] = "context", [EXC_OUTER] = "outer",
	};

	return text[r];
}

static void exception_release(struct exception *e)
{
	free(e->type);
	free(e->message);
	vec_release(&e->traceback);
}

void exceptions_release(struct exceptions *x)
{
	vec_foreach (e, x)
		exception_release(e);
	vec_release(x);
}

static bool is_none(const struct python *py, addr_t obj)
{
	return !obj || obj == py->known[K_none];
}

/* ---- tracebacks ---- */

static addr_t frame_code(const struct python *py, addr_t frame)
{
	addr_t iframe = peek_ptr(py, frame, F_frame_f_frame);
	bool named = layout_has(&py->L, F_iframe_f_executable);

	if (!layout_has(&py->L, F_frame_f_frame))
		return peek_ptr(py, frame, F_frame_f_code);
	return peek_ptr(py, iframe, named ? F_iframe_f_executable : F_iframe_f_code) & ~(addr_t)3;
}

/* Keeps the first and the last few: the last ones go round. */
static bool keep_place(struct exception *e, uint64_t n, struct exc_place p)
{
	if (n < 2 * TRACEBACK_KEPT)
		return vec_push(&e->traceback, p);
	e->traceback.at[TRACEBACK_KEPT + n % TRACEBACK_KEPT] = p;
	return true;
}

static void turn_round(struct exception *e, uint64_t n)
{
	struct exc_place last[TRACEBACK_KEPT];

	if (n <= 2 * TRACEBACK_KEPT)
		return;
	for (unsigned i = 0; i < TRACEBACK_KEPT; i++)
		last[i] = e->traceback.at[TRACEBACK_KEPT + (n + i) % TRACEBACK_KEPT];
	memcpy(e->traceback.at + TRACEBACK_KEPT, last, sizeof(last));
	e->left_out = n - 2 * TRACEBACK_KEPT;
}

static void read_traceback(struct reading *r, struct exception *e, addr_t tb)
{
	const struct python *py = r->py;
	uint64_t n = 0;

	for (; !is_none(py, tb); n++, tb = peek_ptr(py, tb, F_traceback_tb_next)) {
		struct exc_place p = {.at = (int32_t)peek_int(py, tb, F_traceback_tb_lasti, -1),
				      .line = (int32_t)peek_int(py, tb, F_traceback_tb_lineno, 0)};

		e->endless = n >= TRACEBACK_MAX || !peek_is(py, tb, K_traceback);
		if (e->endless)
			break;
		p.code = codes_get(r->codes,
				   frame_code(py, peek_ptr(py, tb, F_traceback_tb_frame)));
		e->endless = p.code == CODE_NONE;
		if (e->endless)
			break;
		if (!keep_place(e, n, p)) {
			r->failed = true;
			return;
		}
	}
	turn_round(e, n);
}

/* ---- one exception ---- */

static bool is_exception(const struct python *py, addr_t obj)
{
	uint64_t flags;

	return peek_field(py, peek_type(py, obj), F_type_tp_flags, &flags) &&
	       flags & py->L.c[C_TPFLAGS_BASE_EXC_SUBCLASS];
}

static char *take(struct reading *r, struct buf *b)
{
	if (!b->at)
		buf_str(b, "");
	if (buf_ok(b) && b->at)
		return b->at;
	r->failed = true;
	buf_release(b);
	return NULL;
}

/* In flight there may be a class and, beside it, what its instance will be made of. */
static void read_texts(struct reading *r, struct exception *e, addr_t type)
{
	static const struct repr_limits limits = REPR_LIMITS;
	struct buf name = {0}, message = {0};

	type = is_exception(r->py, e->addr) || is_none(r->py, type) ? peek_type(r->py, e->addr) : type;
	type_repr_name(r->py, type, &name);
	if (is_exception(r->py, e->addr))
		e->message_cut = !exception_message(r->py, e->addr, &message);
	else if (!is_none(r->py, e->addr) && !python_string(r->py, e->addr, MESSAGE_CHARS, &message))
		object_repr(r->py, e->addr, &limits, &message);
	e->own_str = exception_has_own_str(r->py, type);
	e->type = take(r, &name);
	e->message = take(r, &message);
}

static bool is_there(const struct exceptions *x, addr_t addr)
{
	vec_foreach (e, x)
		if (e->addr == addr)
			return true;
	return false;
}

static bool add(struct reading *r, enum relation relation, addr_t addr, addr_t type, addr_t tb)
{
	struct exception e = {.relation = relation, .addr = addr};
	addr_t own = is_exception(r->py, addr) ? peek_ptr(r->py, addr, F_exc_base_traceback) : 0;

	if (r->failed || r->x->n >= EXCEPTIONS_MAX || is_there(r->x, addr))
		return false;
	read_texts(r, &e, type);
	read_traceback(r, &e, own ? own : tb);
	if (!r->failed && vec_push(r->x, e))
		return true;
	exception_release(&e);
	r->failed = true;
	return false;
}

/* And what led to it, as a traceback shows it: __cause__, or __context__ unless that is suppressed. */
static void add_chain(struct reading *r, enum relation relation, addr_t addr, addr_t type, addr_t tb)
{
	const struct python *py = r->py;

	while (add(r, relation, addr, type, tb) && is_exception(py, addr)) {
		addr_t cause = peek_ptr(py, addr, F_exc_base_cause);

		relation = is_none(py, cause) ? EXC_CONTEXT : EXC_CAUSE;
		if (is_none(py, cause) && peek_int(py, addr, F_exc_base_suppress_context, 0))
			return;
		addr = is_none(py, cause) ? peek_ptr(py, addr, F_exc_base_context) : cause;
		type = tb = 0;
		if (is_none(py, addr))
			return;
	}
}

/* ---- where they are ---- */

/* The first one is handled here, those behind it further out. */
static void add_handled(struct reading *r, addr_t value, addr_t type, addr_t tb)
{
	bool first = !r->x->n;

	/* a class without an instance: 2.7, before it is made one */
	if (is_none(r->py, value))
		value = is_none(r->py, type) ? 0 : type;
	if (value)
		add_chain(r, first ? EXC_HANDLED : EXC_OUTER, value, type, tb);
}

static void from_items(struct reading *r, addr_t tstate)
{
	const struct python *py = r->py;
	addr_t item = peek_ptr(py, tstate, F_tstate_exc_info);

	for (int i = 0; item && i < ITEMS_MAX && r->x->n < EXCEPTIONS_MAX; i++) {
		add_handled(r, peek_ptr(py, item, F_exc_stackitem_exc_value),
			    peek_ptr(py, item, F_exc_stackitem_exc_type),
			    peek_ptr(py, item, F_exc_stackitem_exc_traceback));
		item = peek_ptr(py, item, F_exc_stackitem_previous_item);
	}
}

/* A frame keeps what its caller handles while it handles another one. */
static void from_frames(struct reading *r, const struct chain *c, addr_t tstate)
{
	const struct python *py = r->py;

	add_handled(r, peek_ptr(py, tstate, F_tstate_exc_value),
		    peek_ptr(py, tstate, F_tstate_exc_type),
		    peek_ptr(py, tstate, F_tstate_exc_traceback));
	for (size_t i = 0; r->x->n && i < c->n && i < FRAMES_LOOK; i++)
		add_handled(r, peek_ptr(py, c->at[i].addr, F_frame_f_exc_value),
			    peek_ptr(py, c->at[i].addr, F_frame_f_exc_type),
			    peek_ptr(py, c->at[i].addr, F_frame_f_exc_traceback));
}

static void in_flight(struct reading *r, addr_t tstate)
{
	const struct python *py = r->py;
	bool one = layout_has(&py->L, F_tstate_current_exception);
	addr_t value =
	    peek_ptr(py, tstate, one ? F_tstate_current_exception : F_tstate_curexc_value);
	addr_t type = peek_ptr(py, tstate, F_tstate_curexc_type);

	if (!is_none(py, value) || type)
		add_chain(r, EXC_IN_FLIGHT, is_none(py, value) ? type : value, type,
			  peek_ptr(py, tstate, F_tstate_curexc_traceback));
}

bool exceptions_read(struct exceptions *x, struct codes *codes, const struct chain *c, addr_t tstate)
{
	struct reading r = {.x = x, .codes = codes, .py = codes->py};

	if (layout_has(&r.py->L, F_tstate_exc_info))
		from_items(&r, tstate);
	else
		from_frames(&r, c, tstate);
	in_flight(&r, tstate);
	return !r.failed;
}
