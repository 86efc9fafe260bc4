/* SPDX-License-Identifier: Apache-2.0 */
/* doctor: how the target is understood, or why it is not. Goes on where other commands end. */
#include <stdio.h>
#include "cmd/cmd.h"

static void say_interpreter(const struct session *s, struct out *o)
{
	const struct python *py = s->python;
	char hex[24];

	out_facts(o, "interpreter");
	if (!py)
		return;
	snprintf(hex, sizeof(hex), "0x%08x", py->L.hexversion);
	out_fact_str(o, "how", "Found", py->how);
	out_fact_str(o, "version", "Version", py->L.version);
	out_fact_str(o, "full_version", "Calls itself",
		     py->full_version[0] ? py->full_version : NULL);
	out_fact_str(o, "hexversion", "PY_VERSION_HEX", hex);
	out_fact_u64(o, "tested", "Version is tested", COL_BOOL, layout_version_tested(&py->L));
	out_fact_str(o, "module", "Module", py->module ? py->module->path : NULL);
	out_fact_u64(o, "runtime", "Runtime", COL_ADDRESS, py->runtime ? py->runtime : OUT_NULL);
	out_fact_str(o, "allocator", "Object allocator", allocator_name(py->object_allocator));
	out_fact_u64(o, "debug_hooks", "Debug hooks", COL_BOOL, py->debug_hooks);
	out_fact_u64(o, "rejected_fields", "Fields rejected", COL_COUNT, py->L.n_rejected);
}

/* A module is worth a row if it is the interpreter's, the program, one that debug files were looked
 * for, or in trouble. */
static bool worth_a_row(const struct session *s, const struct module *m)
{
	return m->problem[0] || m->debug_tried || m == session_executable(s) ||
	       (s->python && m == s->python->module);
}

/* "    name  value", if there is a value. */
static void say_of_file(struct out *o, const char *name, const char *value)
{
	if (value && *value)
		out_text(o, "    %-10s %s", name, value);
}

/* A file has too many long words for a line of a table. */
static void say_file(const struct module *m, struct out *o)
{
	const char *debug = m->file && m->debug_tried ? elf_file_debug_path(m->file) : NULL;
	char id[2 * BUILD_ID_MAX + 1];

	if (!debug && m->file && elf_file_section(m->file, ".debug_info"))
		debug = "in the file itself";
	build_id_text(&m->id, id);
	out_row(o, (union out_value[]){
		       {.s = m->path},
		       {.s = m->id.n ? id : NULL},
		       {.s = m->file_path},
		       {.s = debug},
		       {.s = m->problem[0] ? m->problem : NULL},
		       {.s = m->tried[0] ? m->tried : NULL},
		   });
	out_text(o, "%s", m->path);
	say_of_file(o, "build-id", id);
	say_of_file(o, "opened",
		    m->file_path && strcmp(m->file_path, m->path) ? m->file_path : NULL);
	say_of_file(o, "debug", debug);
	say_of_file(o, "problem", m->problem);
	say_of_file(o, "looked in", debug ? NULL : m->tried);
}

static void say_files(const struct session *s, struct out *o)
{
	static const struct out_column columns[] = {
	    {"path", NULL, COL_STRING, 0},    {"build_id", NULL, COL_STRING, 0},
	    {"opened", NULL, COL_STRING, 0},  {"debug_file", NULL, COL_STRING, 0},
	    {"problem", NULL, COL_STRING, 0}, {"tried", NULL, COL_STRING, 0},
	};

	out_text(o, "%s", "");
	out_table(o, "files", columns, ARRAY_SIZE(columns));
	vec_foreach (m, &s->target->modules)
		if (worth_a_row(s, m))
			say_file(m, o);
}

static void say_answers(const struct python *py, struct out *o)
{
	static const struct out_column columns[] = {
	    {"answer", "Known answer", COL_STRING, 0},
	    {"ok", "Right", COL_BOOL, 0},
	    {"got", "Read", COL_STRING, 0},
	};

	out_text(o, "%s", "");
	out_table(o, "answers", columns, ARRAY_SIZE(columns));
	vec_foreach (k, &py->answers)
		out_row(o, (union out_value[]){
			       {.s = k->what}, {.u = k->ok}, {.s = k->got[0] ? k->got : NULL}});
}

static void say_conflicts(const struct layout *L, struct out *o)
{
	static const struct out_column columns[] = {
	    {"field", "Sources disagree on", COL_STRING, 0},
	    {"dwarf", "DWARF", COL_SIGNED, 0},
	    {"debug_offsets", "Debug offsets", COL_SIGNED, 0},
	};

	if (!L->n_conflicts)
		return;
	out_text(o, "%s", "");
	out_table(o, "conflicts", columns, ARRAY_SIZE(columns));
	for (uint32_t i = 0; i < min_of(L->n_conflicts, ARRAY_SIZE(L->conflicts)); i++)
		out_row(o, (union out_value[]){{.s = field_name(L->conflicts[i].field)},
					       {.i = L->conflicts[i].dwarf},
					       {.i = L->conflicts[i].debug_offsets}});
}

