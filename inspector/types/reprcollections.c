/* SPDX-License-Identifier: Apache-2.0 */
/* The module collections: deque, OrderedDict, defaultdict, Counter, named tuples; the named tuples of C types. */
#include "base/map.h"
#include "types/family.h"
#include "types/repr.h"

#define SORTED_MAX 65536 /* entries of a Counter that are sorted, where not all are shown */
#define FIELDS_MAX 4096

/* Wraps what stands inside: too deep, it is told by its size. @return true if it is to be written. */
static bool open_items(struct repr *r, addr_t obj, const char *open, int64_t n)
{
	repr_class_name(r, obj);
	buf_str(r->out, open);
	if (n <= 0 || !repr_deep(r))
		return true;
	buf_printf(r->out, "... %lld item%s", (long long)n, n == 1 ? "" : "s");
	return false;
}

/* ---- deque ---- */

void repr_deque(struct repr *r, addr_t obj)
{
	const struct python *py = r->py;
	int64_t most = peek_int(py, obj, F_deque_maxlen, -1), n, i = 0;
	struct peek_deque w;
	addr_t item;

	if (!peek_deque(py, obj, &w, &n)) {
		repr_default(r, obj);
		return;
	}
	if (open_items(r, obj, "([", n)) {
		for (; i < n && i < r->lim->items && !repr_full(r) && peek_deque_next(&w, &item); i++) {
			buf_str(r->out, i ? ", " : "");
			repr_inner(r, item);
		}
		repr_more(r, (uint64_t)i, (uint64_t)n);
	}
	buf_str(r->out, most >= 0 ? "], maxlen=" : "]");
	if (most >= 0)
		buf_printf(r->out, "%lld", (long long)most);
	buf_char(r->out, ')');
}

/* ---- OrderedDict: keys in the order of a list beside the table ---- */

struct keys {
	VEC(addr_t);
};

/* C: nodes. Python (2.7): links of [previous, next, key], the root's key is None. */
static bool ordered_keys(const struct python *py, addr_t obj, uint64_t max, struct keys *out)
{
	addr_t at, root = 0, key;
	int64_t n = peek_dict_size(py, obj);
	struct chain ch = {0};

	if (peek_subtype(py, peek_type(py, obj), py->known[K_odict])) {
		at = peek_ptr(py, obj, F_odict_od_first);
	} else {
		root = peek_attribute(py, obj, "_OrderedDict__root");
		at = peek_item(py, root, 1);
		if (!at)
			return false;
	}
	for (int64_t i = 0; i < n && (uint64_t)i < max && at != root && chain_goes_on(&ch, at); i++) {
		key = root ? peek_item(py, at, 2) : peek_ptr(py, at, F_odictnode_key);
		if (!key || !vec_push(out, key))
			return false;
		at = root ? peek_item(py, at, 1) : peek_ptr(py, at, F_odictnode_next);
	}
	return true;
}

/* The values of those keys, by one walk over the table. */
static bool values_of(const struct python *py, addr_t dict, const struct keys *keys, struct map *out)
{
	struct peek_items it;
	addr_t key, value;
	size_t left = keys->n;

	if (!peek_items_of_dict(py, dict, &it))
		return false;
	for (size_t i = 0; i < keys->n; i++)
		if (!map_put(out, keys->at[i], 0))
			return false;
	while (left && peek_items_next(&it, &key, &value))
		if (map_get(out, key) == 0) {
			left--;
			if (!map_put(out, key, value))
				return false;
		}
	return true;
}

static void put_ordered(struct repr *r, const struct keys *keys, const struct map *values, int64_t n)
{
	bool braces = layout_has_const(&r->py->L, C_REPR_ODICT_BRACES);
	size_t i = 0;

	for (; i < keys->n && !repr_full(r); i++) {
		buf_str(r->out, i ? ", " : "");
		buf_str(r->out, braces ? "" : "(");
		repr_inner(r, keys->at[i]);
		buf_str(r->out, braces ? ": " : ", ");
		repr_inner(r, map_get(values, keys->at[i]));
		buf_str(r->out, braces ? "" : ")");
	}
	repr_more(r, i, (uint64_t)n);
}

void repr_odict(struct repr *r, addr_t obj)
{
	bool braces = layout_has_const(&r->py->L, C_REPR_ODICT_BRACES);
	int64_t n = peek_dict_size(r->py, obj);
	struct map values = {0};
	struct keys keys = {0};

	if (n > 0 && (!ordered_keys(r->py, obj, r->lim->items, &keys) ||
		      !values_of(r->py, obj, &keys, &values))) {
		repr_class_name(r, obj);
		buf_char(r->out, '(');
		repr_dict(r, obj);
		buf_char(r->out, ')');
	} else if (n <= 0) {
		repr_class_name(r, obj);
		buf_str(r->out, "()");
	} else {
		if (open_items(r, obj, braces ? "({" : "([", n))
			put_ordered(r, &keys, &values, n);
		buf_str(r->out, braces ? "})" : "])");
	}
	vec_release(&keys);
	map_release(&values);
}

void repr_defaultdict(struct repr *r, addr_t obj)
{
	addr_t factory = peek_ptr(r->py, obj, F_defdict_default_factory);

	repr_class_name(r, obj);
	buf_char(r->out, '(');
	if (factory)
		repr_inner(r, factory);
	else
		buf_str(r->out, "None");
	buf_str(r->out, ", ");
	repr_dict(r, obj);
	buf_char(r->out, ')');
}

/* ---- Counter: the most frequent first ---- */

