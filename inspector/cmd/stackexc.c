/* SPDX-License-Identifier: Apache-2.0 */
/* The exceptions that threads handle, as text and as rows. */
#include "cmd/stackshow.h"

#define SHORT_TRACEBACK 3 /* frames that are shown unasked */
#define MESSAGE_SHOWN	300 /* bytes, unless --full is given */

static const struct out_column exception_columns[] = {
    {.name = "thread", .type = COL_COUNT}, /* index in "threads" */
    {.name = "tid", .type = COL_COUNT},
    {.name = "relation", .type = COL_STRING},
    {.name = "address", .type = COL_ADDRESS},
    {.name = "type", .type = COL_STRING},
    {.name = "message", .type = COL_STRING},
    {.name = "message_cut", .type = COL_BOOL},
    {.name = "own_str", .type = COL_BOOL},
    {.name = "frames", .type = COL_COUNT},
    {.name = "left_out", .type = COL_COUNT},
    {.name = "damaged", .type = COL_BOOL},
};

static const struct out_column place_columns[] = {
    {.name = "exception", .type = COL_COUNT}, /* index in "exceptions" */
    {.name = "function", .type = COL_STRING},
    {.name = "file", .type = COL_STRING},
    {.name = "line", .type = COL_SIGNED},
    {.name = "end_line", .type = COL_SIGNED},
    {.name = "column", .type = COL_SIGNED},
    {.name = "end_column", .type = COL_SIGNED},
};

static struct pyframe frame_of(const struct exc_place *p)
{
	return (struct pyframe){.code = p->code, .at = p->at};
}

/* The traceback's line is what counts; where the table says another one, its columns are not that one's. */
static struct place place_of(struct stack_view *v, const struct exc_place *p)
{
	struct pyframe f = frame_of(p);
	struct place at = stacks_place(&v->stacks, &f);

	if (p->line > 0 && at.line != p->line)
		at = (struct place){p->line, -1, -1, -1};
	return at;
}

static void title_text(struct stack_view *v, const struct exception *e, bool places)
{
	static const char *const words[] = {
	    [EXC_HANDLED] = "handles",	     [EXC_IN_FLIGHT] = "raises",
	    [EXC_CAUSE] = "  caused by",     [EXC_CONTEXT] = "  while handling",
	    [EXC_OUTER] = "handles further out",
	};
	struct buf b = {0};
	size_t n = strlen(e->message), shown = v->full ? n : min_of(n, MESSAGE_SHOWN);

	buf_printf(&b, "  %s ", words[e->relation]);
	buf_escaped(&b, e->type, strlen(e->type));
	if (n) {
		buf_str(&b, ": ");
		buf_escaped(&b, e->message, shown);
	}
	if (shown < n || e->message_cut)
		buf_str(&b, "...");
	if (e->own_str)
		buf_str(&b, " (its class has a __str__ of its own)");
	if (!places && e->traceback.n) {
		const struct exc_place *last = &e->traceback.at[e->traceback.n - 1];
		struct pyframe f = frame_of(last);

		buf_printf(&b, " (raised in %s ", stack_name(v, &f));
		buf_escaped(&b, stack_file(v, &f), strlen(stack_file(v, &f)));
		buf_printf(&b, ":%d)", place_of(v, last).line);
	}
	out_text(v->out, "%s", buf_text(&b));
	buf_release(&b);
}

static void places_text(struct stack_view *v, const struct exception *e)
{
	char n[32];

	for (size_t i = 0; i < e->traceback.n; i++) {
		struct pyframe f = frame_of(&e->traceback.at[i]);

		if (e->left_out && i == TRACEBACK_KEPT)
			out_text(v->out, "    ... %s more", stack_grouped(e->left_out, n));
		stack_frame_text(v, &f, "");
	}
	if (e->endless)
		out_text(v->out, "    (the traceback is damaged or has no end)");
}

void stack_exceptions_text(struct stack_view *v, const struct stack_thread *th)
{
	bool any = false;

	vec_foreach (e, &th->exceptions) {
		bool places = v->full || v->locals || e->traceback.n <= SHORT_TRACEBACK;

		title_text(v, e, places);
		if (places)
			places_text(v, e);
		any |= places && e->traceback.n;
	}
	if (any)
		out_text(v->out, "  It stands at:");
}

static void exception_row(struct stack_view *v, size_t thread, const struct stack_thread *th,
			  const struct exception *e)
{
	out_row(v->out, (union out_value[]){
			    {.u = thread},
			    {.u = th->tid ? (uint64_t)th->tid : OUT_NULL},
			    {.s = relation_text(e->relation)},
			    {.u = e->addr},
			    {.s = e->type},
			    {.s = e->message},
			    {.u = e->message_cut},
			    {.u = e->own_str},
			    {.u = e->traceback.n + e->left_out},
			    {.u = e->left_out},
			    {.u = e->endless},
			});
}

static int64_t or_null(int n)
{
	return n < 0 ? INT64_MIN : n;
}

static void place_rows(struct stack_view *v, size_t exception, const struct exception *e)
{
	vec_foreach (k, &e->traceback) {
		const struct code *code = &v->stacks.codes.at[k->code];
		struct place p = place_of(v, k);

		out_row(v->out, (union out_value[]){
				    {.u = exception},
				    {.s = code->name},
				    {.s = code->file},
				    {.i = or_null(p.line)},
				    {.i = or_null(p.end_line)},
				    {.i = or_null(p.column)},
				    {.i = or_null(p.end_column)},
				});
	}
}

/* Of one process; *thread and *exception count on from one to the next. */
static void rows_of(struct stack_view *v, bool places, size_t *thread, size_t *exception)
{
	vec_foreach (th, &v->stacks) {
		if (!stack_shows(v, th))
			continue;
		vec_foreach (e, &th->exceptions) {
			if (places)
				place_rows(v, (*exception)++, e);
			else
				exception_row(v, *thread, th, e);
		}
		++*thread;
	}
}

void stack_exceptions_rows(struct stack_set *set)
{
	size_t thread = 0, exception = 0;

	out_table(set->out, "exceptions", exception_columns, ARRAY_SIZE(exception_columns));
	vec_foreach (v, set)
		rows_of(*v, false, &thread, &exception);
	out_table(set->out, "exception_frames", place_columns, ARRAY_SIZE(place_columns));
	vec_foreach (v, set)
		rows_of(*v, true, &thread, &exception);
}
