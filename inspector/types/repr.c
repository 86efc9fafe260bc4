/* SPDX-License-Identifier: Apache-2.0 */
#include "types/peek.h"
#include "types/repr.h"

#define BASES_MAX 200

struct form {
	enum known_id known;
	void (*write)(struct repr *r, addr_t obj);
	bool value;
};

static const struct form forms[] = {
#define REPR(known, function, value) {K_##known, repr_##function, value},
#include "types/repr.def"
#undef REPR
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

/* The nearest base that has a form. */
static const struct form *base_form(const struct python *py, addr_t type)
{
	for (int i = 0; type && i < BASES_MAX; i++) {
		const struct form *f = form_of(py, type);

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
	buf_printf(r->out, " at 0x%llx>", (unsigned long long)obj);
}

static void repr_object(struct repr *r, addr_t obj)
{
	const struct python *py = r->py;
	addr_t type = peek_type(py, obj);
	const struct form *exact = form_of(py, type), *base;
	uint64_t flags;

	if (repr_constant(r, obj))
		return;
	if (!type || !peek_field(py, type, F_type_tp_flags, &flags)) {
		buf_printf(r->out, "<unreadable 0x%llx>", (unsigned long long)obj);
		return;
	}
	base = exact ? exact : base_form(py, type);
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

void repr_inner(struct repr *r, addr_t obj)
{
	if (!obj) {
		buf_str(r->out, "<NULL>");
	} else if (repr_full(r)) {
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

		if (module && !peek_string_is(py, module, "builtins") && add_name(py, module, out))
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
