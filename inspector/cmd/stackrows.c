/* SPDX-License-Identifier: Apache-2.0 */
/* The stacks as JSON: "threads", and a row for each frame of each thread, nothing folded. */
#include "cmd/stackshow.h"
#include "target/target.h"

static const struct out_column thread_columns[] = {
    {.name = "tid", .type = COL_COUNT},	     {.name = "inner_tid", .type = COL_COUNT},
    {.name = "name", .type = COL_STRING},    {.name = "comm", .type = COL_STRING},
    {.name = "main", .type = COL_BOOL},	     {.name = "interpreter", .type = COL_SIGNED},
    {.name = "ident", .type = COL_COUNT},    {.name = "state", .type = COL_STRING},
    {.name = "signal", .type = COL_COUNT},   {.name = "frames", .type = COL_COUNT},
    {.name = "problem", .type = COL_STRING}, {.name = "doing", .type = COL_STRING},
    {.name = "gil", .type = COL_STRING},     {.name = "collecting", .type = COL_BOOL},
    {.name = "syscall", .type = COL_COUNT},
};

static const struct out_column frame_columns[] = {
    {.name = "thread", .type = COL_COUNT}, /* index in "threads" */
    {.name = "tid", .type = COL_COUNT},
    {.name = "depth", .type = COL_COUNT}, /* 0 = innermost */
    {.name = "function", .type = COL_STRING},
    {.name = "file", .type = COL_STRING},
    {.name = "line", .type = COL_SIGNED},
    {.name = "end_line", .type = COL_SIGNED},
    {.name = "column", .type = COL_SIGNED},
    {.name = "end_column", .type = COL_SIGNED},
    {.name = "from_c", .type = COL_BOOL},
    {.name = "source", .type = COL_STRING},
    {.name = "source_is_newer", .type = COL_BOOL},
};

static const struct out_column local_columns[] = {
    {.name = "thread", .type = COL_COUNT}, {.name = "tid", .type = COL_COUNT},
    {.name = "depth", .type = COL_COUNT},  {.name = "kind", .type = COL_STRING},
    {.name = "name", .type = COL_STRING},  {.name = "value", .type = COL_STRING},
};

static const struct thread *os_thread(const struct stack_view *v, const struct stack_thread *th)
{
	return th->os >= 0 ? &v->session->target->threads.at[th->os] : NULL;
}

static void thread_row(struct stack_view *v, const struct stack_thread *th)
{
	const struct thread *os = os_thread(v, th);
	static const char *const gil[] = {NULL, "holds", "waits"};
	char state[2] = {os ? os->state : 0, 0};
	struct buf doing = {0};

	stack_doing(v, th, &doing);
	out_row(v->out, (union out_value[]){
			    {.u = th->tid ? (uint64_t)th->tid : OUT_NULL},
			    {.u = os && os->ns_tid ? (uint64_t)os->ns_tid : OUT_NULL},
			    {.s = th->name},
			    {.s = os && os->comm[0] ? os->comm : NULL},
			    {.u = th->main},
			    {.i = th->interp_id},
			    {.u = th->ident},
			    {.s = state[0] && state[0] != '?' ? state : NULL},
			    {.u = os && os->signal ? (uint64_t)os->signal : OUT_NULL},
			    {.u = th->chain.n},
			    {.s = th->chain.end ? chain_end_text(th->chain.end) : NULL},
			    {.s = doing.n ? buf_text(&doing) : NULL},
			    {.s = gil[th->doing.gil]},
			    {.u = th->doing.collecting},
			    {.u = th->doing.in_syscall ? (uint64_t)th->doing.syscall : OUT_NULL},
			});
	buf_release(&doing);
}

static int64_t or_null(int n)
{
	return n < 0 ? INT64_MIN : n;
}

static void frame_row(struct stack_view *v, size_t index, const struct stack_thread *th,
		      size_t depth, struct buf *source)
{
	const struct pyframe *f = &th->chain.at[depth];
	const struct code *code = &v->stacks.codes.at[f->code];
	struct place p = stacks_place(&v->stacks, f);
	struct source_line line;
	bool there = sources_line(&v->sources, code->file, p.line, &line);

	buf_clear(source);
	if (there)
		buf_add(source, line.text, line.len);
	out_row(v->out, (union out_value[]){
			    {.u = index},
			    {.u = th->tid ? (uint64_t)th->tid : OUT_NULL},
			    {.u = depth},
			    {.s = code->name},
			    {.s = code->file},
			    {.i = or_null(p.line)},
			    {.i = or_null(p.end_line)},
			    {.i = or_null(p.column)},
			    {.i = or_null(p.end_column)},
			    {.u = f->entry == ENTRY_UNKNOWN ? OUT_NULL : f->entry == ENTRY_FROM_C},
			    {.s = there ? buf_text(source) : NULL},
			    {.u = there ? line.newer : OUT_NULL},
			});
}

static void local_rows(struct stack_view *v, size_t index, const struct stack_thread *th)
{
	static const char *const kinds[] = {"argument", "local", "cell", "free"};

	vec_foreach (l, &th->locals)
		out_row(v->out, (union out_value[]){
				    {.u = index},
				    {.u = th->tid ? (uint64_t)th->tid : OUT_NULL},
				    {.u = l->frame},
				    {.s = kinds[l->kind]},
				    {.s = l->name},
				    {.s = l->value},
				});
}

static void locals_table(struct stack_view *v)
{
	size_t index = 0;

	out_table(v->out, "locals", local_columns, ARRAY_SIZE(local_columns));
	vec_foreach (th, &v->stacks)
		if (stack_shows(v, th))
			local_rows(v, index++, th);
}

/* How the process ended, or that it does. */
static void process_facts(struct stack_view *v)
{
	const struct crash *c = &v->stacks.crash;
	struct buf signal = {0};

	signal_text(c->signal, &signal);
	out_facts(v->out, "process");
	out_fact_u64(v->out, "finalizing", NULL, COL_BOOL, v->stacks.finalizing);
	out_fact_str(v->out, "signal", NULL, c->crashed ? buf_text(&signal) : NULL);
	out_fact_u64(v->out, "fault_address", NULL, COL_ADDRESS,
		     c->has_address ? c->address : OUT_NULL);
	out_fact_u64(v->out, "sender", NULL, COL_COUNT,
		     c->has_sender ? (uint64_t)c->sender : OUT_NULL);
	out_fact_u64(v->out, "sender_uid", NULL, COL_COUNT,
		     c->has_sender ? (uint64_t)c->sender_uid : OUT_NULL);
	buf_release(&signal);
}

void stack_rows(struct stack_view *v)
{
	struct buf source = {0};
	size_t index = 0;

	process_facts(v);
	out_table(v->out, "threads", thread_columns, ARRAY_SIZE(thread_columns));
	vec_foreach (th, &v->stacks)
		if (stack_shows(v, th))
			thread_row(v, th);
	out_table(v->out, NULL, frame_columns, ARRAY_SIZE(frame_columns));
	vec_foreach (th, &v->stacks) {
		if (!stack_shows(v, th))
			continue;
		for (size_t i = 0, n = th->chain.n; i < n; i++)
			frame_row(v, index, th, v->reverse ? i : n - 1 - i, &source);
		index++;
	}
	if (v->locals)
		locals_table(v);
	out_total_u64(v->out, "threads", index);
	out_total_u64(v->out, "foreign_threads", stacks_foreign(&v->stacks));
	out_total_u64(v->out, "read_again", v->stacks.reread);
	buf_release(&source);
}
