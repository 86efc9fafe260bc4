/* SPDX-License-Identifier: Apache-2.0 */
#include <fnmatch.h>
#include "cmd/typerows.h"

#define CLASS_NAME_MAX 500 /* characters of a class' or a module's name */

static void row_add(struct type_row *to, const struct type_row *r)
{
	to->types += r->types;
	to->total.count += r->total.count;
	to->total.size += r->total.size;
	to->total.max = max_of(to->total.max, r->total.max);
}

/* A str that the class object's field or dict refers to. */
static bool string_at(struct session *s, addr_t str, struct buf *out)
{
	return str && python_string(s->python, str, CLASS_NAME_MAX, out);
}

/* The module's name as the class' dict has it. */
static bool class_module(struct session *s, addr_t class, struct buf *out)
{
	const struct layout *L = &s->python->L;
	const uint8_t *at = image_at(s->target->image, class, L->size[S_classobj27]);
	addr_t dict = at ? field_u64(L, at, F_classobj27_cl_dict) : 0;

	return dict && string_at(s, python_dict_get(s->python, dict, "__module__"), out);
}

/* Half a name would be another class': in a core that was cut off the other half may be missing. */
static bool is_half_named(struct session *s, addr_t class)
{
	struct buf module = {0};
	bool half = s->target->missing_bytes && !class_module(s, class, &module);

	buf_release(&module);
	return half;
}

/* "instance of module.Class"; the module's name is kept apart too. */
static bool class_names(struct session *s, addr_t class, struct buf *name, struct buf *module)
{
	const struct layout *L = &s->python->L;
	const uint8_t *at = image_at(s->target->image, class, L->size[S_classobj27]);
	struct buf own = {0};

	(void)class_module(s, class, module);
	if (!at || !string_at(s, field_u64(L, at, F_classobj27_cl_name), &own))
		buf_printf(&own, "<class at 0x%llx>", (unsigned long long)class);
	buf_printf(name, "instance of %s%s%s", buf_text(module), module->n ? "." : "",
		   buf_text(&own));
	name->failed |= own.failed || module->failed;
	buf_release(&own);
	return buf_ok(name);
}

static const char *keep(struct type_rows *r, struct buf *b)
{
	char *text = strdup(buf_text(b));

	if (text && vec_push(&r->owned, text))
		return text;
	free(text);
	return NULL;
}

/* Adds a row for an old-style class. */
static bool add_class(struct session *s, const struct class_total *c, struct type_rows *out)
{
	struct buf name = {0}, module = {0};
	struct type_row row = {.addr = c->class_object, .types = 1, .total = c->total};
	bool ok = class_names(s, c->class_object, &name, &module);

	if (ok) {
		row.name = keep(out, &name);
		row.module = keep(out, &module);
	}
	ok = row.name && row.module && vec_push(out, row);
	buf_release(&name);
	buf_release(&module);
	return ok;
}

/* Python 2's old-style instances: by class. What remains in `rest` are those whose class is not
 * known. */
static bool add_classes(struct session *s, struct type_rows *out, struct type_total *rest)
{
	size_t n = 0;
	const struct class_total *c = heap_classes(s->heap, &n);

	*rest = (struct type_total){0};
	for (size_t i = 0; i < n; i++) {
		if (is_half_named(s, c[i].class_object))
			continue;
		rest->count += c[i].total.count;
		rest->size += c[i].total.size;
		if (c[i].total.count && !add_class(s, &c[i], out))
			return false;
	}
	return true;
}

enum err type_rows_collect(struct session *s, struct type_rows *out)
{
	const struct type_total *totals = heap_totals(s->heap);
	addr_t instance = s->python->known[K_instance27];
	struct type_total classes;
	bool ok = add_classes(s, out, &classes);

	for (uint32_t i = 0; ok && i < typetab_count(s->types); i++) {
		const struct typeinfo *ti = typetab_at(s->types, i);
		struct type_row row = {ti->name, ti->module, ti->addr, 1, totals[i]};

		if (ti->addr == instance) { /* what was counted by class is not counted twice */
			row.total.count -= min_of(row.total.count, classes.count);
			row.total.size -= min_of(row.total.size, classes.size);
		}
		if (row.total.count)
			ok = vec_push(out, row);
	}
	return ok ? OK : diag_set(&s->diag, ERR_NOMEM, "out of memory");
}

void type_rows_filter(struct type_rows *r, const char *glob)
{
	size_t n = 0;

	vec_foreach (row, r)
		if (!fnmatch(glob, row->name, 0))
			r->at[n++] = *row;
	r->n = n;
}

void type_rows_by_module(struct type_rows *r, const char *builtins)
{
	vec_foreach (row, r)
		row->name = *row->module ? row->module : builtins;
}

static int by_name(const void *pa, const void *pb)
{
	const struct type_row *a = pa, *b = pb;
	int order = strcmp(a->name, b->name);

	return order ? order : (a->addr > b->addr) - (a->addr < b->addr);
}

static int larger(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int by_size(const void *pa, const void *pb)
{
	const struct type_total *a = &((const struct type_row *)pa)->total;
	const struct type_total *b = &((const struct type_row *)pb)->total;
	int order = larger(a->size, b->size);

	order = order ? order : larger(a->count, b->count);
	return order ? order : by_name(pa, pb);
}

static int by_count(const void *pa, const void *pb)
{
	const struct type_row *a = pa, *b = pb;
	int order = larger(a->total.count, b->total.count);

	return order ? order : by_size(pa, pb);
}

static int by_max(const void *pa, const void *pb)
{
	const struct type_row *a = pa, *b = pb;
	int order = larger(a->total.max, b->total.max);

	return order ? order : by_size(pa, pb);
}

void type_rows_sort(struct type_rows *r, enum type_order order)
{
	static int (*const by[])(const void *, const void *) = {
	    [BY_SIZE] = by_size, [BY_COUNT] = by_count, [BY_MAX] = by_max, [BY_NAME] = by_name};

	if (r->n)
		qsort(r->at, r->n, sizeof(*r->at), by[order]);
}

void type_rows_merge(struct type_rows *r)
{
	size_t n = 0;

	type_rows_sort(r, BY_NAME);
	vec_foreach (row, r) {
		if (n && !strcmp(r->at[n - 1].name, row->name))
			row_add(&r->at[n - 1], row);
		else
			r->at[n++] = *row;
	}
	r->n = n;
}

struct type_row type_rows_total(const struct type_rows *r)
{
	struct type_row sum = {0};

	vec_foreach (row, r)
		row_add(&sum, row);
	return sum;
}

void type_rows_release(struct type_rows *r)
{
	vec_foreach (it, &r->owned)
		free(*it);
	vec_release(&r->owned);
	vec_release(r);
}
