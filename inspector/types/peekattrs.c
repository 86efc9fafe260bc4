/* SPDX-License-Identifier: Apache-2.0 */
/* The attributes of an instance: slots, then its dict or the values inside of it. */
#include "types/peek.h"

#define MEMBERS_MAX 4096 /* slots of one class */
#define NAME_CHARS  200

bool peek_python_class(const struct python *py, addr_t type)
{
	uint64_t flags;

	return peek_field(py, type, F_type_tp_flags, &flags) &&
	       flags & py->L.c[C_TPFLAGS_HEAPTYPE] && !peek_ptr(py, type, F_type_tp_methods);
}

static void start(struct peek_attrs *it)
{
	addr_t type = peek_type(it->py, it->obj);

	it->started = true;
	it->has_items = peek_items_of_instance(it->py, it->obj, &it->items);
	while (type && it->n_classes < PEEK_CLASSES && peek_python_class(it->py, type)) {
		it->classes[it->n_classes++] = type;
		type = peek_ptr(it->py, type, F_type_tp_base);
	}
	it->class = it->n_classes;
}

/* The members of __slots__ stand behind the type object. */
static bool member_at(const struct peek_attrs *it, addr_t type, uint64_t i, struct buf *name,
		      addr_t *value)
{
	const struct python *py = it->py;
	int64_t behind = peek_int(py, peek_type(py, type), F_type_tp_basicsize, 0);
	addr_t at = type + (addr_t)behind + i * py->L.size[S_memberdef];
	uint64_t kind, offset;
	char text[NAME_CHARS];

	if (behind <= 0 || behind > 1 << 20 || !peek_field(py, at, F_memberdef_type, &kind) ||
	    kind != py->L.c[C_T_OBJECT_EX] || !peek_field(py, at, F_memberdef_offset, &offset) ||
	    offset > 1 << 20 || !target_read_u64(py->t, it->obj + offset, value) || !*value ||
	    !target_read_string(py->t, peek_ptr(py, at, F_memberdef_name), text, sizeof(text)))
		return false;
	buf_clear(name);
	buf_str(name, text);
	return true;
}

static bool next_slot(struct peek_attrs *it, struct buf *name, addr_t *value)
{
	for (; it->class; it->class--, it->member = 0) {
		addr_t type = it->classes[it->class - 1];
		int64_t n = peek_int(it->py, type, F_type_ob_size, 0);

		while ((int64_t)it->member < min_of(n, MEMBERS_MAX))
			if (member_at(it, type, it->member++, name, value))
				return true;
	}
	return false;
}

bool peek_attrs_next(struct peek_attrs *it, struct buf *name, addr_t *value)
{
	addr_t key;

	if (!it->started)
		start(it);
	if (next_slot(it, name, value))
		return true;
	if (!it->has_items || !peek_items_next(&it->items, &key, value))
		return false;
	buf_clear(name);
	if (!python_string(it->py, key, NAME_CHARS, name))
		buf_char(name, '?');
	return true;
}

addr_t peek_attribute(const struct python *py, addr_t obj, const char *name)
{
	struct peek_attrs it = {.py = py, .obj = obj};
	struct buf b = {0};
	addr_t value, found = 0;

	while (!found && peek_attrs_next(&it, &b, &value))
		if (!strcmp(buf_text(&b), name))
			found = value;
	buf_release(&b);
	return found;
}
