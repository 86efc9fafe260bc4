/* SPDX-License-Identifier: Apache-2.0 */
/* The stacks as JSON: "threads", and a row for each frame of each thread, nothing folded. */
#include <math.h>
#include "cmd/stackshow.h"
#include "target/target.h"

static const struct out_column process_columns[] = {
    {.name = "pid", .type = COL_COUNT},		 {.name = "core", .type = COL_STRING},
    {.name = "python", .type = COL_STRING},	 {.name = "executable", .type = COL_STRING},
    {.name = "pause_seconds", .type = COL_SECONDS}, {.name = "finalizing", .type = COL_BOOL},
    {.name = "signal", .type = COL_STRING},	 {.name = "fault_address", .type = COL_ADDRESS},
    {.name = "sender", .type = COL_COUNT},	 {.name = "sender_uid", .type = COL_COUNT},
    {.name = "foreign_threads", .type = COL_COUNT}, {.name = "crash_function", .type = COL_STRING},
    {.name = "crash_module", .type = COL_STRING},
};

static const struct out_column thread_columns[] = {
    {.name = "pid", .type = COL_COUNT},
    {.name = "tid", .type = COL_COUNT},	     {.name = "inner_tid", .type = COL_COUNT},
    {.name = "name", .type = COL_STRING},    {.name = "comm", .type = COL_STRING},
    {.name = "main", .type = COL_BOOL},	     {.name = "interpreter", .type = COL_SIGNED},
    {.name = "ident", .type = COL_COUNT},    {.name = "state", .type = COL_STRING},
    {.name = "signal", .type = COL_COUNT},   {.name = "frames", .type = COL_COUNT},
    {.name = "problem", .type = COL_STRING}, {.name = "doing", .type = COL_STRING},
    {.name = "gil", .type = COL_STRING},     {.name = "collecting", .type = COL_BOOL},
    {.name = "syscall", .type = COL_COUNT},
    {.name = "timed", .type = COL_BOOL},     {.name = "timeout", .type = COL_SECONDS},
    {.name = "finalizes", .type = COL_BOOL}, {.name = "blocked_on", .type = COL_ADDRESS},
    {.name = "blocked_type", .type = COL_STRING},
    {.name = "blocked_name", .type = COL_STRING},
    {.name = "blocked_in", .type = COL_STRING},
    {.name = "lock", .type = COL_ADDRESS}, /* that it sleeps on: part of what it is blocked on */
    {.name = "owner", .type = COL_COUNT},  /* tid, where the object records it */
    {.name = "orphan", .type = COL_BOOL}, /* no thread has this state */
    {.name = "fd", .type = COL_COUNT}, /* that the system call is about */
    {.name = "fd_is", .type = COL_STRING}, /* what the kernel says that is: a path, a socket's addresses */
#define THREAD_COLUMNS 28
    /* with --native */
    {.name = "native_frames", .type = COL_COUNT},
    {.name = "native_problem", .type = COL_STRING},
    {.name = "merged", .type = COL_BOOL},
};

/* To add a column: a row in each of the two. Rows leave null what they do not set. */
enum frame_column {
	FRAME_THREAD,
	FRAME_PID,
	FRAME_TID,
	FRAME_DEPTH,
	FRAME_FUNCTION,
	FRAME_FILE,
	FRAME_LINE,
	FRAME_END_LINE,
	FRAME_COLUMN,
	FRAME_END_COLUMN,
	FRAME_FROM_C,
	FRAME_SOURCE,
	FRAME_SOURCE_IS_NEWER,
	FRAME_KIND,
	FRAME_MODULE, /* from here on only with --native */
	FRAME_BUILD_ID,
	FRAME_SYMBOL,
	FRAME_OFFSET,
	FRAME_INLINED,
	FRAME_PC,
	FRAME_FOUND_BY,
	FRAME_SIGNAL_FRAME,
	FRAME_COLUMNS
};

