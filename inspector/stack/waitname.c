/* SPDX-License-Identifier: Apache-2.0 */
/*
 * By which name the code around knows an object: a local variable, a global one, or an attribute of
 * a local variable. Of several frames the innermost that has one, of these the first in that order.
 */
#include "stack/slots.h"
#include "stack/waits.h"
#include "types/peek.h"

#define FRAMES_LOOK 4	 /* around the object's own frames */
#define LOCALS_LOOK 50	 /* of each */
#define OWNERS_LOOK 5	 /* local variables of each, whose attributes are looked at */
#define ATTRIBUTES  200	 /* of each */
#define GLOBALS	    5000 /* of a module */
#define NAME_CHARS  100

/* The key whose value is the object. */
static addr_t key_of(struct peek_items *it, addr_t obj, unsigned max)
{
	addr_t key, value;

	while (max-- && peek_items_next(it, &key, &value))
		if (value == obj)
			return key;
	return 0;
}

static addr_t names_of(const struct python *py, const struct code *code)
{
	addr_t names = peek_ptr(py, code->addr, F_code_co_localsplusnames);

	return names ? names : peek_ptr(py, code->addr, F_code_co_varnames);
}

static bool name_of_local(const struct python *py, const struct pyframe *f, addr_t names,
			  addr_t obj, struct buf *out)
{
	int64_t n = min_of(peek_size(py, names), LOCALS_LOOK);

	for (int64_t i = 0; i < n; i++)
		if (slot_local(py, f, i) == obj)
			return python_string(py, peek_item(py, names, i), NAME_CHARS, out);
	return false;
}

static bool name_of_global(const struct python *py, const struct pyframe *f, addr_t obj,
			   struct buf *out)
{
	bool plus = layout_has(&py->L, F_iframe_f_globals);
	addr_t dict = peek_ptr(py, f->addr, plus ? F_iframe_f_globals : F_frame_f_globals), key;
	struct peek_items it;

	if (!dict || !peek_items_of_dict(py, dict, &it))
		return false;
	key = key_of(&it, obj, GLOBALS);
	return key && python_string(py, key, NAME_CHARS, out);
}

static bool name_of_attribute(const struct python *py, const struct pyframe *f, addr_t names,
			      addr_t obj, struct buf *out)
{
	int64_t n = min_of(peek_size(py, names), OWNERS_LOOK);
	struct peek_items it;

	for (int64_t i = 0; i < n; i++) {
		addr_t owner = slot_local(py, f, i), key;

		if (!owner || !peek_items_of_instance(py, owner, &it))
			continue;
		key = key_of(&it, obj, ATTRIBUTES);
		if (!key || !python_string(py, peek_item(py, names, i), NAME_CHARS, out))
			continue;
		buf_char(out, '.');
		return python_string(py, key, NAME_CHARS, out);
	}
	return false;
}

static bool find_name(const struct python *py, const struct codes *codes, const struct chain *c,
		      size_t from, addr_t obj, struct buf *out)
{
	for (size_t i = from; obj && i < c->n && i < from + FRAMES_LOOK; i++) {
		const struct pyframe *f = &c->at[i];
		addr_t names = names_of(py, &codes->at[f->code]);

		if (name_of_local(py, f, names, obj, out) || name_of_global(py, f, obj, out) ||
		    name_of_attribute(py, f, names, obj, out))
			return true;
		buf_clear(out);
	}
	return false;
}

char *wait_name(const struct python *py, const struct codes *codes, const struct chain *c,
		const struct wait *wait)
{
	struct buf b = {0};

	if (find_name(py, codes, c, wait->frames, wait->object, &b) && buf_ok(&b) && b.n)
		return b.at;
	buf_release(&b);
	return NULL;
}
