/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print: an object by an expression. While a live process stands only what must be read is read; it runs on before
 * anything is written. An object that holds very much is looked at on a copy of the memory instead.
 */
#include "cmd/expr.h"
#include "cmd/members.h"
#include "cmd/plain.h"
#include "cmd/text.h"
#include "heap/values.h"

#define HELD_MEMBERS 1000 /* that are read while a process stands; more of them from a copy */

struct printing {
	struct session *s;
	const struct cmd_args *a;
	struct out *out;
	struct view view;
	struct expr expr;
	struct object o;
	struct members members;
	struct buf type, repr, value;
	enum plain plain;
	uint64_t size, len, refcount;
	bool has_len;
};

static struct shown how_much(const struct cmd_args *a)
{
	struct shown how = cmd_option(a, OPT_print_full)->u ? SHOWN_FULL : SHOWN_ONE;

	if (cmd_option(a, OPT_print_depth)->given)
		how.depth = (unsigned)min_of(cmd_option(a, OPT_print_depth)->u, 100);
	return how;
}

static enum err find(struct printing *p)
{
	const struct cmd_value *thread = cmd_option(p->a, OPT_print_thread), *frame = cmd_option(p->a, OPT_print_frame);
	enum err e = view_open(&p->view, p->s);

	if (!e && (thread->given || frame->given))
		e = view_frame(&p->view, thread->given ? thread : NULL, frame->given ? frame->u : 0);
	return e ? e : expr_find(&p->view, &p->expr, &p->o);
}

static bool wants_members(const struct printing *p)
{
	return cmd_option(p->a, OPT_print_members)->u;
}

/* So much that the process should not stand for it. */
static bool is_much(const struct printing *p)
{
	uint64_t limit = cmd_option(p->a, OPT_print_limit)->u;

	return wants_members(p) && (!limit || limit > HELD_MEMBERS) && p->s->target->held &&
	       members_count(p->view.heap, &p->o, HELD_MEMBERS) > HELD_MEMBERS;
}

static void read_object(struct printing *p)
{
	const struct typectx *c = heap_ctx(p->view.heap);
	uint64_t size = object_size(c, &p->o);

	view_type_name(&p->view, &p->o, &p->type);
	p->size = size == SIZE_BAD ? OUT_NULL : size;
	p->has_len = object_length(c, &p->o, &p->len);
	p->refcount = object_refcount(c, p->o.at);
	text_value(p->s, p->o.addr, how_much(p->a), &p->repr);
	p->plain = plain_value(p->view.heap, p->o.addr, PLAIN_MAX, &p->value);
}

static void say_object(struct printing *p)
{
	struct out *o = p->out;

	out_facts(o, "object");
	out_fact_str(o, "expression", NULL, p->expr.text);
	out_fact_u64(o, "address", "Address", COL_ADDRESS, p->o.addr);
	out_fact_str(o, "type", "Type", buf_text(&p->type));
	out_fact_u64(o, "type_address", NULL, COL_ADDRESS, p->o.type->addr);
	out_fact_u64(o, "size", "Size", COL_BYTES, p->size);
	out_fact_u64(o, "len", "Length", COL_COUNT, p->has_len ? p->len : OUT_NULL);
	out_fact_u64(o, "refcount", "References", COL_COUNT, p->refcount);
	out_fact_str(o, "repr", "Value", buf_text(&p->repr));
	plain_facts(o, p->plain, &p->value);
}

/* Members are read while the process stands if it can run on; else each is written as it is read. */
static void read_members(struct printing *p)
{
	struct members m = {.view = &p->view, .o = p->o, .limit = cmd_option(p->a, OPT_print_limit)->u};

	p->members = m;
	if (wants_members(p) && p->s->target->held)
		members_read(&p->members);
}

static enum err answer(struct printing *p)
{
	read_object(p);
	read_members(p);
	view_thaw(&p->view);
	session_describe(p->s, p->out);
	say_object(p);
	if (wants_members(p))
		members_say(&p->members, p->out);
	if (p->s->interrupted)
		return diag_set(&p->s->diag, ERR_INTERRUPTED, "interrupted");
	return p->members.failed ? diag_set(&p->s->diag, ERR_NOMEM, "out of memory") : OK;
}

enum err cmd_print(struct session *s, const struct cmd_args *a, struct out *o)
{
	struct printing p = {.s = s, .a = a, .out = o};
	enum err e = expr_parse(cmd_argument(a, 0)->s, &p.expr, &s->diag);

	if (!e && !(e = session_need(s, NEED_PYTHON)))
		e = find(&p);
	if (e ? p.view.wants_image : is_much(&p)) {
		view_close(&p.view);
		e = session_need(s, NEED_IMAGE);
		e = e ? e : find(&p);
	}
	if (!e)
		e = answer(&p);
	members_release(&p.members);
	view_close(&p.view);
	expr_release(&p.expr);
	buf_release(&p.type);
	buf_release(&p.repr);
	buf_release(&p.value);
	return e;
}
