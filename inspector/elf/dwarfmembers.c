/* SPDX-License-Identifier: Apache-2.0 */
/* Members of structs by path: anonymous structs and unions, bit-fields of DWARF 2 to 5, arrays. */
#include <ctype.h>
#include "elf/dwarfpriv.h"

#define ANONYMOUS_DEPTH 16
#define MEMBERS_MAX	1000000 /* looked at in one walk, so that a struct that holds itself ends */

/* A member's attributes, in one pass. */
struct raw_member {
	const char *name; /* NULL: anonymous */
	Dwarf_Attribute type, location, bit_size, bit_offset, data_bit_offset, byte_size;
	unsigned int has; /* bits HAS_* */
};
enum {
	HAS_TYPE = 1,
	HAS_LOCATION = 2,
	HAS_BIT_SIZE = 4,
	HAS_BIT_OFFSET = 8,
	HAS_DATA_BIT_OFFSET = 16,
	HAS_BYTE_SIZE = 32,
	IS_STATIC = 64 /* a C++ class variable */
};

static int read_member(Dwarf_Attribute *attr, void *arg)
{
	struct raw_member *m = arg;

	switch (dwarf_whatattr(attr)) {
#define TAKE(code, field, bit)                                                                     \
	case code:                                                                                 \
		m->field = *attr;                                                                  \
		m->has |= bit;                                                                     \
		break
		TAKE(DW_AT_type, type, HAS_TYPE);
		TAKE(DW_AT_data_member_location, location, HAS_LOCATION);
		TAKE(DW_AT_bit_size, bit_size, HAS_BIT_SIZE);
		TAKE(DW_AT_bit_offset, bit_offset, HAS_BIT_OFFSET);
		TAKE(DW_AT_data_bit_offset, data_bit_offset, HAS_DATA_BIT_OFFSET);
		TAKE(DW_AT_byte_size, byte_size, HAS_BYTE_SIZE);
#undef TAKE
	case DW_AT_name:
		m->name = dwarf_formstring(attr);
		break;
	case DW_AT_declaration:
		m->has |= IS_STATIC;
		break;
	}
	return DWARF_CB_OK;
}

/* A constant, or DWARF 2's expression DW_OP_plus_uconst. */
static bool member_location(const struct raw_member *m, int64_t *out)
{
	Dwarf_Attribute attr = m->location;
	Dwarf_Op *ops;
	size_t n;

	*out = 0;
	if (!(m->has & HAS_LOCATION) || attr_constant(&attr, out))
		return true;
	if (dwarf_getlocation(&attr, &ops, &n) || n != 1 || ops[0].atom != DW_OP_plus_uconst)
		return false;
	*out = (int64_t)ops[0].number;
	return true;
}

static bool constant(const struct raw_member *m, unsigned int bit, const Dwarf_Attribute *attr,
		     int64_t *out)
{
	Dwarf_Attribute copy = *attr;

	return (m->has & bit) && attr_constant(&copy, out);
}

/* Offset and bits within the struct that the member is declared in. */
static bool place_member(const struct raw_member *m, Dwarf_Die *type, struct dwarf_member *out)
{
	int64_t bytes, bits = 0, size = 0, back = 0, unit = 0;

	if (!member_location(m, &bytes) || bytes < 0 || bytes > INT32_MAX)
		return false;
	if (m->has & HAS_BIT_SIZE) {
		if (!constant(m, HAS_BIT_SIZE, &m->bit_size, &size) || size <= 0 || size > 128)
			return false;
		if (m->has & HAS_DATA_BIT_OFFSET) {
			if (!constant(m, HAS_DATA_BIT_OFFSET, &m->data_bit_offset, &bits))
				return false;
		} else if (m->has & HAS_BIT_OFFSET) {
			/* counted from the most significant bit of the storage unit */
			if (!constant(m, HAS_BIT_OFFSET, &m->bit_offset, &back))
				return false;
			if (!constant(m, HAS_BYTE_SIZE, &m->byte_size, &unit))
				unit = (int64_t)die_size(type);
			if (unit < 0 || unit > 16 || back < -INT32_MAX || back > INT32_MAX)
				return false;
			bits = unit * 8 - back - size;
		}
		if (bits < 0 || bits > INT32_MAX)
			return false;
	}
	out->offset = bytes + bits / 8;
	out->bit_pos = (uint8_t)(bits % 8);
	out->bit_size = (uint8_t)size;
	return true;
}

