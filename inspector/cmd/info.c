/* SPDX-License-Identifier: Apache-2.0 */
/* info: the interpreter, its threads, its garbage collector, its memory. */
#include <stdio.h>
#include <time.h>
#include "cmd/process.h"

static const struct out_column interpreter_columns[] = {
    {"interpreter", "Interpreter", COL_SIGNED, 0},
    {"address", "Address", COL_ADDRESS, 14},
    {"main", "Main", COL_BOOL, 0},
    {"gc_enabled", "GC enabled", COL_BOOL, 0},
    {"gc_collecting", "Collecting", COL_BOOL, 0},
};

static const struct out_column generation_columns[] = {
    {"interpreter", "Interpreter", COL_SIGNED, 0},
    {"generation", "Generation", COL_COUNT, 0},
    {"count", "Count", COL_COUNT, 0},
    {"threshold", "Threshold", COL_COUNT, 0},
};

static const struct out_column thread_columns[] = {
    {"tid", "Thread", COL_COUNT, 0},
    {"state", "State", COL_STRING, 0},
    {"name", "Name", COL_STRING, 0},
    {"interpreter", "Interpreter", COL_SIGNED, 0},
    {"thread_state", "Thread state", COL_ADDRESS, 14},
    {"signal", NULL, COL_COUNT, 0},
};

static const struct out_column memory_columns[] = {
    {"kind", "Memory", COL_STRING, 0}, {"mappings", "Mappings", COL_COUNT, 0},
    {"size", "Size", COL_SIZE, 10},    {"resident", "Resident", COL_SIZE, 10},
    {"read", "Read", COL_SIZE, 10},
};

/* "3.11.7 (release, ...)": what the build has that others have not. */
static void build_flags(const struct layout *L, struct buf *out)
{
	buf_str(out, L->debug_build ? "debug (Py_DEBUG)" : "release");
	buf_str(out, L->trace_refs ? ", Py_TRACE_REFS" : "");
	buf_str(out, L->free_threaded ? ", free-threaded" : "");
}

static void say_interpreter(const struct session *s, struct out *o)
{
	const struct python *py = s->python;
	const struct module *exe = session_executable(s);
	const struct module *lib = py->module != exe ? py->module : NULL;
	char id[2 * BUILD_ID_MAX + 1], hex[24];
	struct buf flags = {0};

	build_flags(&py->L, &flags);
	snprintf(hex, sizeof(hex), "0x%08x", py->L.hexversion);
	out_fact_str(o, "version", "Python",
		     py->full_version[0] ? py->full_version : py->L.version);
	out_fact_str(o, "hexversion", NULL, hex);
	out_fact_str(o, "build", "Build", buf_text(&flags));
	out_fact_u64(o, "debug_build", NULL, COL_BOOL, py->L.debug_build);
	out_fact_u64(o, "trace_refs", NULL, COL_BOOL, py->L.trace_refs);
	out_fact_u64(o, "free_threaded", NULL, COL_BOOL, py->L.free_threaded);
	out_fact_str(o, "executable", "Executable", *s->target->exe ? s->target->exe : NULL);
	out_fact_str(o, "executable_build_id", "  build-id",
		     exe && exe->id.n ? build_id_text(&exe->id, id) : NULL);
	out_fact_str(o, "library", "Library", lib ? lib->path : NULL);
	out_fact_str(o, "library_build_id", "  build-id",
		     lib && lib->id.n ? build_id_text(&lib->id, id) : NULL);
	out_fact_str(o, "allocator", "Allocator", allocator_name(py->object_allocator));
	out_fact_u64(o, "debug_hooks", "Debug hooks", COL_BOOL, py->debug_hooks);
	out_fact_u64(o, "finalizing", "Shutting down", COL_BOOL, py->finalizing);
	buf_release(&flags);
}

static void say_start(const struct target *t, struct out *o)
{
	time_t seconds = (time_t)t->start_time;
	char text[40];
	struct tm tm;

	out_fact(o, "start_time", NULL, COL_SECONDS,
		 (union out_value){.d = t->start_time > 0 ? t->start_time : __builtin_nan("")});
	if (t->start_time > 0 && gmtime_r(&seconds, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm))
		out_fact_str(o, NULL, "Started", text);
}

static void say_process(struct session *s, struct out *o)
{
	struct process_args p;
	char env[80], size[32];

	process_args_read(s, &p);
	out_fact_str(o, "argv", "Command line", p.argv.n ? buf_text(&p.argv) : NULL);
	out_fact_u64(o, "argc", NULL, COL_COUNT, p.argc);
	out_fact_u64(o, "environment_variables", NULL, COL_COUNT, p.env_count);
	out_fact_u64(o, "environment_bytes", NULL, COL_BYTES, p.env_bytes);
	if (p.env_count != OUT_NULL) {
		snprintf(env, sizeof(env), "%llu variables, %s", (unsigned long long)p.env_count,
			 out_size_text(p.env_bytes, " ", size));
		out_fact_str(o, NULL, "Environment", env);
	}
	say_start(s->target, o);
	out_fact_u64(o, "threads", NULL, COL_COUNT, s->target->threads.n);
	process_args_release(&p);
}

