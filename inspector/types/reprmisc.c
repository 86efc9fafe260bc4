/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges, slices, arrays, views, weak references. */
#include "types/repr.h"

static void put_triple(struct repr *r, const addr_t *parts, int n)
{
	for (int i = 0; i < n; i++) {
		buf_str(r->out, i ? ", " : "(");
		repr_inner(r, parts[i]);
	}
	buf_char(r->out, ')');
}

/* Of 2.7's xrange: numbers, and how many there are. */
static void put_range27(struct repr *r, addr_t obj)
{
	int64_t start = peek_int(r->py, obj, F_range_start, 0),
		step = peek_int(r->py, obj, F_range_step, 1), n = peek_int(r->py, obj, F_range_len, 0);
	long long stop = (long long)((uint64_t)start + (uint64_t)n * (uint64_t)step);

	if (step != 1)
		buf_printf(r->out, "xrange(%lld, %lld, %lld)", (long long)start, stop, (long long)step);
	else if (start)
		buf_printf(r->out, "xrange(%lld, %lld)", (long long)start, stop);
	else
		buf_printf(r->out, "xrange(%lld)", stop);
}

void repr_range(struct repr *r, addr_t obj)
{
	addr_t parts[] = {peek_ptr(r->py, obj, F_range_start), peek_ptr(r->py, obj, F_range_stop),
			  peek_ptr(r->py, obj, F_range_step)};
	int64_t step;

	if (!layout_has(&r->py->L, F_range_stop)) {
		put_range27(r, obj);
		return;
	}
	buf_str(r->out, "range");
	put_triple(r, parts, peek_int64(r->py, parts[2], &step) && step == 1 ? 2 : 3);
}

void repr_slice(struct repr *r, addr_t obj)
{
	addr_t parts[] = {peek_ptr(r->py, obj, F_slice_start), peek_ptr(r->py, obj, F_slice_stop),
			  peek_ptr(r->py, obj, F_slice_step)};

	buf_str(r->out, "slice");
	put_triple(r, parts, 3);
}

/* One number of an array. `old`: 2.7 makes a long of what may not fit an int. */
static void put_number(const uint8_t *p, char code, bool old, struct buf *out)
{
	double d;
	float f;

	switch (code) {
	case 'b':
		buf_printf(out, "%d", (int8_t)*p);
		break;
	case 'B':
		buf_printf(out, "%u", *p);
		break;
	case 'h':
		buf_printf(out, "%d", (int16_t)load16(p));
		break;
	case 'H':
		buf_printf(out, "%u", load16(p));
		break;
	case 'i':
		buf_printf(out, "%d", (int32_t)load32(p));
		break;
	case 'I':
		buf_printf(out, "%u%s", load32(p), old ? "L" : "");
		break;
	case 'l':
	case 'q':
		buf_printf(out, "%lld", (long long)load64(p));
		break;
	case 'L':
	case 'Q':
		buf_printf(out, "%llu%s", (unsigned long long)load64(p), old ? "L" : "");
		break;
	case 'f':
		memcpy(&f, p, sizeof(f));
		repr_double((double)f, out);
		break;
	default:
		memcpy(&d, p, sizeof(d));
		repr_double(d, out);
	}
}

static unsigned width_of(char code)
{
	static const char codes[] = "bBchHuiIflLqQd";
	static const uint8_t widths[] = {1, 1, 1, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 8};
	const char *at = code ? strchr(codes, code) : NULL;

	return at ? widths[at - codes] : 0;
}

static void put_numbers(struct repr *r, addr_t items, uint64_t n, char code)
{
	unsigned width = width_of(code);
	uint8_t number[8] = {0};
	uint64_t i = 0;

	buf_str(r->out, ", [");
	for (; i < n && i < r->lim->items && !repr_full(r); i++) {
		if (!target_read(r->py->t, items + i * width, number, width))
			break;
		buf_str(r->out, i ? ", " : "");
		put_number(number, code, r->py->known[K_string27] != 0, r->out);
	}
	repr_more(r, i, n);
	buf_str(r->out, "])");
}