static void describe_array(Dwarf_Die *array, unsigned int dim, struct dwarf_member *out)
{
	uint64_t count = 0, stride;
	unsigned int n = array_dimensions(array, dim, &count);
	Dwarf_Die element;

	if (dim >= n || !die_type(array, &element))
		return;
	out->count = count == UINT64_MAX ? 0 : count;
	stride = die_size(&element);
	for (unsigned int i = dim + 1; i < n; i++) {
		array_dimensions(array, i, &count);
		if (count == UINT64_MAX || __builtin_mul_overflow(stride, count, &stride))
			stride = 0;
	}
	out->stride = stride;
}

/*
 * Size, type and array of a member whose place is known. `dim` dimensions of an array are indexed
 * already.
 */
static void describe_member(struct dwarf_info *w, Dwarf_Die *type, unsigned int dim,
			    struct dwarf_member *m)
{
	Dwarf_Die peeled;

	m->count = m->stride = 0;
	m->type.die = dim ? 0 : die_handle(w, type);
	m->size = die_size(type);
	if (!die_peel(type, true, &peeled) || dwarf_tag(&peeled) != DW_TAG_array_type)
		return;
	describe_array(&peeled, dim, m);
	if (dim && __builtin_mul_overflow(m->count, m->stride, &m->size))
		m->size = 0;
}

/* Called for each named member; m has the place only. Returns false to stop. */
typedef bool (*member_fn)(void *arg, const char *name, struct dwarf_member *m, Dwarf_Die *type);

/*
 * Walks the members; the struct's own anonymous parts are walked in place, with a stack of our
 * own.
 */
static void each_member(Dwarf_Die *aggregate, member_fn fn, void *arg)
{
	struct {
		Dwarf_Die at;
		int64_t base;
	} stack[ANONYMOUS_DEPTH];
	int depth = 0;

	if (!die_child(aggregate, &stack[0].at))
		return;
	stack[0].base = 0;
	for (int budget = MEMBERS_MAX; depth >= 0 && budget > 0; budget--) {
		Dwarf_Die die = stack[depth].at, type, part;
		struct raw_member raw = {0};
		struct dwarf_member m = {0};
		int64_t base = stack[depth].base;

		if (!die_next(&die, &stack[depth].at))
			depth--;
		if (dwarf_tag(&die) != DW_TAG_member && dwarf_tag(&die) != DW_TAG_inheritance)
			continue;
		dwarf_getattrs(&die, read_member, &raw, 0);
		if (!(raw.has & HAS_TYPE) || (raw.has & IS_STATIC) ||
		    !dwarf_formref_die(&raw.type, &type) || !place_member(&raw, &type, &m) ||
		    base + m.offset > INT32_MAX)
			continue;
		m.offset += base;
		if (raw.name && *raw.name) {
			if (!fn(arg, raw.name, &m, &type))
				return;
		} else if (depth + 1 < ANONYMOUS_DEPTH && die_peel(&type, true, &part) &&
			   die_is_aggregate(&part) && die_child(&part, &stack[depth + 1].at)) {
			stack[++depth].base = m.offset;
		}
	}
}

struct member_search {
	const char *name;
	size_t n;
	bool found;
	struct dwarf_member m;
	Dwarf_Die type;
};

static bool match_member(void *arg, const char *name, struct dwarf_member *m, Dwarf_Die *type)
{
	struct member_search *s = arg;

	if (strncmp(name, s->name, s->n) || name[s->n])
		return true;
	s->m = *m;
	s->type = *type;
	s->found = true;
	return false;
}

static bool take_first(void *arg, const char *name, struct dwarf_member *m, Dwarf_Die *type)
{
	struct member_search *s = arg;

	s->found = m->offset == 0;
	s->type = *type;
	return false;
}

