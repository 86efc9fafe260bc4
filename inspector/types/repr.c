/* SPDX-License-Identifier: Apache-2.0 */
#include "types/peek.h"
#include "types/repr.h"

#define BASES_MAX 200

#define NAME_CHARS 200

struct form {
	enum known_id known;
	const char *names; /* where no symbol leads to the type */
	void (*write)(struct repr *r, addr_t obj);
	bool value;
};

static const struct form forms[] = {
#define REPR(known, function, value) {K_##known, NULL, repr_##function, value},
#include "types/repr.def"
};
static const struct form named_forms[] = {
#define REPR_NAMED(names, function) {0, names, repr_##function, false},
#include "types/repr.def"
};

static const struct {
	enum known_id known;
	const char *text;
} constants[] = {
    {K_none, "None"},
    {K_true, "True"},
    {K_false, "False"},
    {K_ellipsis, "Ellipsis"},
    {K_notimplemented, "NotImplemented"},
};

static bool repr_constant(struct repr *r, addr_t obj)
{
	for (size_t i = 0; i < ARRAY_SIZE(constants); i++)
		if (r->py->known[constants[i].known] == obj) {
			buf_str(r->out, constants[i].text);
			return true;
		}
	return false;
}

static const struct form *form_of(const struct python *py, addr_t type)
{
	for (size_t i = 0; type && i < ARRAY_SIZE(forms); i++)
		if (py->known[forms[i].known] == type)
			return &forms[i];
	return NULL;
}

/* The form of a type by its name: tp_name is compared first, the whole name is much work. */
static const struct form *named_form(const struct python *py, addr_t type)
{
	addr_t at = peek_ptr(py, type, F_type_tp_name);
	const struct form *found = NULL;
	char name[64];
	const char *last;

	if (!at || !target_read_string(py->t, at, name, sizeof(name)))
		return NULL;
	last = strrchr(name, '.') ? strrchr(name, '.') + 1 : name;
	for (size_t i = 0; i < ARRAY_SIZE(named_forms) && !found; i++) {
		const char *wanted = named_forms[i].names;
		struct buf whole = {0};

		if (strcmp(strrchr(wanted, '.') + 1, last))
			continue;
		type_repr_name(py, type, &whole);
		if (!strcmp(buf_text(&whole), wanted))
			found = &named_forms[i];
		buf_release(&whole);
	}
	return found;
}

/* The nearest base that has a form. */
static const struct form *base_form(const struct python *py, addr_t type)
{
	for (int i = 0; type && type != py->known[K_object] && i < BASES_MAX; i++) {
		const struct form *f = form_of(py, type);

		if (!f)
			f = named_form(py, type);
		if (f)
			return f;
		type = peek_ptr(py, type, F_type_tp_base);
	}
	return NULL;
}

void repr_unknown(struct repr *r, addr_t obj)
{
	buf_char(r->out, '<');
	type_repr_name(r->py, peek_type(r->py, obj), r->out);
	repr_address(r, obj);
}

/* Containers that hold themselves. */
static bool repr_again(struct repr *r, addr_t obj)
{
	static const struct {
		enum known_id known;
		const char *text;
	} marks[] = {{K_list, "[...]"}, {K_dict, "{...}"}, {K_tuple, "(...)"}, {K_odict, "..."}};
	addr_t type = peek_type(r->py, obj);
	unsigned i = 0;

	while (i < r->depth && i < ARRAY_SIZE(r->above) && r->above[i] != obj)
		i++;
	if (i == r->depth || i == ARRAY_SIZE(r->above))
		return false;
	for (i = 0; i < ARRAY_SIZE(marks); i++)
		if (peek_subtype(r->py, type, r->py->known[marks[i].known])) {
			buf_str(r->out, marks[i].text);
			return true;
		}
	if (form_of(r->py, type))
		return false;
	if (base_form(r->py, type))
		buf_str(r->out, "[...]");
	else
		repr_default(r, obj);
	return true;
}

static void repr_of_type(struct repr *r, addr_t obj, addr_t type, uint64_t flags)
{
	const struct python *py = r->py;
	const struct form *exact = form_of(py, type), *base = exact ? exact : base_form(py, type);

	if (!exact && (repr_enum(r, obj) || repr_named_tuple(r, obj)))
		return;
	if (exact || (base && !base->value)) {
		base->write(r, obj);
	} else if (base) {
		type_repr_name(py, type, r->out);
		buf_char(r->out, '(');
		base->write(r, obj);
		buf_char(r->out, ')');
	} else if (flags & py->L.c[C_TPFLAGS_BASE_EXC_SUBCLASS]) {
		repr_exception(r, obj);
	} else {
		repr_instance(r, obj);
	}
}