static const struct out_column frame_columns[FRAME_COLUMNS] = {
    [FRAME_THREAD] = {.name = "thread", .type = COL_COUNT}, /* index in "threads" */
    [FRAME_PID] = {.name = "pid", .type = COL_COUNT},
    [FRAME_TID] = {.name = "tid", .type = COL_COUNT},
    [FRAME_DEPTH] = {.name = "depth", .type = COL_COUNT}, /* 0 = innermost */
    [FRAME_FUNCTION] = {.name = "function", .type = COL_STRING},
    [FRAME_FILE] = {.name = "file", .type = COL_STRING},
    [FRAME_LINE] = {.name = "line", .type = COL_SIGNED},
    [FRAME_END_LINE] = {.name = "end_line", .type = COL_SIGNED},
    [FRAME_COLUMN] = {.name = "column", .type = COL_SIGNED},
    [FRAME_END_COLUMN] = {.name = "end_column", .type = COL_SIGNED},
    [FRAME_FROM_C] = {.name = "from_c", .type = COL_BOOL},
    [FRAME_SOURCE] = {.name = "source", .type = COL_STRING},
    [FRAME_SOURCE_IS_NEWER] = {.name = "source_is_newer", .type = COL_BOOL},
    [FRAME_KIND] = {.name = "kind", .type = COL_STRING}, /* "python", "native" */
    [FRAME_MODULE] = {.name = "module", .type = COL_STRING},
    [FRAME_BUILD_ID] = {.name = "build_id", .type = COL_STRING},
    [FRAME_SYMBOL] = {.name = "symbol", .type = COL_STRING}, /* as in the symbol table */
    [FRAME_OFFSET] = {.name = "offset", .type = COL_COUNT}, /* from the symbol, or the module if there is none */
    [FRAME_INLINED] = {.name = "inlined", .type = COL_BOOL},
    [FRAME_PC] = {.name = "pc", .type = COL_ADDRESS},
    [FRAME_FOUND_BY] = {.name = "found_by", .type = COL_STRING}, /* "cfi", "frame pointer", "stack top" */
    [FRAME_SIGNAL_FRAME] = {.name = "signal_frame", .type = COL_BOOL},
};

static const struct out_column local_columns[] = {
    {.name = "thread", .type = COL_COUNT}, {.name = "pid", .type = COL_COUNT}, {.name = "tid", .type = COL_COUNT},
    {.name = "depth", .type = COL_COUNT},  {.name = "kind", .type = COL_STRING},
    {.name = "name", .type = COL_STRING},  {.name = "address", .type = COL_ADDRESS},
    {.name = "type", .type = COL_STRING},  {.name = "value", .type = COL_STRING},
};

static const struct thread *os_thread(const struct stack_view *v, const struct stack_thread *th)
{
	return th->os >= 0 ? &v->session->target->threads.at[th->os] : NULL;
}

static uint64_t pid_of(const struct stack_view *v)
{
	int pid = v->session->target->pid;

	return pid ? (uint64_t)pid : OUT_NULL;
}

static void thread_row(struct stack_view *v, const struct stack_thread *th, const struct stack_items *items)
{
	const struct thread *os = os_thread(v, th);
	static const char *const gil[] = {NULL, "holds", "waits"};
	char state[2] = {os ? os->state : 0, 0};
	const struct wait *w = &th->wait;
	int owner = th->blocked_by >= 0 ? v->stacks.at[th->blocked_by].tid : 0;
	const struct native_chain *nc = stack_native_chain(v, th);
	struct buf doing = {0}, fd_is = {0};
	int fd = syscall_fd(v->session->target, &th->doing, &fd_is);

	stack_doing(v, th, &doing);
	out_row(v->out, (union out_value[]){
			    {.u = pid_of(v)},
			    {.u = th->tid ? (uint64_t)th->tid : OUT_NULL},
			    {.u = os && os->ns_tid ? (uint64_t)os->ns_tid : OUT_NULL},
			    {.s = th->name},
			    {.s = os && os->comm[0] ? os->comm : NULL},
			    {.u = th->main},
			    {.i = th->tstate ? th->interp_id : INT64_MIN},
			    {.u = th->ident ? th->ident : OUT_NULL},
			    {.s = state[0] && state[0] != '?' ? state : NULL},
			    {.u = os && os->signal ? (uint64_t)os->signal : OUT_NULL},
			    {.u = th->chain.n},
			    {.s = th->chain.end ? chain_end_text(th->chain.end) : NULL},
			    {.s = doing.n ? buf_text(&doing) : NULL},
			    {.s = gil[th->doing.gil]},
			    {.u = th->doing.collecting},
			    {.u = th->doing.in_syscall ? (uint64_t)th->doing.syscall : OUT_NULL},
			    {.u = th->doing.timed},
			    {.d = th->doing.timed ? th->doing.time_out : NAN},
			    {.u = th->finalizes},
			    {.u = w->object ? w->object : OUT_NULL},
			    {.s = w->kind ? waitable_name(w->kind) : NULL},
			    {.s = w->name},
			    {.s = w->code == CODE_NONE || !w->kind ? NULL : v->stacks.codes.at[w->code].name},
			    {.u = w->lock ? w->lock : OUT_NULL},
			    {.u = owner ? (uint64_t)owner : OUT_NULL},
			    {.u = th->orphan},
			    {.u = fd >= 0 ? (uint64_t)fd : OUT_NULL},
			    {.s = fd_is.n ? buf_text(&fd_is) : NULL},
			    {.u = nc ? nc->n : OUT_NULL},
			    {.s = nc && nc->end ? native_end_text(nc->end) : NULL},
			    {.u = nc ? !items->unmerged : OUT_NULL},
			});
	buf_release(&doing);
	buf_release(&fd_is);
}