static void say_interpreters(struct session *s, struct out *o)
{
	out_text(o, "%s", "");
	out_table(o, "interpreters", interpreter_columns, ARRAY_SIZE(interpreter_columns));
	vec_foreach (in, &s->python->interps) {
		struct gc_facts gc = {0};
		bool known = python_gc_facts(s->python, in, &gc) && gc.known;

		out_row(o, (union out_value[]){{.i = in->id},
					       {.u = in->addr},
					       {.u = in->main},
					       {.u = known ? gc.enabled : OUT_NULL},
					       {.u = known ? gc.collecting : OUT_NULL}});
	}
}

static void say_generations(struct session *s, struct out *o)
{
	out_text(o, "%s", "");
	out_table(o, "generations", generation_columns, ARRAY_SIZE(generation_columns));
	vec_foreach (in, &s->python->interps) {
		struct gc_facts gc = {0};

		if (!python_gc_facts(s->python, in, &gc) || !gc.known)
			continue;
		for (int g = 0; g < gc.n && g < (int)ARRAY_SIZE(gc.count); g++)
			out_row(o, (union out_value[]){{.i = in->id},
						       {.u = (uint64_t)g},
						       {.u = gc.count[g]},
						       {.u = gc.threshold[g]}});
	}
}

static bool same_thread(const struct pythread *p, const struct thread *t)
{
	if (p->native_id)
		return p->native_id == t->tid || p->native_id == t->ns_tid;
	return t->has_regs && p->thread_id && p->thread_id == t->fs_base;
}

static int64_t interp_id(const struct python *py, addr_t addr)
{
	vec_foreach (in, &py->interps)
		if (in->addr == addr)
			return in->id;
	return INT64_MIN;
}

/* A row; th or p may be NULL: a thread without Python, a thread state without a thread. */
static void say_thread(const struct python *py, const struct thread *th, const struct pythread *p,
		       struct out *o)
{
	char state[2] = {th ? th->state : 0, 0};

	out_row(o, (union out_value[]){
		       {.u = th ? (uint64_t)th->tid : OUT_NULL},
		       {.s = th && th->state != '?' ? state : NULL},
		       {.s = th && th->comm[0] ? th->comm : NULL},
		       {.i = p ? interp_id(py, p->interp) : INT64_MIN},
		       {.u = p ? p->addr : OUT_NULL},
		       {.u = th && th->signal ? (uint64_t)th->signal : OUT_NULL},
		   });
}

static void say_threads(struct session *s, struct out *o)
{
	const struct python *py = s->python;
	const struct target *t = s->target;

	if (t->kind == TARGET_LIVE && !t->image)
		python_note_threads(py);
	out_text(o, "%s", "");
	out_table(o, "threads", thread_columns, ARRAY_SIZE(thread_columns));
	vec_foreach (th, &t->threads) {
		bool found = false;

		vec_foreach (p, &py->threads)
			if (same_thread(p, th)) {
				say_thread(py, th, p, o);
				found = true;
			}
		if (!found)
			say_thread(py, th, NULL, o);
	}
	vec_foreach (p, &py->threads) {
		bool found = false;

		vec_foreach (th, &t->threads)
			found |= same_thread(p, th);
		if (!found)
			say_thread(py, NULL, p, o);
	}
}

static void say_memory(struct session *s, struct out *o)
{
	struct memory_sum sums[MEMORY_COUNT], all = {0};

	memory_sums(s, sums);
	out_text(o, "%s", "");
	out_table(o, NULL, memory_columns, ARRAY_SIZE(memory_columns));
	for (int k = 0; k < MEMORY_COUNT; k++) {
		out_row(o, (union out_value[]){{.s = memory_kind_name((enum memory_kind)k)},
					       {.u = sums[k].mappings},
					       {.u = sums[k].size},
					       {.u = sums[k].resident},
					       {.u = sums[k].read}});
		all.size += sums[k].size;
		all.resident =
		    sums[k].resident == OUT_NULL ? OUT_NULL : all.resident + sums[k].resident;
		all.read += sums[k].read;
	}
	out_total_u64(o, "size", all.size);
	out_total_u64(o, "resident", all.resident);
	out_total_u64(o, "read", all.read);
	out_total_u64(o, "missing", s->target->missing_bytes);
}

/* In text, what was incomplete stands with the rest too, not only on stderr. */
static void say_incomplete(const struct session *s, struct out *o)
{
	vec_foreach (n, &s->notes)
		if (n->kind == NOTE_PARTIAL && note_shown(&s->notes, n))
			out_text(o, "Incomplete: %s", n->text);
}

enum err cmd_info(struct session *s, const struct cmd_args *a, struct out *o)
{
	out_facts(o, "interpreter");
	say_interpreter(s, o);
	out_facts(o, "process");
	say_process(s, o);
	say_interpreters(s, o);
	say_generations(s, o);
	say_threads(s, o);
	say_memory(s, o);
	out_text(o, "%s", "");
	say_incomplete(s, o);
	return OK;
}
