/* SPDX-License-Identifier: Apache-2.0 */
/* objects: the objects of a type, chosen by what they are and what they hold. */
#include "cmd/text.h"
#include "heap/values.h"

enum order { ORDER_SIZE, ORDER_LEN, ORDER_REFCOUNT, ORDER_ADDRESS };

struct found {
	addr_t addr;
	uint64_t size, len, refcount; /* len: OUT_NULL = it has none */
};
struct query {
	struct session *s;
	const struct typectx *c;
	struct pick pick;
	struct range len, size, refcount;
	struct attr_path attr; /* empty: not asked for */
	struct attr_path key;
	const char *value; /* of the attribute, NULL: any */
	enum order order;
	uint64_t limit;
	struct {
		VEC(struct found);
	} found;
	uint64_t count, bytes; /* of all that match */
	bool failed;
};

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

#define SORT_BY(name, field)                                                                       \
	static int name(const void *pa, const void *pb)                                            \
	{                                                                                          \
		const struct found *a = pa, *b = pb;                                               \
		int order = compare(a->field, b->field);                                           \
                                                                                                   \
		return order ? order : compare(b->addr, a->addr);                                  \
	}
SORT_BY(by_size, size)
SORT_BY(by_refcount, refcount)
SORT_BY(by_len, len)
#undef SORT_BY

static int by_address(const void *pa, const void *pb)
{
	const struct found *a = pa, *b = pb;

	return compare(b->addr, a->addr);
}

static void keep_the_first(struct query *q)
{
	static int (*const by[])(const void *, const void *) = {by_size, by_len, by_refcount,
								by_address};

	if (q->found.n)
		qsort(q->found.at, q->found.n, sizeof(*q->found.at), by[q->order]);
	if (q->limit && q->found.n > q->limit)
		q->found.n = q->limit;
}

static bool value_agrees(struct query *q, addr_t addr)
{
	struct buf b = {0};
	bool same;

	if (!q->value)
		return true;
	same = value_name(q->s->heap, addr, &b) && !strcmp(buf_text(&b), q->value);
	if (!same) {
		buf_clear(&b);
		text_value(q->s, addr, SHOWN_KEY, &b);
		same = !strcmp(buf_text(&b), q->value);
	}
	buf_release(&b);
	return same;
}

static bool holds_what_is_asked(struct query *q, const struct object *o)
{
	if (q->attr.n) {
		addr_t value = attr_path_follow(q->s->heap, &q->attr, o->addr);

		if (!value || !value_agrees(q, value))
			return false;
	}
	return !q->key.n || attr_path_follow(q->s->heap, &q->key, o->addr);
}

static bool look_at(void *arg, const struct object *o)
{
	struct query *q = arg;
	struct found f = {o->addr, 0, OUT_NULL, 0};
	uint64_t len;

	if (q->s->interrupted || !pick_has(&q->pick, o))
		return !q->s->interrupted;
	f.size = size_of(q->s, o);
	f.refcount = object_refcount(q->c, o->at);
	if (object_length(q->c, o, &len))
		f.len = len;
	if (!range_has(&q->size, f.size) || !range_has(&q->refcount, f.refcount) ||
	    (q->len.given && (f.len == OUT_NULL || !range_has(&q->len, f.len))) ||
	    !holds_what_is_asked(q, o))
		return true;
	q->count++;
	q->bytes += f.size;
	if (q->order == ORDER_LEN && f.len == OUT_NULL)
		f.len = 0;
	if (!vec_push(&q->found, f))
		q->failed = true;
	if (q->limit && q->found.n >= 4 * q->limit + 10000)
		keep_the_first(q);
	return !q->failed;
}

static enum err parse_attr(struct query *q, const char *text)
{
	const char *equals = text ? strchr(text, '=') : NULL;
	char *name = text ? strndup(text, equals ? (size_t)(equals - text) : strlen(text)) : NULL;
	enum err e = text && !name ? diag_set(&q->s->diag, ERR_NOMEM, "out of memory") : OK;

