/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What str() says of an exception, where that is C code of the interpreter: the argument, or what the class makes of
 * its fields. A __str__ written in Python is not run.
 */
#include "stack/exception.h"
#include "types/peek.h"
#include "types/repr.h"

#define BASES_MAX 50

struct message {
	const struct python *py;
	addr_t exc;
	struct buf *out;
	bool cut;
};

static bool is_none(const struct message *m, addr_t obj)
{
	return !obj || obj == m->py->known[K_none];
}

/* str(obj) */
static void put_str(struct message *m, addr_t obj)
{
	static const struct repr_limits limits = REPR_LIMITS;
	struct python_characters ch;

	if (python_string(m->py, obj, MESSAGE_CHARS, m->out))
		m->cut |= python_characters(m->py, obj, &ch) && ch.n > MESSAGE_CHARS;
	else
		object_repr(m->py, obj, &limits, m->out);
}

static void put_repr(struct message *m, addr_t obj)
{
	struct repr_limits limits = REPR_LIMITS;

	limits.chars = MESSAGE_CHARS;
	limits.total = 2 * MESSAGE_CHARS;
	object_repr(m->py, obj, &limits, m->out);
}

static addr_t field(const struct message *m, enum field_id f)
{
	addr_t v = peek_ptr(m->py, m->exc, f);

	return is_none(m, v) ? 0 : v;
}

static void put_args(struct message *m)
{
	addr_t args = field(m, F_exc_base_args);
	int64_t n = args ? peek_size(m->py, args) : 0;

	if (n == 1)
		put_str(m, peek_item(m->py, args, 0));
	else if (n > 1)
		put_repr(m, args);
}

static bool put_key_error(struct message *m)
{
	addr_t args = field(m, F_exc_base_args);

	if (!args || peek_size(m->py, args) != 1)
		return false;
	put_repr(m, peek_item(m->py, args, 0));
	return true;
}

static bool put_os_error(struct message *m)
{
	addr_t number = field(m, F_exc_oserror_myerrno), text = field(m, F_exc_oserror_strerror);
	addr_t name = field(m, F_exc_oserror_filename), other = field(m, F_exc_oserror_filename2);

	if (!name && !(number && text))
		return false;
	buf_str(m->out, "[Errno ");
	put_str(m, number ? number : m->py->known[K_none]);
	buf_str(m->out, "] ");
	put_str(m, text ? text : m->py->known[K_none]);
	if (name) {
		buf_str(m->out, ": ");
		put_repr(m, name);
	}
	if (name && other) {
		buf_str(m->out, " -> ");
		put_repr(m, other);
	}
	return true;
}

static bool put_syntax_error(struct message *m)
{
	addr_t msg = field(m, F_exc_syntax_msg), file = field(m, F_exc_syntax_filename);
	struct buf name = {0};
	const char *base;
	int64_t line;
	bool has_line = peek_int64(m->py, field(m, F_exc_syntax_lineno), &line);
	bool has_file = file && python_string(m->py, file, MESSAGE_CHARS, &name);

	put_str(m, msg ? msg : m->py->known[K_none]);
	if (has_file) {
		base = strrchr(buf_text(&name), '/');
		buf_printf(m->out, " (%s", base ? base + 1 : buf_text(&name));
		if (has_line)
			buf_printf(m->out, ", line %lld", (long long)line);
		buf_char(m->out, ')');
	} else if (has_line) {
		buf_printf(m->out, " (line %lld)", (long long)line);
	}
	buf_release(&name);
	return true;
}

static bool put_import_error(struct message *m)
{
	addr_t msg = field(m, F_exc_import_msg);

	if (!msg || !peek_is(m->py, msg, K_unicode))
		return false;
	put_str(m, msg);
	return true;
}

static bool put_group(struct message *m)
{
	addr_t msg = field(m, F_exc_group_msg), excs = field(m, F_exc_group_excs);
	int64_t n = excs ? peek_size(m->py, excs) : -1;

	if (!msg || n < 0)
		return false;
	put_str(m, msg);
	buf_printf(m->out, " (%lld sub-exception%s)", (long long)n, n == 1 ? "" : "s");
	return true;
}

