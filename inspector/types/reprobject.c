/* SPDX-License-Identifier: Apache-2.0 */
/* Things that repr() writes between < and >, exceptions, and instances with their attributes. */
#include "types/peek.h"
#include "types/repr.h"

#define NAME_CHARS 200

static void put_name(struct repr *r, addr_t str)
{
	if (!str || !python_string(r->py, str, NAME_CHARS, r->out))
		buf_char(r->out, '?');
}

static void put_address(struct repr *r, addr_t obj)
{
	buf_printf(r->out, " at 0x%llx>", (unsigned long long)obj);
}

void repr_type(struct repr *r, addr_t obj)
{
	buf_str(r->out, "<class '");
	type_repr_name(r->py, obj, r->out);
	buf_str(r->out, "'>");
}

static void put_function_name(struct repr *r, addr_t function)
{
	addr_t name = peek_ptr(r->py, function, F_function_func_qualname);

	put_name(r, name ? name : peek_ptr(r->py, function, F_function_func_name));
}

void repr_function(struct repr *r, addr_t obj)
{
	buf_str(r->out, "<function ");
	put_function_name(r, obj);
	put_address(r, obj);
}

void repr_method(struct repr *r, addr_t obj)
{
	addr_t function = peek_ptr(r->py, obj, F_method_im_func);
	addr_t self = peek_ptr(r->py, obj, F_method_im_self);

	buf_str(r->out, self ? "<bound method " : "<unbound method ");
	if (peek_is(r->py, function, K_function))
		put_function_name(r, function);
	else
		buf_char(r->out, '?');
	if (self) {
		buf_str(r->out, " of <");
		type_repr_name(r->py, peek_type(r->py, self), r->out);
		put_address(r, self);
	}
	buf_char(r->out, '>');
}

void repr_builtin(struct repr *r, addr_t obj)
{
	addr_t def = peek_ptr(r->py, obj, F_cfunction_m_ml);
	addr_t name = peek_ptr(r->py, def, F_methoddef_ml_name);
	char text[NAME_CHARS];

	if (!name || !target_read_string(r->py->t, name, text, sizeof(text)))
		strcpy(text, "?");
	buf_printf(r->out, "<built-in function %s>", text);
}

void repr_module(struct repr *r, addr_t obj)
{
	addr_t dict = peek_ptr(r->py, obj, F_module_md_dict);
	addr_t name = dict ? peek_dict_value(r->py, dict, "__name__") : 0;

	buf_str(r->out, "<module '");
	put_name(r, name);
	buf_str(r->out, "'>");
}

void repr_code(struct repr *r, addr_t obj)
{
	buf_str(r->out, "<code object ");
	put_name(r, peek_ptr(r->py, obj, F_code_co_name));
	put_address(r, obj);
}

void repr_cell(struct repr *r, addr_t obj)
{
	addr_t inside = peek_ptr(r->py, obj, F_cell_ob_ref);

	buf_str(r->out, "<cell: ");
	if (!inside)
		buf_str(r->out, "empty");
	else if (r->depth >= r->lim->depth)
		repr_unknown(r, inside);
	else
		repr_inner(r, inside);
	buf_char(r->out, '>');
}

void repr_exception(struct repr *r, addr_t obj)
{
	addr_t args = peek_ptr(r->py, obj, F_exc_base_args);
	int64_t n = peek_is(r->py, args, K_tuple) ? peek_size(r->py, args) : -1;

	type_repr_name(r->py, peek_type(r->py, obj), r->out);
	buf_char(r->out, '(');
	for (int64_t i = 0; i < n && i < r->lim->items && !repr_full(r); i++) {
		buf_str(r->out, i ? ", " : "");
		if (r->depth >= r->lim->depth + 1)
			buf_str(r->out, "...");
		else
			repr_inner(r, peek_item(r->py, args, i));
	}
	buf_str(r->out, n < 0 ? "?)" : n > r->lim->items ? ", ...)" : ")");
}

/* " a=1, b=2" */
static void put_attributes(struct repr *r, struct peek_items *it)
{
	addr_t name, value;
	unsigned shown = 0;

	while (peek_items_next(it, &name, &value)) {
		if (shown == r->lim->items || repr_full(r)) {
			buf_str(r->out, ", ...");
			return;
		}
		buf_str(r->out, shown++ ? ", " : " ");
		put_name(r, name);
		buf_char(r->out, '=');
		repr_inner(r, value);
	}
}

/* 2.7: the class of an instance of a class without a base is not its type. */
static void put_class(struct repr *r, addr_t obj)
{
	const struct python *py = r->py;

	if (py->known[K_instance27] && peek_is(py, obj, K_instance27)) {
		put_name(r, peek_ptr(py, peek_ptr(py, obj, F_instance27_in_class),
				     F_classobj27_cl_name));
		buf_str(r->out, " instance");
	} else {
		type_repr_name(py, peek_type(py, obj), r->out);
	}
}

void repr_instance(struct repr *r, addr_t obj)
{
	struct peek_items it;

	buf_char(r->out, '<');
	put_class(r, obj);
	if (r->depth < r->lim->depth && peek_items_of_instance(r->py, obj, &it))
		put_attributes(r, &it);
	put_address(r, obj);
}