static void say_consts(const struct layout *L, struct out *o)
{
	static const struct out_column columns[] = {
	    {"const", "Constant", COL_STRING, 0},
	    {"value", "Value", COL_ADDRESS, 18},
	};

	out_text(o, "%s", "");
	out_table(o, "consts", columns, ARRAY_SIZE(columns));
	for (int c = 0; c < C_COUNT; c++)
		out_row(o,
			(union out_value[]){{.s = const_name((enum const_id)c)},
					    {.u = L->c[c] == CONST_ABSENT ? OUT_NULL : L->c[c]}});
}

static void say_structs(const struct layout *L, struct out *o)
{
	static const struct out_column columns[] = {
	    {"struct", "Struct", COL_STRING, 0},
	    {"size", "Size", COL_COUNT, 6},
	    {"source", "Source", COL_STRING, 0},
	};

	out_text(o, "%s", "");
	out_table(o, "structs", columns, ARRAY_SIZE(columns));
	for (int i = 0; i < S_COUNT; i++)
		out_row(o, (union out_value[]){
			       {.s = struct_name((enum struct_id)i)},
			       {.u = L->size[i] ? L->size[i] : OUT_NULL},
			       {.s = L->size[i] ? field_source_name(L->size_source[i]) : "absent"},
			   });
}

static void say_fields(const struct layout *L, struct out *o)
{
	static const struct out_column columns[] = {
	    {"field", "Field", COL_STRING, 0},
	    {"offset", "Offset", COL_SIGNED, 6},
	    {"size", "Size", COL_COUNT, 6},
	    {"source", "Source", COL_STRING, 0},
	};

	out_text(o, "%s", "");
	out_table(o, NULL, columns, ARRAY_SIZE(columns));
	for (int i = 0; i < F_COUNT; i++) {
		const struct field *f = &L->f[i];
		bool there = f->offset >= 0;

		out_row(o, (union out_value[]){
			       {.s = field_name((enum field_id)i)},
			       {.i = there ? f->offset : INT64_MIN},
			       {.u = there ? f->size : OUT_NULL},
			       {.s = there ? field_source_name(f->source) : "absent"},
			   });
	}
}

static uint64_t count_wrong(const struct python *py)
{
	uint64_t wrong = 0;

	vec_foreach (k, &py->answers)
		wrong += !k->ok;
	return wrong;
}

static void say_layout(const struct python *py, struct out *o)
{
	uint64_t present = 0;

	for (int i = 0; i < F_COUNT; i++)
		present += py->L.f[i].offset >= 0;
	out_total_u64(o, "fields", F_COUNT);
	out_total_u64(o, "fields_present", present);
	out_total_u64(o, "answers", py->answers.n);
	out_total_u64(o, "answers_wrong", count_wrong(py));
	say_answers(py, o);
	say_conflicts(&py->L, o);
	say_consts(&py->L, o);
	say_structs(&py->L, o);
	say_fields(&py->L, o);
}

/* How the references of C types without a row are found. */
static enum err say_types(struct session *s, struct out *o)
{
	static const struct out_column columns[] = {
	    {"type", "C type without a row", COL_STRING, 0}, {"found_by", "References by", COL_STRING, 0},
	    {"fields", "Fields", COL_COUNT, 6},		     {"scanned", "Scanned", COL_BYTES, 7},
	    {"module", "Module", COL_STRING, 0},
	};
	enum err e = session_need(s, NEED_HEAP);

	if (e)
		return e;
	if (!typetab_refine(s->types))
		return diag_set(&s->diag, ERR_NOMEM, "out of memory for the table of types");
	out_text(o, "%s", "");
	out_table(o, "types", columns, ARRAY_SIZE(columns));
	for (uint32_t i = 0; i < typetab_count(s->types); i++) {
		const struct typeinfo *ti = typetab_at(s->types, i);
		uint64_t base = ti->base ? ti->base->n_members + ti->base->n_arrays : 0;
		addr_t code = typetab_code(s->types, ti);
		const struct module *m = target_module(s->target, code ? code : ti->addr);

		if (ti->refs_by != REFS_BY_ROW)
			out_row(o, (union out_value[]){
				       {.s = ti->name},
				       {.s = refs_by_name(ti->refs_by)},
				       {.u = (uint64_t)ti->n_members + ti->n_arrays - base +
					     (ti->items_label != NULL)},
				       {.u = ti->scan_end - ti->scan_from},
				       {.s = m ? m->path : NULL}});
	}
	return OK;
}

enum err cmd_doctor(struct session *s, const struct cmd_args *a, struct out *o)
{
	bool before = s->keep_going;
	enum err e;

	s->keep_going = true;
	e = session_need(s, NEED_PYTHON);
	s->keep_going = before;
	session_describe(s, o);
	say_interpreter(s, o);
	say_files(s, o);
	if (s->python)
		say_layout(s->python, o);
	if (!e && cmd_option(a, OPT_doctor_types)->u)
		return say_types(s, o);
	if (e && s->python) { /* no other command may go on with it */
		python_close(s->python);
		s->python = NULL;
	}
	return e;
}
