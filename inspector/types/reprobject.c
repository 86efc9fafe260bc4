/* SPDX-License-Identifier: Apache-2.0 */
/* Things that repr() writes between < and >: types, modules, code; exceptions, and instances with their attributes. */
#include "types/repr.h"

#define NAME_CHARS 200
#define PATH_CHARS 4096

void repr_type(struct repr *r, addr_t obj)
{
	uint64_t flags = 0;
	bool old = r->py->known[K_string27] && peek_field(r->py, obj, F_type_tp_flags, &flags) &&
		   !(flags & r->py->L.c[C_TPFLAGS_HEAPTYPE]);

	buf_str(r->out, old ? "<type '" : "<class '");
	type_repr_name(r->py, obj, r->out);
	buf_str(r->out, "'>");
}

/* "module.Class" of a class without a base (2.7). */
static void put_class27(struct repr *r, addr_t class)
{
	addr_t module = python_dict_get(r->py, peek_ptr(r->py, class, F_classobj27_cl_dict),
					"__module__");

	repr_name(r, module);
	buf_char(r->out, '.');
	repr_name(r, peek_ptr(r->py, class, F_classobj27_cl_name));
}

void repr_class27(struct repr *r, addr_t obj)
{
	buf_str(r->out, "<class ");
	put_class27(r, obj);
	repr_address(r, obj);
}

/* Text with quotes as repr() writes it. */
static void put_text(struct repr *r, addr_t str)
{
	struct python_characters at;

	if (!str || !python_characters(r->py, str, &at))
		buf_str(r->out, "'?'");
	else
		repr_quoted(r, at.at, min_of(at.n, PATH_CHARS), at.width, !at.bytes, str);
}

static bool is_str(const struct python *py, addr_t obj)
{
	struct python_characters at;

	return obj && python_characters(py, obj, &at);
}

static bool is_value(const struct python *py, addr_t obj)
{
	return obj && obj != py->known[K_none];
}

/* Before 3.9 the importer of `sys` had the word. */
static bool put_importer(struct repr *r, addr_t loader)
{
	struct buf name = {0};
	bool ours;

	if (!peek_subtype(r->py, peek_type(r->py, loader), r->py->known[K_type]))
		return false;
	type_repr_name(r->py, loader, &name);
	ours = !strcmp(buf_text(&name), "_frozen_importlib.BuiltinImporter");
	buf_str(r->out, ours ? " (built-in)" : "");
	buf_release(&name);
	return ours;
}

/* How importlib describes a module: by its __spec__. False if that does not say where it is from. */
static bool put_origin(struct repr *r, addr_t spec)
{
	const struct python *py = r->py;
	addr_t origin = peek_attribute(py, spec, "origin");
	addr_t located = peek_attribute(py, spec, "_set_fileattr");

	if (!is_str(py, origin))
		return put_importer(r, peek_attribute(py, spec, "loader"));
	if (located == py->known[K_true]) {
		buf_str(r->out, " from ");
		put_text(r, origin);
	} else {
		buf_str(r->out, " (");
		repr_name(r, origin);
		buf_char(r->out, ')');
	}
	return true;
}

void repr_module(struct repr *r, addr_t obj)
{
	const struct python *py = r->py;
	addr_t dict = peek_ptr(py, obj, F_module_md_dict);
	addr_t spec = dict ? python_dict_get(py, dict, "__spec__") : 0;
	addr_t file = dict ? python_dict_get(py, dict, "__file__") : 0;

	buf_str(r->out, "<module ");
	put_text(r, dict ? python_dict_get(py, dict, "__name__") : 0);
	if (is_value(py, spec) && put_origin(r, spec)) {
		buf_char(r->out, '>');
		return;
	}
	if (is_str(py, file)) {
		buf_str(r->out, " from ");
		put_text(r, file);
	} else if (py->known[K_string27]) {
		buf_str(r->out, " (built-in)");
	}
	buf_char(r->out, '>');
}

void repr_code(struct repr *r, addr_t obj)
{
	addr_t file = peek_ptr(r->py, obj, F_code_co_filename);
	struct buf name = {0};

	buf_str(r->out, "<code object ");
	repr_name(r, peek_ptr(r->py, obj, F_code_co_name));
	if (!file || !python_string(r->py, file, PATH_CHARS, &name))
		buf_str(&name, "?");
	buf_printf(r->out, " at 0x%llx, file \"%s\", line %lld>", (unsigned long long)obj,
		   buf_text(&name), (long long)peek_int(r->py, obj, F_code_co_firstlineno, 0));
	buf_release(&name);
}