static int64_t or_null(int n)
{
	return n < 0 ? INT64_MIN : n;
}

struct thread_rows {
	size_t index; /* in "threads" */
	const struct stack_thread *th;
	const struct native_chain *nc;
	struct stack_items items;
};

/* Sets what every frame has; the rest is null. */
static void begin_row(const struct stack_view *v, const struct thread_rows *r, size_t depth,
		      union out_value row[FRAME_COLUMNS])
{
	for (size_t i = 0; i < FRAME_COLUMNS; i++) {
		switch (frame_columns[i].type) {
		case COL_STRING: row[i].s = NULL; break;
		case COL_SIGNED: row[i].i = INT64_MIN; break;
		default: row[i].u = OUT_NULL;
		}
	}
	row[FRAME_THREAD].u = r->index;
	row[FRAME_PID].u = pid_of(v);
	row[FRAME_TID].u = r->th->tid ? (uint64_t)r->th->tid : OUT_NULL;
	row[FRAME_DEPTH].u = depth;
}

static void native_row(struct stack_view *v, const struct thread_rows *r, size_t depth)
{
	static const char *const how[] = {"cfi", "frame pointer", "stack top"};
	struct native_shown s = stack_native_of(v, r->nc, &r->items.at[depth]);
	char id[2 * BUILD_ID_MAX + 1] = "";
	union out_value row[FRAME_COLUMNS];

	begin_row(v, r, depth, row);
	if (s.module && build_id_text(&s.module->id, id)[0])
		row[FRAME_BUILD_ID].s = id;
	if (s.module)
		row[FRAME_MODULE].s = s.module->path;
	else if (s.module_name[0])
		row[FRAME_MODULE].s = s.module_name;
	row[FRAME_FUNCTION].s = s.line->function;
	row[FRAME_FILE].s = s.line->file;
	if (s.line->line)
		row[FRAME_LINE].i = s.line->line;
	row[FRAME_KIND].s = "native";
	row[FRAME_SYMBOL].s = s.place->symbol;
	row[FRAME_OFFSET].u = s.place->offset;
	row[FRAME_INLINED].u = s.line->inlined;
	row[FRAME_PC].u = s.place->pc;
	row[FRAME_FOUND_BY].s = how[s.frame->how];
	row[FRAME_SIGNAL_FRAME].u = s.place->signal;
	out_row(v->out, row);
}

static void python_row(struct stack_view *v, const struct thread_rows *r, size_t depth, struct buf *source)
{
	const struct pyframe *f = &r->th->chain.at[r->items.at[depth].frame];
	const struct code *code = &v->stacks.codes.at[f->code];
	struct place p = stacks_place(&v->stacks, f);
	union out_value row[FRAME_COLUMNS];
	struct source_line line;

	begin_row(v, r, depth, row);
	row[FRAME_FUNCTION].s = code->name;
	row[FRAME_FILE].s = code->file;
	row[FRAME_LINE].i = or_null(p.line);
	row[FRAME_END_LINE].i = or_null(p.end_line);
	row[FRAME_COLUMN].i = or_null(p.column);
	row[FRAME_END_COLUMN].i = or_null(p.end_column);
	if (f->entry != ENTRY_UNKNOWN)
		row[FRAME_FROM_C].u = f->entry == ENTRY_FROM_C;
	buf_clear(source);
	if (sources_line(&v->sources, code->file, p.line, &line)) {
		buf_add(source, line.text, line.len);
		row[FRAME_SOURCE].s = buf_text(source);
		row[FRAME_SOURCE_IS_NEWER].u = line.newer;
	}
	row[FRAME_KIND].s = "python";
	out_row(v->out, row);
}

static void frame_row(struct stack_view *v, const struct thread_rows *r, size_t depth, struct buf *source)
{
	if (r->items.at[depth].kind == ITEM_NATIVE)
		native_row(v, r, depth);
	else
		python_row(v, r, depth, source);
}