void repr_array(struct repr *r, addr_t obj)
{
	const struct python *py = r->py;
	addr_t items = peek_ptr(py, obj, F_array_ob_item);
	uint64_t code = 0;
	int64_t n = peek_size(py, obj);

	if (n < 0 || (n && !items) ||
	    !peek_field(py, peek_ptr(py, obj, F_array_ob_descr), F_array_descr_typecode, &code) ||
	    !width_of((char)code)) {
		repr_default(r, obj);
		return;
	}
	repr_class_name(r, obj);
	buf_printf(r->out, "('%c'", (char)code);
	if (!n) {
		buf_char(r->out, ')');
	} else if (code == 'u' || code == 'c') {
		buf_str(r->out, ", ");
		repr_quoted(r, items, (uint64_t)n, width_of((char)code), code == 'u', obj);
		buf_char(r->out, ')');
	} else {
		put_numbers(r, items, (uint64_t)n, (char)code);
	}
}

void repr_memoryview(struct repr *r, addr_t obj)
{
	const struct layout *L = &r->py->L;
	bool released = layout_has_const(L, C_MEMORYVIEW_RELEASED) &&
			(uint64_t)peek_int(r->py, obj, F_memoryview_flags, 0) &
			    L->c[C_MEMORYVIEW_RELEASED];

	buf_str(r->out, released ? "<released memory" : "<memory");
	repr_address(r, obj);
}

void repr_mapping_proxy(struct repr *r, addr_t obj)
{
	if (!layout_has(&r->py->L, F_mappingproxy_mapping)) {
		repr_default(r, obj);
		return;
	}
	repr_class_name(r, obj);
	buf_char(r->out, '(');
	repr_inner(r, peek_ptr(r->py, obj, F_mappingproxy_mapping));
	buf_char(r->out, ')');
}

void repr_namespace(struct repr *r, addr_t obj)
{
	struct peek_attrs it = {.py = r->py, .obj = obj};
	struct buf name = {0}, class = {0};
	uint64_t shown = 0;
	addr_t value;

	type_repr_name(r->py, peek_type(r->py, obj), &class);
	if (strcmp(buf_text(&class), "types.SimpleNamespace"))
		repr_class_name(r, obj);
	else
		buf_str(r->out, "namespace");
	buf_char(r->out, '(');
	while (!repr_deep(r) && peek_attrs_next(&it, &name, &value)) {
		buf_str(r->out, shown ? ", " : "");
		if (shown++ == r->lim->items || repr_full(r)) {
			buf_str(r->out, "...");
			break;
		}
		buf_printf(r->out, "%s=", buf_text(&name));
		repr_inner(r, value);
	}
	buf_str(r->out, repr_deep(r) ? "...)" : ")");
	buf_release(&name);
	buf_release(&class);
}

/* What has a __name__: functions, classes, modules. */
static addr_t name_of(const struct python *py, addr_t obj)
{
	addr_t type = peek_type(py, obj);

	if (type == py->known[K_function])
		return peek_ptr(py, obj, F_function_func_name);
	if (type == py->known[K_module])
		return python_dict_get(py, peek_ptr(py, obj, F_module_md_dict), "__name__");
	if (peek_subtype(py, type, py->known[K_type]))
		return peek_ptr(py, obj, F_heaptype_ht_name);
	return 0;
}

void repr_weakref(struct repr *r, addr_t obj)
{
	addr_t to = peek_ptr(r->py, obj, F_weakref_wr_object), name;

	buf_printf(r->out, "<weakref at 0x%llx; ", (unsigned long long)obj);
	if (!to || to == r->py->known[K_none]) {
		buf_str(r->out, "dead>");
		return;
	}
	buf_str(r->out, "to '");
	repr_tp_name(r, peek_type(r->py, to));
	buf_printf(r->out, "' at 0x%llx", (unsigned long long)to);
	name = name_of(r->py, to);
	if (name) {
		buf_str(r->out, " (");
		repr_name(r, name);
		buf_char(r->out, ')');
	}
	buf_char(r->out, '>');
}
