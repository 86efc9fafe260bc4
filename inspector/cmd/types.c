/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types: objects by type. The text has the columns of pyrasite's memory viewer, by which people
 * know them: per cents are whole ones that are full, Cum adds the sizes from the top.
 */
#include "cmd/typerows.h"

struct view {
	struct type_rows rows;
	struct type_row all, shown; /* sums before and after --filter */
	const char *glob;	    /* NULL = all */
	uint64_t limit;
	bool modules, addresses;
};

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? (double)part * 100.0 / (double)whole : 0;
}

static enum err view_make(struct session *s, const struct cmd_args *a, struct view *v)
{
	enum err e = type_rows_collect(s, &v->rows);

	if (e)
		return e;
	v->glob = cmd_option(a, OPT_types_filter)->s;
	v->limit = cmd_option(a, OPT_types_limit)->u;
	v->modules = cmd_option(a, OPT_types_module)->u;
	v->addresses = cmd_option(a, OPT_types_addresses)->u && !v->modules;
	if (!v->addresses)
		type_rows_merge(&v->rows);
	vec_foreach (row, &v->rows)
		row->types = 1; /* types of one name are one type from here on */
	v->all = type_rows_total(&v->rows);
	if (v->glob)
		type_rows_filter(&v->rows, v->glob);
	v->shown = type_rows_total(&v->rows);
	if (v->modules) {
		type_rows_by_module(&v->rows,
				    s->python->known[K_instance27] ? "__builtin__" : "builtins");
		type_rows_merge(&v->rows);
	}
	type_rows_sort(&v->rows, (enum type_order)cmd_option(a, OPT_types_sort)->u);
	return OK;
}

#define ULL(n) ((unsigned long long)(n))

static void say_header(const struct view *v, struct out *o)
{
	struct buf modules = {0};
	char size[32];

	if (v->modules)
		buf_printf(&modules, "%zu modules, ", v->rows.n);
	out_text(o, "Total %llu objects, %llu types, %sTotal size = %s (%llu bytes)",
		 ULL(v->shown.total.count), ULL(v->shown.types), buf_text(&modules),
		 out_size_text(v->shown.total.size, "", size), ULL(v->shown.total.size));
	if (v->glob)
		out_text(
		    o,
		    "Only types that match '%s'; in all %llu objects, %llu types, %s (%llu bytes)",
		    v->glob, ULL(v->all.total.count), ULL(v->all.types),
		    out_size_text(v->all.total.size, "", size), ULL(v->all.total.size));
	buf_release(&modules);
}

static void say_totals(const struct view *v, struct out *o)
{
	out_total_u64(o, "objects", v->shown.total.count);
	out_total_u64(o, "types", v->shown.types);
	if (v->modules)
		out_total_u64(o, "modules", v->rows.n);
	out_total_u64(o, "size", v->shown.total.size);
	if (!v->glob)
		return;
	out_total_str(o, "filter", v->glob);
	out_total_u64(o, "all_objects", v->all.total.count);
	out_total_u64(o, "all_types", v->all.types);
	out_total_u64(o, "all_size", v->all.total.size);
}

static void say_rows(const struct view *v, struct out *o)
{
	const struct out_column columns[] = {
	    {NULL, "Index", COL_COUNT, 6},
	    {NULL, v->modules ? "Types" : NULL, COL_COUNT, 5},
	    {"count", "Count", COL_COUNT, 7},
	    {NULL, "%", COL_PERCENT, 3},
	    {"size", "Size", COL_BYTES, 9},
	    {NULL, "%", COL_PERCENT, 3},
	    {NULL, "Cum", COL_PERCENT, 3},
	    {"max", "Max", COL_BYTES, 7},
	    {v->addresses ? "address" : NULL, v->addresses ? "Address" : NULL, COL_ADDRESS, 14},
	    {v->modules ? "types" : NULL, NULL, COL_COUNT, 0},
	    {v->modules ? "module" : "type", "Kind", COL_STRING, 0},
	};
	const struct type_total *all = &v->shown.total;
	uint64_t cumulated = 0;

	out_table(o, NULL, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < v->rows.n && (!v->limit || i < v->limit); i++) {
		const struct type_row *r = &v->rows.at[i];

		cumulated += r->total.size;
		out_row(o, (union out_value[]){
			       {.u = i},
			       {.u = r->types},
			       {.u = r->total.count},
			       {.d = percent(r->total.count, all->count)},
			       {.u = r->total.size},
			       {.d = percent(r->total.size, all->size)},
			       {.d = percent(cumulated, all->size)},
			       {.u = r->total.max},
			       {.u = r->addr},
			       {.u = r->types},
			       {.s = r->name},
			   });
	}
	if (v->limit && v->rows.n > v->limit)
		out_text(o, "... and %llu more", ULL(v->rows.n - v->limit));
}

enum err cmd_types(struct session *s, const struct cmd_args *a, struct out *o)
{
	struct view v = {0};
	enum err e = view_make(s, a, &v);

	if (!e) {
		say_header(&v, o);
		say_rows(&v, o);
		say_totals(&v, o);
	}
	type_rows_release(&v.rows);
	return e;
}