static void local_rows(struct stack_view *v, struct thread_rows *r)
{
	static const char *const kinds[] = {"argument", "local", "cell", "free"};
	const struct stack_thread *th = r->th;
	size_t depth = 0;

	/* both are in the order of frames, innermost first */
	vec_foreach (l, &th->locals) {
		while (depth < r->items.n && (r->items.at[depth].kind == ITEM_NATIVE ||
					      r->items.at[depth].frame < l->frame))
			depth++;
		out_row(v->out, (union out_value[]){
				    {.u = r->index},
				    {.u = pid_of(v)},
				    {.u = th->tid ? (uint64_t)th->tid : OUT_NULL},
				    {.u = depth},
				    {.s = kinds[l->kind]},
				    {.s = l->name},
				    {.u = l->object},
				    {.s = l->type},
				    {.s = l->value},
				});
	}
}

static bool is_native_shown(const struct stack_view *v)
{
	return v->native == NATIVE_ALL;
}

/* Without --native there are no native rows, of a crash neither. */
static bool rows_of(const struct stack_view *v, const struct stack_thread *th, struct thread_rows *r)
{
	r->th = th;
	r->nc = stack_native_chain(v, th);
	return is_native_shown(v) ? stack_items_of(v, th, &r->items) : items_of_python(&r->items, &th->chain);
}

/* Calls fn for each thread of a process that is shown. */
static void each_of_process(struct stack_view *v, struct thread_rows *r,
			    void (*fn)(struct stack_view *v, struct thread_rows *r))
{
	vec_foreach (th, &v->stacks) {
		if (!stack_shows(v, th))
			continue;
		if (!rows_of(v, th, r)) {
			notes_add(&v->session->notes, NOTE_PARTIAL, "memory is out: frames are missing");
			r->items.n = 0;
		}
		fn(v, r);
		r->index++;
	}
}

/* Calls fn for each thread that is shown. @return how many. */
static size_t each_thread(struct stack_set *set, void (*fn)(struct stack_view *v, struct thread_rows *r))
{
	struct thread_rows r = {0};

	vec_foreach (v, set)
		each_of_process(*v, &r, fn);
	vec_release(&r.items);
	return r.index;
}

static void one_thread(struct stack_view *v, struct thread_rows *r)
{
	thread_row(v, r->th, &r->items);
}

static void frames_of_one(struct stack_view *v, struct thread_rows *r)
{
	struct buf source = {0};

	for (size_t i = 0, n = r->items.n; i < n; i++)
		frame_row(v, r, v->reverse ? i : n - 1 - i, &source);
	buf_release(&source);
}

/* What it is, and how it ended, or that it does. */
static void process_row(struct stack_view *v)
{
	const struct target *t = v->session->target;
	const struct crash *c = &v->stacks.crash;
	struct native_shown at = {0};
	struct buf signal = {0};
	bool in_c = stack_crash_place(v, &at);

	signal_text(c->signal, &signal);
	out_row(v->out, (union out_value[]){
			    {.u = pid_of(v)},
			    {.s = t->core},
			    {.s = v->session->python->L.version},
			    {.s = t->exe && *t->exe ? t->exe : NULL},
			    {.d = t->pause_seconds},
			    {.u = v->stacks.finalizing},
			    {.s = c->crashed ? buf_text(&signal) : NULL},
			    {.u = c->has_address ? c->address : OUT_NULL},
			    {.u = c->has_sender ? (uint64_t)c->sender : OUT_NULL},
			    {.u = c->has_sender ? (uint64_t)c->sender_uid : OUT_NULL},
			    {.u = stacks_foreign(&v->stacks)},
			    {.s = in_c ? at.line->function : NULL},
			    {.s = in_c && at.module_name[0] ? at.module_name : NULL},
			});
	buf_release(&signal);
}

void stack_rows(struct stack_set *set)
{
	struct out *o = set->out;
	bool native = false;
	uint64_t foreign = 0, reread = 0;
	size_t threads;

	out_table(o, "processes", process_columns, ARRAY_SIZE(process_columns));
	vec_foreach (v, set) {
		process_row(*v);
		native |= is_native_shown(*v);
		foreign += stacks_foreign(&(*v)->stacks);
		reread += (*v)->stacks.reread;
	}
	out_table(o, "threads", thread_columns, native ? ARRAY_SIZE(thread_columns) : THREAD_COLUMNS);
	threads = each_thread(set, one_thread);
	out_table(o, NULL, frame_columns, native ? FRAME_COLUMNS : FRAME_MODULE);
	each_thread(set, frames_of_one);
	if (set->at[0]->locals) {
		out_table(o, "locals", local_columns, ARRAY_SIZE(local_columns));
		each_thread(set, local_rows);
	}
	stack_exceptions_rows(set);
	if (set->at[0]->locks)
		stack_locks_rows(set);
	out_total_u64(o, "processes", set->n);
	out_total_u64(o, "threads", threads);
	out_total_u64(o, "foreign_threads", foreign);
	out_total_u64(o, "read_again", reread);
}
