/* SPDX-License-Identifier: Apache-2.0 */
/* What can be called: functions, methods, descriptors, partials. */
#include "types/repr.h"

#define NAME_CHARS 200

static void put_function_name(struct repr *r, addr_t function)
{
	addr_t name = peek_ptr(r->py, function, F_function_func_qualname);

	repr_name(r, name ? name : peek_ptr(r->py, function, F_function_func_name));
}

void repr_function(struct repr *r, addr_t obj)
{
	buf_str(r->out, "<function ");
	put_function_name(r, obj);
	repr_address(r, obj);
}

/* The object inside, without attributes: they belong to it, not to what holds it. */
static void put_plain(struct repr *r, addr_t obj)
{
	bool plain = r->plain;

	r->plain = true;
	repr_inner(r, obj);
	r->plain = plain;
}

/* 2.7: "Class.function". */
static void put_method_class(struct repr *r, addr_t obj)
{
	addr_t class = peek_ptr(r->py, obj, F_method_im_class);

	if (!class)
		return;
	if (peek_is(r->py, class, K_classobj27))
		repr_name(r, peek_ptr(r->py, class, F_classobj27_cl_name));
	else
		repr_tp_name(r, class);
	buf_char(r->out, '.');
}

static void put_builtin_name(struct repr *r, addr_t obj)
{
	addr_t def = peek_ptr(r->py, obj, F_cfunction_m_ml);
	addr_t name = peek_ptr(r->py, def, F_methoddef_ml_name);
	char text[NAME_CHARS];

	buf_str(r->out, name && target_read_string(r->py->t, name, text, sizeof(text)) ? text : "?");
}

void repr_method(struct repr *r, addr_t obj)
{
	addr_t function = peek_ptr(r->py, obj, F_method_im_func);
	addr_t self = peek_ptr(r->py, obj, F_method_im_self);

	buf_str(r->out, self ? "<bound method " : "<unbound method ");
	put_method_class(r, obj);
	if (peek_is(r->py, function, K_function))
		put_function_name(r, function);
	else if (peek_is(r->py, function, K_cfunction))
		put_builtin_name(r, function);
	else
		buf_char(r->out, '?');
	if (self) {
		buf_str(r->out, " of ");
		put_plain(r, self);
	}
	buf_char(r->out, '>');
}

void repr_builtin(struct repr *r, addr_t obj)
{
	addr_t self = peek_ptr(r->py, obj, F_cfunction_m_self);
	bool function = !self || peek_is(r->py, self, K_module);

	buf_str(r->out, function ? "<built-in function " : "<built-in method ");
	put_builtin_name(r, obj);
	if (function) {
		buf_char(r->out, '>');
		return;
	}
	buf_str(r->out, " of ");
	repr_tp_name(r, peek_type(r->py, self));
	buf_str(r->out, " object");
	repr_address(r, self);
}

static void put_descr(struct repr *r, addr_t obj, const char *what)
{
	buf_printf(r->out, "<%s '", what);
	repr_name(r, peek_ptr(r->py, obj, F_descr_d_name));
	buf_str(r->out, "' of '");
	repr_tp_name(r, peek_ptr(r->py, obj, F_descr_d_type));
	buf_str(r->out, "' objects>");
}

void repr_method_descr(struct repr *r, addr_t obj)
{
	put_descr(r, obj, "method");
}

void repr_member_descr(struct repr *r, addr_t obj)
{
	put_descr(r, obj, "member");
}

void repr_getset_descr(struct repr *r, addr_t obj)
{
	put_descr(r, obj, "attribute");
}

void repr_slot_descr(struct repr *r, addr_t obj)
{
	put_descr(r, obj, "slot wrapper");
}

void repr_method_wrapper(struct repr *r, addr_t obj)
{
	addr_t self = peek_ptr(r->py, obj, F_wrapper_self);

	buf_str(r->out, "<method-wrapper '");
	repr_name(r, peek_ptr(r->py, peek_ptr(r->py, obj, F_wrapper_descr), F_descr_d_name));
	buf_str(r->out, "' of ");
	repr_tp_name(r, peek_type(r->py, self));
	buf_str(r->out, " object");
	repr_address(r, self);
}

static void put_wrapped(struct repr *r, addr_t obj, enum field_id callable)
{
	if (!layout_has_const(&r->py->L, C_REPR_WRAPPED)) {
		repr_default(r, obj);
		return;
	}
	buf_char(r->out, '<');
	repr_class_name(r, obj);
	buf_char(r->out, '(');
	put_plain(r, peek_ptr(r->py, obj, callable));
	buf_str(r->out, ")>");
}

void repr_static_method(struct repr *r, addr_t obj)
{
	put_wrapped(r, obj, F_staticmethod_sm_callable);
}

void repr_class_method(struct repr *r, addr_t obj)
{
	put_wrapped(r, obj, F_classmethod_cm_callable);
}

void repr_partial(struct repr *r, addr_t obj)
{
	addr_t args = peek_ptr(r->py, obj, F_partial_args), key, value;
	int64_t n = peek_size(r->py, args), i = 0;
	struct peek_items it;
	uint64_t named = 0;

	if (!layout_has_const(&r->py->L, C_REPR_PARTIAL) || n < 0) {
		repr_default(r, obj);
		return;
	}
	type_repr_name(r->py, peek_type(r->py, obj), r->out);
	buf_char(r->out, '(');
	put_plain(r, peek_ptr(r->py, obj, F_partial_fn));
	for (; i < n && i < r->lim->items && !repr_full(r) && !repr_deep(r); i++) {
		buf_str(r->out, ", ");
		repr_inner(r, peek_item(r->py, args, i));
	}
	if (peek_items_of_dict(r->py, peek_ptr(r->py, obj, F_partial_kw), &it) && !repr_deep(r))
		while (named < r->lim->items && !repr_full(r) && peek_items_next(&it, &key, &value)) {
			named++;
			buf_str(r->out, ", ");
			repr_name(r, key);
			buf_char(r->out, '=');
			repr_inner(r, value);
		}
	n += max_of(peek_dict_size(r->py, peek_ptr(r->py, obj, F_partial_kw)), 0);
	if ((uint64_t)i + named < (uint64_t)n)
		buf_str(r->out, ", ...");
	buf_char(r->out, ')');
}