bool die_first_member(Dwarf_Die *aggregate, Dwarf_Die *out)
{
	struct member_search s = {0};

	each_member(aggregate, take_first, &s);
	if (s.found)
		*out = s.type;
	return s.found;
}

/* Where a path has come to. */
struct cursor {
	struct dwarf_info *w;
	Dwarf_Die type;
	unsigned int dim; /* dimensions of the array `type` that are indexed already */
	struct dwarf_member m;
};

static bool cursor_member(struct cursor *c, const char *name, size_t n)
{
	struct member_search s = {.name = name, .n = n};
	Dwarf_Die peeled, whole;

	if (c->dim || c->m.bit_size || !n || !die_peel(&c->type, true, &peeled) ||
	    !die_is_aggregate(&peeled) || !die_complete(c->w, &peeled, &whole))
		return false;
	each_member(&whole, match_member, &s);
	if (!s.found || __builtin_add_overflow(c->m.offset, s.m.offset, &c->m.offset))
		return false;
	c->m.bit_pos = s.m.bit_pos;
	c->m.bit_size = s.m.bit_size;
	c->type = s.type;
	return true;
}

static bool cursor_index(struct cursor *c, uint64_t index)
{
	struct dwarf_member array = {0};
	uint64_t count = 0;
	unsigned int n;
	Dwarf_Die peeled;

	if (!die_peel(&c->type, true, &peeled) || dwarf_tag(&peeled) != DW_TAG_array_type)
		return false;
	n = array_dimensions(&peeled, c->dim, &count);
	describe_array(&peeled, c->dim, &array);
	/* an open array ends nowhere */
	if (c->dim >= n || !array.stride || array.stride > INT32_MAX || index > INT32_MAX ||
	    (count != UINT64_MAX && index >= count))
		return false;
	if (__builtin_add_overflow(c->m.offset, (int64_t)(index * array.stride), &c->m.offset))
		return false;
	c->dim++;
	if (c->dim < n)
		return true;
	c->dim = 0;
	return die_type(&peeled, &c->type);
}

static bool cursor_path(struct cursor *c, const char *path, size_t len)
{
	const char *end = path + len;
	bool first = true;

	while (path < end) {
		if (*path == '[') {
			char *after;
			uint64_t index;

			if (path + 1 >= end || !isdigit((unsigned char)path[1]))
				return false;
			index = strtoull(path + 1, &after, 10);
			if (after >= end || *after != ']' || !cursor_index(c, index))
				return false;
			path = after + 1;
		} else {
			size_t n;

			if (!first && *path++ != '.')
				return false;
			n = strcspn(path, ".[|");
			if (n > (size_t)(end - path) || !cursor_member(c, path, n))
				return false;
			path += n;
		}
		first = false;
	}
	return !first;
}

bool dwarf_find_member(struct dwarf_info *w, struct dwarf_type t, const char *paths,
		       struct dwarf_member *out)
{
	struct cursor c;
	const char *at;
	Dwarf_Die die;
	size_t n;

	if (!die_of(w, t.die, &die))
		return false;
	while (next_alternative(&paths, &at, &n)) {
		c = (struct cursor){.w = w, .type = die};
		if (!cursor_path(&c, at, n))
			continue;
		describe_member(w, &c.type, c.dim, &c.m);
		*out = c.m;
		return true;
	}
	return false;
}

struct member_visit {
	struct dwarf_info *w;
	bool (*fn)(void *arg, const char *name, const struct dwarf_member *m);
	void *arg;
};

static bool visit_member(void *arg, const char *name, struct dwarf_member *m, Dwarf_Die *type)
{
	struct member_visit *v = arg;

	describe_member(v->w, type, 0, m);
	return v->fn(v->arg, name, m);
}

void dwarf_each_member(struct dwarf_info *w, struct dwarf_type t,
		       bool (*fn)(void *arg, const char *name, const struct dwarf_member *m),
		       void *arg)
{
	struct member_visit v = {w, fn, arg};
	Dwarf_Die die, peeled, whole;

	if (die_of(w, t.die, &die) && die_peel(&die, true, &peeled) && die_is_aggregate(&peeled) &&
	    die_complete(w, &peeled, &whole))
		each_member(&whole, visit_member, &v);
}