	if (name)
		e = attr_path_parse(name, &q->attr, &q->s->diag);
	q->value = equals ? equals + 1 : NULL;
	free(name);
	return e;
}

static enum err parse_options(struct query *q, const struct cmd_args *a)
{
	const char *key = cmd_option(a, OPT_objects_key)->s;
	struct diag *d = &q->s->diag;
	enum err e;

	q->order = (enum order)cmd_option(a, OPT_objects_sort)->u;
	q->limit = cmd_option(a, OPT_objects_limit)->u;
	if ((e = range_parse(cmd_option(a, OPT_objects_len)->s, "len", &q->len, d)) ||
	    (e = range_parse(cmd_option(a, OPT_objects_size)->s, "size", &q->size, d)) ||
	    (e = range_parse(cmd_option(a, OPT_objects_refcount)->s, "refcount", &q->refcount,
			     d)) ||
	    (e = parse_attr(q, cmd_option(a, OPT_objects_attr)->s)) ||
	    (key && (e = attr_path_key(key, &q->key, d))))
		return e;
	return pick_open(&q->pick, q->s, cmd_argument(a, 0) ? cmd_argument(a, 0)->s : NULL);
}

static void say_rows(struct query *q, struct out *o)
{
	static const struct out_column columns[] = {
	    {"address", "Address", COL_ADDRESS, 14}, {"type", "Type", COL_STRING, 0},
	    {"size", "Size", COL_BYTES, 7},	     {"len", "Len", COL_COUNT, 5},
	    {"refcount", "Refs", COL_COUNT, 5},	     {"repr", "Value", COL_STRING, 0},
	};
	struct buf repr = {0};

	out_table(o, NULL, columns, ARRAY_SIZE(columns));
	vec_foreach (f, &q->found) {
		struct object ob;
		uint64_t len;

		if (out_failed(o) || q->s->interrupted)
			break;
		if (!heap_object(q->s->heap, f->addr, &ob))
			continue;
		out_row(o,
			(union out_value[]){{.u = f->addr},
					    {.s = pick_name(&q->pick, &ob)},
					    {.u = f->size},
					    {.u = object_length(q->c, &ob, &len) ? len : OUT_NULL},
					    {.u = f->refcount},
					    {.s = text_row(q->s, f->addr, &repr)}});
	}
	if (q->count > q->found.n)
		out_text(o, "%llu objects, %llu bytes; %zu are shown (--limit)",
			 (unsigned long long)q->count, (unsigned long long)q->bytes, q->found.n);
	else
		out_text(o, "%llu objects, %llu bytes", (unsigned long long)q->count,
			 (unsigned long long)q->bytes);
	buf_release(&repr);
}

static void say_addresses(struct query *q, struct out *o)
{
	static const struct out_column columns[] = {{"address", "", COL_ADDRESS, 0}};

	out_table(o, NULL, columns, 1);
	vec_foreach (f, &q->found)
		out_row(o, (union out_value[]){{.u = f->addr}});
}

static enum err how_it_went(struct query *q)
{
	if (q->failed)
		return diag_set(&q->s->diag, ERR_NOMEM, "out of memory");
	if (q->s->interrupted)
		return diag_set(&q->s->diag, ERR_INTERRUPTED, "interrupted");
	return OK;
}

enum err cmd_objects(struct session *s, const struct cmd_args *a, struct out *o)
{
	struct query q = {.s = s, .c = typetab_ctx(s->types)};
	enum err e = parse_options(&q, a);

	if (!e) {
		heap_each(s->heap, look_at, &q);
		e = how_it_went(&q);
	}
	if (!e) {
		keep_the_first(&q);
		if (cmd_option(a, OPT_objects_addresses)->u)
			say_addresses(&q, o);
		else
			say_rows(&q, o);
		out_total_u64(o, "objects", q.count);
		out_total_u64(o, "size", q.bytes);
		out_total_u64(o, "shown", q.found.n);
		e = how_it_went(&q);
	}
	pick_release(&q.pick);
	attr_path_release(&q.attr);
	attr_path_release(&q.key);
	vec_release(&q.found);
	return e;
}