static void repr_object(struct repr *r, addr_t obj)
{
	addr_t type = peek_type(r->py, obj);
	uint64_t flags;

	if (repr_constant(r, obj))
		return;
	if (!type || !peek_field(r->py, type, F_type_tp_flags, &flags)) {
		buf_printf(r->out, "<unreadable 0x%llx>", (unsigned long long)obj);
		return;
	}
	if (repr_again(r, obj))
		return;
	if (r->depth < ARRAY_SIZE(r->above))
		r->above[r->depth] = obj;
	repr_of_type(r, obj, type, flags);
}

void repr_inner(struct repr *r, addr_t obj)
{
	if (!obj) {
		buf_str(r->out, "<NULL>");
	} else if (repr_full(r) || r->depth >= REPR_DEPTH_MAX) {
		buf_str(r->out, "...");
	} else {
		r->depth++;
		repr_object(r, obj);
		r->depth--;
	}
}

void object_repr(const struct python *py, addr_t obj, const struct repr_limits *lim,
		 struct buf *out)
{
	struct repr_limits own = *lim;
	struct repr r = {.py = py, .lim = &own, .out = out, .end = out->n + lim->total};

	own.depth = min_of(own.depth, REPR_DEPTH_MAX);
	repr_object(&r, obj);
}

static bool add_name(const struct python *py, addr_t str, struct buf *out)
{
	return str && python_string(py, str, 200, out);
}

void type_repr_name(const struct python *py, addr_t type, struct buf *out)
{
	uint64_t flags;
	addr_t at;
	char name[200];
	size_t begin = out->n;

	if (!peek_field(py, type, F_type_tp_flags, &flags)) {
		buf_char(out, '?');
		return;
	}
	if (flags & py->L.c[C_TPFLAGS_HEAPTYPE]) {
		addr_t dict = peek_ptr(py, type, F_type_tp_dict);
		addr_t module = dict ? peek_dict_value(py, dict, "__module__") : 0;

		if (module && !peek_string_is(py, module, "builtins") &&
		    !peek_string_is(py, module, "__builtin__") && add_name(py, module, out))
			buf_char(out, '.');
		at = peek_ptr(py, type, F_heaptype_ht_qualname);
		if (add_name(py, at ? at : peek_ptr(py, type, F_heaptype_ht_name), out))
			return;
		if (out->n > begin)
			return;
	}
	at = peek_ptr(py, type, F_type_tp_name);
	buf_str(out, at && target_read_string(py->t, at, name, sizeof(name)) ? name : "?");
}

/* ---- what the forms share ---- */

void repr_address(struct repr *r, addr_t obj)
{
	buf_printf(r->out, " at 0x%llx>", (unsigned long long)obj);
}

void repr_default(struct repr *r, addr_t obj)
{
	buf_char(r->out, '<');
	type_repr_name(r->py, peek_type(r->py, obj), r->out);
	buf_str(r->out, " object");
	repr_address(r, obj);
}

void repr_name(struct repr *r, addr_t str)
{
	if (!add_name(r->py, str, r->out))
		buf_char(r->out, '?');
}

void repr_tp_name(struct repr *r, addr_t type)
{
	addr_t at = peek_ptr(r->py, type, F_type_tp_name);
	char name[NAME_CHARS];

	buf_str(r->out, at && target_read_string(r->py->t, at, name, sizeof(name)) ? name : "?");
}

void repr_class_name(struct repr *r, addr_t obj)
{
	struct buf whole = {0};
	const char *dot;

	type_repr_name(r->py, peek_type(r->py, obj), &whole);
	dot = strrchr(buf_text(&whole), '.');
	buf_str(r->out, dot ? dot + 1 : buf_text(&whole));
	buf_release(&whole);
}

addr_t repr_class_attribute(const struct python *py, addr_t *type, const char *name)
{
	addr_t found = 0, at = *type;

	for (int i = 0; at && !found && i < BASES_MAX && peek_python_class(py, at); i++) {
		found = python_dict_get(py, peek_ptr(py, at, F_type_tp_dict), name);
		*type = at;
		at = peek_ptr(py, at, F_type_tp_base);
	}
	return found;
}