struct counted {
	addr_t key, value;
	double count;
	size_t place;
};

static int most_first(const void *pa, const void *pb)
{
	const struct counted *a = pa, *b = pb;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return a->place < b->place ? -1 : 1;
}

/* The size of a count. Beyond 2^53 neighbours look alike, and keep the order of the table. */
static bool count_of(const struct python *py, addr_t value, double *out)
{
	uint32_t words[4096];
	bool negative;
	size_t n;

	if (!repr_int_words(py, value, words, ARRAY_SIZE(words), &n, &negative) || n > 30)
		return false;
	*out = 0;
	while (n)
		*out = *out * 4294967296.0 + words[--n];
	*out = negative ? -*out : *out;
	return true;
}

/* False: they cannot be told apart by size; the table's order must do. */
static bool sorted_counts(struct repr *r, addr_t obj, struct counted *all, size_t n)
{
	struct peek_items it;
	size_t i = 0;

	if (!peek_items_of_dict(r->py, obj, &it))
		return false;
	for (; i < n && peek_items_next(&it, &all[i].key, &all[i].value); i++) {
		all[i].place = i;
		if (!count_of(r->py, all[i].value, &all[i].count))
			return false;
	}
	if (i == n)
		qsort(all, n, sizeof(*all), most_first);
	return i == n;
}

void repr_counter(struct repr *r, addr_t obj)
{
	int64_t n = peek_dict_size(r->py, obj);
	bool all_shown = n > 0 && (uint64_t)n <= r->lim->items;
	cleanup_free struct counted *all = NULL;
	size_t i = 0;

	if (n > 0 && (n <= SORTED_MAX || all_shown))
		all = calloc((size_t)n, sizeof(*all));
	if (n <= 0) {
		repr_class_name(r, obj);
		buf_str(r->out, "()");
	} else if (!all || !sorted_counts(r, obj, all, (size_t)n)) {
		repr_class_name(r, obj);
		buf_char(r->out, '(');
		repr_dict(r, obj);
		buf_char(r->out, ')');
	} else {
		if (open_items(r, obj, "({", n)) {
			for (; i < (size_t)n && i < r->lim->items && !repr_full(r); i++) {
				buf_str(r->out, i ? ", " : "");
				repr_inner(r, all[i].key);
				buf_str(r->out, ": ");
				repr_inner(r, all[i].value);
			}
			repr_more(r, i, (uint64_t)n);
		}
		buf_str(r->out, "})");
	}
}

/* ---- tuples with names ---- */

struct fields {
	addr_t items, names; /* names: a tuple of str, or a C type's members, in order */
	int64_t n;
	bool members;
};

static void put_field_name(struct repr *r, const struct fields *f, int64_t i)
{
	addr_t at = f->names + (addr_t)i * r->py->L.size[S_memberdef];
	char text[100];

	if (!f->members)
		repr_name(r, peek_item(r->py, f->names, i));
	else if (target_read_string(r->py->t, peek_ptr(r->py, at, F_memberdef_name), text,
				    sizeof(text)))
		buf_str(r->out, text);
	else
		buf_char(r->out, '?');
}

static void put_fields(struct repr *r, const struct fields *f)
{
	int64_t i = 0;
	addr_t item;

	buf_char(r->out, '(');
	for (; !repr_deep(r) && i < f->n && i < r->lim->items && !repr_full(r); i++) {
		if (!target_read_u64(r->py->t, f->items + 8 * (addr_t)i, &item))
			break;
		buf_str(r->out, i ? ", " : "");
		put_field_name(r, f, i);
		buf_char(r->out, '=');
		repr_inner(r, item);
	}
	repr_more(r, (uint64_t)i, (uint64_t)f->n);
	buf_char(r->out, ')');
}

/* os.stat_result and its like. In 2.7 they are no tuples. */
static bool put_struct_sequence(struct repr *r, addr_t obj, addr_t type)
{
	const struct python *py = r->py;
	bool tuple = peek_subtype(py, type, py->known[K_tuple]);
	enum field_id first = tuple ? F_tuple_ob_item : F_structseq_ob_item;
	struct fields f = {.names = peek_ptr(py, type, F_type_tp_members),
			   .n = peek_size(py, obj),
			   .members = true};

	if (!f.names || f.n < 0 || f.n > FIELDS_MAX || !layout_has(&py->L, first) ||
	    (!tuple && !python_dict_get(py, peek_ptr(py, type, F_type_tp_dict), "n_sequence_fields")))
		return false;
	f.items = obj + (addr_t)py->L.f[first].offset;
	type_repr_name(py, type, r->out);
	put_fields(r, &f);
	return true;
}

bool repr_named_tuple(struct repr *r, addr_t obj)
{
	const struct python *py = r->py;
	addr_t type = peek_type(py, obj), named = type;
	struct fields f = {.n = peek_size(py, obj)};

	if (!peek_python_class(py, type))
		return put_struct_sequence(r, obj, type);
	if (!peek_subtype(py, type, py->known[K_tuple]) || f.n < 0 || f.n > FIELDS_MAX)
		return false;
	f.names = repr_class_attribute(py, &named, "_fields");
	if (!f.names || peek_size(py, f.names) != f.n)
		return false;
	f.items = obj + (addr_t)py->L.f[F_tuple_ob_item].offset;
	/* 2.7 has the name in the text that it makes for each such class */
	if (py->known[K_string27])
		repr_tp_name(r, named);
	else
		repr_class_name(r, obj);
	put_fields(r, &f);
	return true;
}