/* The byte that cannot be decoded, the character that cannot be encoded. */
static bool put_culprit(struct message *m, addr_t object, int64_t at, bool decodes)
{
	struct python_characters ch;
	uint8_t raw[4] = {0};
	uint32_t c;

	if (decodes && peek_is(m->py, object, K_bytes)) {
		ch = (struct python_characters){
		    .at = object + m->py->L.f[F_bytes_ob_sval].offset,
		    .n = peek_size(m->py, object),
		    .width = 1,
		};
	} else if (!python_characters(m->py, object, &ch)) {
		return false;
	}
	if (at < 0 || (uint64_t)at >= ch.n ||
	    !target_read(m->py->t, ch.at + at * ch.width, raw, ch.width))
		return false;
	c = load32(raw);
	if (decodes)
		buf_printf(m->out, "byte 0x%02x", c);
	else
		buf_printf(m->out,
			   c < 0x100     ? "character %s'\\x%02x'"
			   : c < 0x10000 ? "character %s'\\u%04x'"
					 : "character %s'\\U%08x'",
			   m->py->known[K_string27] ? "u" : "", c);
	return true;
}

static bool put_unicode_error(struct message *m, const char *what, bool decodes)
{
	addr_t encoding = field(m, F_exc_unicode_encoding), reason = field(m, F_exc_unicode_reason);
	addr_t object = field(m, F_exc_unicode_object);
	int64_t start = peek_int(m->py, m->exc, F_exc_unicode_start, -1);
	int64_t end = peek_int(m->py, m->exc, F_exc_unicode_end, -1);

	if (!encoding || !reason || !object || start < 0)
		return false;
	buf_char(m->out, '\'');
	put_str(m, encoding);
	buf_printf(m->out, "' codec can't %s ", what);
	if (end == start + 1 && put_culprit(m, object, start, decodes))
		buf_printf(m->out, " in position %lld: ", (long long)start);
	else
		buf_printf(m->out, "%s in position %lld-%lld: ", decodes ? "bytes" : "characters",
			   (long long)start, (long long)end - 1);
	put_str(m, reason);
	return true;
}

static bool put_decode_error(struct message *m)
{
	return put_unicode_error(m, "decode", true);
}

static bool put_encode_error(struct message *m)
{
	return put_unicode_error(m, "encode", false);
}

/* Classes of C with a message of their own. To add one: a row. */
static const struct {
	const char *name;
	bool (*put)(struct message *m);
} classes[] = {
    {"KeyError", put_key_error},
    {"OSError", put_os_error},
    {"EnvironmentError", put_os_error}, /* 2.7 */
    {"SyntaxError", put_syntax_error},
    {"ImportError", put_import_error},
    {"UnicodeDecodeError", put_decode_error},
    {"UnicodeEncodeError", put_encode_error},
    {"BaseExceptionGroup", put_group},
};

static bool put_by_class(struct message *m, addr_t type)
{
	char name[64];

	for (int i = 0; type && i < BASES_MAX; i++, type = peek_ptr(m->py, type, F_type_tp_base)) {
		addr_t at = peek_ptr(m->py, type, F_type_tp_name);
		const char *plain;

		if (!at || !target_read_string(m->py->t, at, name, sizeof(name)))
			return false;
		plain = strrchr(name, '.') ? strrchr(name, '.') + 1 : name;
		for (size_t k = 0; k < ARRAY_SIZE(classes); k++)
			if (!strcmp(classes[k].name, plain) && classes[k].put(m))
				return true;
	}
	return false;
}

bool exception_message(const struct python *py, addr_t exc, struct buf *out)
{
	struct message m = {.py = py, .exc = exc, .out = out};

	if (!put_by_class(&m, peek_type(py, exc)))
		put_args(&m);
	return !m.cut;
}

bool exception_has_own_str(const struct python *py, addr_t type)
{
	uint64_t flags;

	for (int i = 0; type && i < BASES_MAX; i++, type = peek_ptr(py, type, F_type_tp_base)) {
		addr_t dict;

		if (!peek_field(py, type, F_type_tp_flags, &flags) ||
		    !(flags & py->L.c[C_TPFLAGS_HEAPTYPE]))
			return false;
		dict = peek_ptr(py, type, F_type_tp_dict);
		if (dict && peek_dict_value(py, dict, "__str__"))
			return true;
	}
	return false;
}
