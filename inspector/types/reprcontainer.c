/* SPDX-License-Identifier: Apache-2.0 */
#include "types/peek.h"
#include "types/repr.h"

#define SLOTS_MAX 4096 /* of a set's table: looked at, to find the few that are shown */

/* What stands for the items that are not shown. */
void repr_more(struct repr *r, uint64_t shown, uint64_t n)
{
	if (shown < n)
		buf_printf(r->out, "%s... %llu more", shown ? ", " : "",
			   (unsigned long long)(n - shown));
}

/* Containers that are too deep, or empty, are told by their size alone. @return true if that was
 * all. */
static bool put_short(struct repr *r, const char *open, const char *close, int64_t n)
{
	if (n > 0 && repr_deep(r)) {
		buf_printf(r->out, "%s... %lld item%s%s", open, (long long)n, n == 1 ? "" : "s",
			   close);
		return true;
	}
	return false;
}

static void put_sequence(struct repr *r, addr_t obj, addr_t items, const char *open,
			 const char *close)
{
	int64_t n = peek_size(r->py, obj), i;
	addr_t item;

	if (n < 0 || (n && !items)) {
		repr_unknown(r, obj);
		return;
	}
	if (put_short(r, open, close, n))
		return;
	buf_str(r->out, open);
	for (i = 0; i < n && i < r->lim->items && !repr_full(r); i++) {
		if (!target_read_u64(r->py->t, items + 8 * i, &item))
			break;
		buf_str(r->out, i ? ", " : "");
		repr_inner(r, item);
	}
	repr_more(r, i, n);
	if (n == 1 && *close == ')')
		buf_char(r->out, ',');
	buf_str(r->out, close);
}

void repr_tuple(struct repr *r, addr_t obj)
{
	put_sequence(r, obj, obj + r->py->L.f[F_tuple_ob_item].offset, "(", ")");
}

void repr_list(struct repr *r, addr_t obj)
{
	put_sequence(r, obj, peek_ptr(r->py, obj, F_list_ob_item), "[", "]");
}

void repr_pairs(struct repr *r, struct peek_items *it, uint64_t n)
{
	addr_t key, value;
	uint64_t shown = 0;

	while (shown < r->lim->items && !repr_full(r) && peek_items_next(it, &key, &value)) {
		buf_str(r->out, shown++ ? ", " : "");
		repr_inner(r, key);
		buf_str(r->out, ": ");
		repr_inner(r, value);
	}
	repr_more(r, shown, n);
}

void repr_dict(struct repr *r, addr_t obj)
{
	int64_t n = peek_dict_size(r->py, obj);
	struct peek_items it;

	if (n < 0 || !peek_items_of_dict(r->py, obj, &it)) {
		repr_unknown(r, obj);
		return;
	}
	if (put_short(r, "{", "}", n))
		return;
	buf_char(r->out, '{');
	repr_pairs(r, &it, (uint64_t)n);
	buf_char(r->out, '}');
}

enum view { VIEW_KEYS, VIEW_VALUES, VIEW_ITEMS };

static void put_view(struct repr *r, addr_t obj, enum view view)
{
	addr_t dict = peek_ptr(r->py, obj, F_dictview_dv_dict), key, value;
	int64_t n = peek_dict_size(r->py, dict);
	struct peek_items it;
	uint64_t shown = 0;

	if (n < 0 || !peek_items_of_dict(r->py, dict, &it)) {
		repr_unknown(r, obj);
		return;
	}
	repr_class_name(r, obj);
	if (put_short(r, "([", "])", n))
		return;
	buf_str(r->out, "([");
	while (shown < r->lim->items && !repr_full(r) && peek_items_next(&it, &key, &value)) {
		buf_str(r->out, shown++ ? ", " : "");
		buf_str(r->out, view == VIEW_ITEMS ? "(" : "");
		if (view != VIEW_VALUES)
			repr_inner(r, key);
		buf_str(r->out, view == VIEW_ITEMS ? ", " : "");
		if (view != VIEW_KEYS)
			repr_inner(r, value);
		buf_str(r->out, view == VIEW_ITEMS ? ")" : "");
	}
	repr_more(r, shown, n);
	buf_str(r->out, "])");
}

void repr_dict_keys(struct repr *r, addr_t obj)
{
	put_view(r, obj, VIEW_KEYS);
}

void repr_dict_values(struct repr *r, addr_t obj)
{
	put_view(r, obj, VIEW_VALUES);
}

void repr_dict_items(struct repr *r, addr_t obj)
{
	put_view(r, obj, VIEW_ITEMS);
}

/* Marks of deleted members: an object; before 3.4 strings that file-local pointers lead to. */
static bool is_dummy(const struct python *py, addr_t key)
{
	struct static_symbol at[8];
	size_t n = key == py->known[K_set_dummy] ? 0 : python_statics(py, K_set_dummy_ptr, at, 8);
	addr_t dummy;

	for (size_t i = 0; i < n; i++)
		if (target_read_u64(py->t, at[i].addr, &dummy) && dummy == key)
			return true;
	return key == py->known[K_set_dummy];
}

static void put_members(struct repr *r, addr_t obj, const char *open, const char *close)
{
	const struct python *py = r->py;
	addr_t table = peek_ptr(py, obj, F_set_table), key;
	int64_t n = peek_int(py, obj, F_set_used, -1), mask = peek_int(py, obj, F_set_mask, -1);
	int64_t last = max_of(SLOTS_MAX, 8 * (int64_t)r->lim->items);
	uint64_t shown = 0;

	if (n < 0 || mask < 0 || !table || !py->L.size[S_setentry]) {
		repr_unknown(r, obj);
		return;
	}
	if (put_short(r, open, close, n))
		return;
	buf_str(r->out, open);
	for (int64_t i = 0; i <= min_of(mask, last) && shown < r->lim->items && !repr_full(r);
	     i++) {
		if (!target_read_u64(
			py->t, table + i * py->L.size[S_setentry] + py->L.f[F_setentry_key].offset,
			&key))
			break;
		if (!key || is_dummy(py, key))
			continue;
		buf_str(r->out, shown++ ? ", " : "");
		repr_inner(r, key);
	}
	repr_more(r, shown, n);
	buf_str(r->out, close);
}

void repr_set(struct repr *r, addr_t obj)
{
	bool old = r->py->known[K_string27] != 0;

	if (!peek_int(r->py, obj, F_set_used, -1))
		buf_str(r->out, old ? "set([])" : "set()");
	else
		put_members(r, obj, old ? "set([" : "{", old ? "])" : "}");
}

void repr_frozenset(struct repr *r, addr_t obj)
{
	bool old = r->py->known[K_string27] != 0;

	if (!peek_int(r->py, obj, F_set_used, -1))
		buf_str(r->out, old ? "frozenset([])" : "frozenset()");
	else
		put_members(r, obj, old ? "frozenset([" : "frozenset({", old ? "])" : "})");
}