void repr_generator(struct repr *r, addr_t obj)
{
	static const enum field_id names[] = {F_gen_gi_qualname, F_coro_cr_qualname,
					      F_asyncgen_ag_qualname};
	const struct python *py = r->py;
	addr_t type = peek_type(py, obj), name;
	int which = type == py->known[K_coro] ? 1 : type == py->known[K_asyncgen] ? 2 : 0;

	buf_char(r->out, '<');
	type_repr_name(py, type, r->out);
	buf_str(r->out, " object ");
	name = peek_ptr(py, obj, names[which]);
	repr_name(r, name ? name : peek_ptr(py, peek_ptr(py, obj, F_gen_gi_code), F_code_co_name));
	repr_address(r, obj);
}

void repr_cell(struct repr *r, addr_t obj)
{
	addr_t inside = peek_ptr(r->py, obj, F_cell_ob_ref);

	buf_str(r->out, "<cell: ");
	if (!inside)
		buf_str(r->out, "empty");
	else if (repr_deep(r))
		repr_unknown(r, inside);
	else
		repr_inner(r, inside);
	buf_char(r->out, '>');
}

void repr_exception(struct repr *r, addr_t obj)
{
	addr_t args = peek_ptr(r->py, obj, F_exc_base_args);
	int64_t n = peek_is(r->py, args, K_tuple) ? peek_size(r->py, args) : -1;

	repr_class_name(r, obj);
	buf_char(r->out, '(');
	for (int64_t i = 0; i < n && i < r->lim->items && !repr_full(r); i++) {
		buf_str(r->out, i ? ", " : "");
		if (r->depth >= r->lim->depth + 1)
			buf_str(r->out, "...");
		else
			repr_inner(r, peek_item(r->py, args, i));
	}
	if (n == 1 && layout_has_const(&r->py->L, C_REPR_EXC_TUPLE))
		buf_char(r->out, ',');
	buf_str(r->out, n < 0 ? "?)" : n > r->lim->items ? ", ...)" : ")");
}

/* " a=1, b=2". @return how many */
static unsigned put_attributes(struct repr *r, addr_t obj)
{
	struct peek_attrs it = {.py = r->py, .obj = obj};
	struct buf name = {0};
	unsigned shown = 0;
	addr_t value;

	while (peek_attrs_next(&it, &name, &value)) {
		if (shown == r->lim->items || repr_full(r)) {
			buf_str(r->out, ", ...");
			break;
		}
		buf_printf(r->out, "%s%s=", shown++ ? ", " : " ", buf_text(&name));
		repr_inner(r, value);
	}
	buf_release(&name);
	return shown;
}

/* Without attributes to show, the very text of object.__repr__(). */
void repr_instance(struct repr *r, addr_t obj)
{
	const struct python *py = r->py;
	bool old = py->known[K_instance27] && peek_is(py, obj, K_instance27);
	unsigned shown = 0;

	buf_char(r->out, '<');
	if (old)
		put_class27(r, peek_ptr(py, obj, F_instance27_in_class));
	else
		type_repr_name(py, peek_type(py, obj), r->out);
	if (!repr_deep(r) && !r->plain)
		shown = put_attributes(r, obj);
	if (!shown)
		buf_str(r->out, old ? " instance" : " object");
	repr_address(r, obj);
}

/* The class of an enum's member has a metaclass of that name, or one derived from it. */
static bool is_enum(const struct python *py, addr_t type)
{
	addr_t meta = peek_type(py, type);
	char name[16];

	for (int i = 0; meta && meta != py->known[K_type] && i < 16; i++) {
		if (target_read_string(py->t, peek_ptr(py, meta, F_type_tp_name), name, sizeof(name)) &&
		    (!strcmp(name, "EnumMeta") || !strcmp(name, "EnumType")))
			return true;
		meta = peek_ptr(py, meta, F_type_tp_base);
	}
	return false;
}

bool repr_enum(struct repr *r, addr_t obj)
{
	addr_t name, value;

	if (!is_enum(r->py, peek_type(r->py, obj)))
		return false;
	name = peek_attribute(r->py, obj, "_name_");
	value = peek_attribute(r->py, obj, "_value_");
	if (!name || !value)
		return false;
	buf_char(r->out, '<');
	repr_class_name(r, obj);
	if (is_value(r->py, name)) {
		buf_char(r->out, '.');
		repr_name(r, name);
	}
	buf_str(r->out, ": ");
	repr_inner(r, value);
	buf_char(r->out, '>');
	return true;
}
