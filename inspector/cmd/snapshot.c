/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot: the whole heap as a file, an object a line; --format sqlite is in sql/copy.c.
 *
 * jsonl: a header {"heapscope": {...}}, an object a line, {"end": {"objects": N}}. meliae: the
 * lines that meliae's loader reads, whose regular expression depends on the order of the keys.
 */
#include "config.h"

#include <errno.h>
#include <time.h>
#include "base/utf8.h"
#include "cmd/identity.h"
#include "cmd/sink.h"
#include "cmd/sql/copy.h"
#include "cmd/text.h"
#include "heap/labels.h"
#include "heap/values.h"

#define VALUE_CHARS 100 /* of a string, as meliae has it */
#define TYPE_CHARS  100

struct writing {
	struct session *s;
	const struct typectx *c;
	struct pick names;
	struct sink *sink;
	bool meliae;
	struct buf line, text;
	struct {
		VEC(char *);
	} tp_names; /* by type id, NULL = not read yet */
	uint64_t objects;
	bool failed;
};

/* JSON in ASCII; what is no UTF-8 is taken byte for byte. */
static void add_json(struct buf *b, const char *s, size_t n, bool slashes)
{
	buf_char(b, '"');
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)s[i];
		uint32_t point = c;
		size_t plain = i, len;

		while (plain < n && s[plain] >= 0x20 && s[plain] < 0x7f &&
		       !strchr("\"\\/", s[plain]))
			plain++;
		if (plain > i) {
			buf_add(b, s + i, plain - i);
			i = plain;
			continue;
		}
		len = c < 0x80 ? 1 : utf8_decode(s + i, n - i, &point);

		i += len ? len : 1;
		if (point == '"' || point == '\\' || (point == '/' && slashes))
			buf_printf(b, "\\%c", (char)point);
		else if (point >= 0x20 && point < 0x7f)
			buf_char(b, (char)point);
		else if (point < 0x10000)
			buf_printf(b, "\\u%04x", point);
		else
			buf_printf(b, "\\u%04x\\u%04x", 0xd800 + ((point - 0x10000) >> 10),
				   0xdc00 + ((point - 0x10000) & 0x3ff));
	}
	buf_char(b, '"');
}

static void add_json_str(struct writing *w, const char *s)
{
	add_json(&w->line, s, strlen(s), w->meliae);
}

/* tp_name as C has it: bare for classes, "module.name" for many static types. */
static const char *tp_name(struct writing *w, const struct typeinfo *ti)
{
	char text[TYPE_CHARS + 1];
	addr_t at = 0;

	while (w->tp_names.n <= ti->id)
		if (!vec_push(&w->tp_names, NULL))
			return ti->name;
	if (w->tp_names.at[ti->id])
		return w->tp_names.at[ti->id];
	if (!target_read_u64(w->s->target, ti->addr + (addr_t)w->c->L->f[F_type_tp_name].offset,
			     &at) ||
	    !target_read_string(w->s->target, at, text, sizeof(text)))
		return ti->name;
	w->tp_names.at[ti->id] = strdup(text);
	return w->tp_names.at[ti->id] ? w->tp_names.at[ti->id] : ti->name;
}

/* What every reader of JSON takes for an integer. */
static bool fits_int64(const char *s)
{
	char *end;

	errno = 0;
	(void)strtoll(s, &end, 10);
	return *s && !*end && !errno;
}

/* Bytes one by one, as characters of the same number. */
static void add_bytes(struct writing *w, addr_t addr, uint64_t n)
{
	uint8_t at[VALUE_CHARS];

	n = min_of(n, VALUE_CHARS);
	if (!target_read(w->s->target, addr, at, n))
		return;
	buf_str(&w->line, ", \"value\": \"");
	for (uint64_t i = 0; i < n; i++)
		if (at[i] < 0x20 || at[i] > 0x7e)
			buf_printf(&w->line, "\\u%04x", at[i]);
		else if (strchr(w->meliae ? "\"\\/" : "\"\\", at[i]))
			buf_printf(&w->line, "\\%c", at[i]);
		else
			buf_char(&w->line, (char)at[i]);
	buf_char(&w->line, '"');
}

static void add_text(struct writing *w, const struct object *o)
{
	struct python_characters ch;

	if (python_characters(w->s->python, o->addr, &ch) && ch.bytes) {
		add_bytes(w, ch.at, ch.n);
	} else if (python_string(w->s->python, o->addr, VALUE_CHARS, &w->text)) {
		buf_str(&w->line, ", \"value\": ");
		add_json(&w->line, buf_text(&w->text), w->text.n, w->meliae);
	}
}

static bool find_code(void *arg, const struct edge *e)
{
	const char *label = e->kind == EDGE_FIELD ? (const char *)(uintptr_t)e->aux : NULL;

	if (label && strstr(label, "_code"))
		*(addr_t *)arg = e->to;
	return !*(addr_t *)arg;
}

/* meliae: the name of what the frame runs. */
static void add_frame(struct writing *w, const struct object *o)
{
	addr_t at = 0;
	struct object code;

	edges_each(w->s->heap, o, find_code, &at);
	if (!heap_object(w->s->heap, at, &code) || !layout_has(w->c->L, F_code_co_name) ||
	    !value_name(w->s->heap, field_u64(w->c->L, code.at, F_code_co_name), &w->text))
		return;
	buf_str(&w->line, ", \"value\": ");
	add_json(&w->line, buf_text(&w->text), w->text.n, true);
}

/* The value of atoms: text of strings, numbers, "True". */
static void add_value(struct writing *w, const struct object *o)
{
	const addr_t *known = w->s->python->known;
	const struct layout *L = w->c->L;
	bool text = o->type->flags &
		    (L->c[C_TPFLAGS_UNICODE_SUBCLASS] |
		     (layout_has(L, F_string27_ob_sval) ? L->c[C_TPFLAGS_BYTES_SUBCLASS] : 0));

	buf_clear(&w->text);
	if (text) {
		add_text(w, o);
	} else if (o->type->addr == known[K_bytes] && layout_has(L, F_bytes_ob_sval)) {
		add_bytes(w, o->addr + (uint32_t)L->f[F_bytes_ob_sval].offset,
			  field_u64(L, o->at, F_varobject_ob_size));
	} else if (o->type->addr == known[K_bool]) {
		buf_printf(&w->line, ", \"value\": \"%s\"",
			   o->addr == known[K_true] ? "True" : "False");
	} else if (o->type->addr == known[K_long] || o->type->addr == known[K_int27]) {
		if (value_literal(w->s->heap, o->addr, &w->text) && fits_int64(buf_text(&w->text)))
			buf_printf(&w->line, ", \"value\": %s", buf_text(&w->text));
	} else if (w->meliae && !strcmp(o->type->name, "frame")) {
		add_frame(w, o);
	}
}

struct refs_writing {
	struct writing *w;
	bool any;
};

/* Millions of addresses: printf() would take most of the time. */
static void add_number(struct buf *b, const char *before, uint64_t n)
{
	char text[64 + 20];
	size_t end = strlen(before), digits = 1;

	memcpy(text, before, end);
	for (uint64_t rest = n; rest > 9; rest /= 10)
		digits++;
	for (size_t i = end + digits; i-- > end; n /= 10)
		text[i] = (char)('0' + n % 10);
	buf_add(b, text, end + digits);
}

static bool add_ref(void *arg, const struct edge *e)
{
	struct refs_writing *r = arg;

	if (e->kind == EDGE_WEAK)
		return true;
	add_number(&r->w->line, r->any ? ", " : "", e->to);
	r->any = true;
	return true;
}

static void add_len(struct writing *w, const struct object *o)
{
	uint64_t len;

	if (object_length(w->c, o, &len))
		add_number(&w->line, ", \"len\": ", len);
}

/* Of what meliae's scanner counts the elements: subclasses too, but no arrays, no deques. */
static bool meliae_counts(const struct writing *w, const struct object *o)
{
	const addr_t *known = w->s->python->known;
	const uint64_t *c = w->c->L->c;

	if (o->type->flags & (c[C_TPFLAGS_UNICODE_SUBCLASS] | c[C_TPFLAGS_LIST_SUBCLASS] |
			      c[C_TPFLAGS_TUPLE_SUBCLASS] | c[C_TPFLAGS_BYTES_SUBCLASS] | c[C_TPFLAGS_DICT_SUBCLASS]))
		return true;
	for (const struct typeinfo *ti = o->type; ti; ti = ti->base)
		if (ti->addr == known[K_set] || ti->addr == known[K_frozenset])
			return true;
	return false;
}

static void add_name(struct writing *w, const struct object *o)
{
	const struct typeinfo *ti = NULL;

	buf_clear(&w->text);
	if (w->meliae && o->type->flags & w->c->L->c[C_TPFLAGS_TYPE_SUBCLASS])
		ti = typetab_get(w->s->types, o->addr);
	if (ti)
		buf_str(&w->text, tp_name(w, ti));
	else if (!text_own_name(w->s, o, &w->text))
		return;
	buf_str(&w->line, ", \"name\": ");
	add_json(&w->line, buf_text(&w->text), w->text.n, w->meliae);
}

static void line_jsonl(struct writing *w, const struct object *o, uint64_t size)
{
	add_number(&w->line, "{\"address\": ", o->addr);
	buf_str(&w->line, ", \"type\": ");
	add_json_str(w, pick_name(&w->names, o));
	buf_str(&w->line, ", \"module\": ");
	add_json_str(w, pick_module(&w->names, o));
	add_number(&w->line, ", \"size\": ", size);
	add_len(w, o);
	add_number(&w->line, ", \"refcount\": ", object_refcount(w->c, o->at));
	add_value(w, o);
	add_name(w, o);
}

static void line_meliae(struct writing *w, const struct object *o, uint64_t size)
{
	buf_printf(&w->line, "{\"address\": %llu, \"type\": ", (unsigned long long)o->addr);
	add_json_str(w, tp_name(w, o->type));
	buf_printf(&w->line, ", \"size\": %llu", (unsigned long long)size);
	add_name(w, o);
	if (meliae_counts(w, o))
		add_len(w, o);
	add_value(w, o);
}

static bool write_object(void *arg, const struct object *o)
{
	struct writing *w = arg;
	struct refs_writing r = {w, false};
	uint64_t size = object_size(w->c, o);

	size = size == SIZE_BAD ? 0 : size;
	buf_clear(&w->line);
	if (w->meliae)
		line_meliae(w, o, size);
	else
		line_jsonl(w, o, size);
	buf_str(&w->line, ", \"refs\": [");
	edges_each(w->s->heap, o, add_ref, &r);
	buf_str(&w->line, "]}\n");
	w->failed |= !buf_ok(&w->line) || w->text.failed;
	sink_write(w->sink, buf_text(&w->line), w->line.n);
	w->objects++;
	return !w->failed && !w->s->interrupted && !sink_failed(w->sink);
}

static void write_header(struct writing *w)
{
	const struct session *s = w->s;
	struct identity id;
	bool any = false;

	buf_clear(&w->line);
	identity_of(s, &id);
	buf_printf(&w->line, "{\"heapscope\": {\"version\": \"%s\", \"pid\": %llu, \"interpreter\": \"%s\", ",
		   PACKAGE_VERSION, (unsigned long long)id.pid, id.python);
	buf_printf(&w->line, "\"build_id\": \"%s\", \"library_build_id\": \"%s\", ", id.build_id, id.library_id);
	buf_printf(&w->line,
		   "\"time\": %lld, \"start_time\": %.2f, \"objects\": %llu, \"incomplete\": [",
		   (long long)time(NULL), id.start_time,
		   (unsigned long long)heap_facts(s->heap)->objects);
	vec_foreach (n, &s->notes) {
		if (n->kind != NOTE_PARTIAL || !note_shown(&s->notes, n))
			continue;
		buf_str(&w->line, any ? ", " : "");
		add_json_str(w, n->text);
		any = true;
	}
	buf_str(&w->line, "]}}\n");
	sink_write(w->sink, buf_text(&w->line), w->line.n);
}

static enum err write_all(struct writing *w)
{
	struct diag *d = &w->s->diag;
	char end[64];
	int n;

	if (!w->meliae)
		write_header(w);
	heap_each(w->s->heap, write_object, w);
	if (w->s->interrupted)
		return diag_set(d, ERR_INTERRUPTED, "interrupted; no file was left");
	if (w->failed)
		return diag_set(d, ERR_NOMEM, "out of memory");
	n = snprintf(end, sizeof(end), "{\"end\": {\"objects\": %llu}}\n",
		     (unsigned long long)w->objects);
	if (!w->meliae)
		sink_write(w->sink, end, (size_t)n);
	return sink_finish(w->sink, d);
}

static void say_written(struct out *o, const char *path, uint64_t objects, uint64_t bytes, const char *when)
{
	out_text(o, "%llu objects in %s, %llu bytes%s", (unsigned long long)objects, path,
		 (unsigned long long)bytes, when);
	out_total_u64(o, "objects", objects);
	out_total_u64(o, "bytes", bytes);
	out_total_str(o, "file", path);
}

static enum err write_lines(struct session *s, const char *path, bool meliae, struct out *o)
{
	struct writing w = {.s = s, .c = typetab_ctx(s->types), .meliae = meliae};
	enum err e = sink_open(path, &w.sink, &s->diag);

	if (!e)
		e = pick_open(&w.names, s, NULL);
	if (!e)
		e = write_all(&w);
	if (!e)
		say_written(o, path, w.objects, sink_written(w.sink), " before compression");
	sink_close(w.sink);
	pick_release(&w.names);
	vec_foreach (name, &w.tp_names)
		free(*name);
	vec_release(&w.tp_names);
	buf_release(&w.line);
	buf_release(&w.text);
	return e;
}

static enum err write_sqlite(struct session *s, const char *path, struct out *o)
{
#ifdef HAVE_SQLITE
	struct copied done;
	enum err e;

	if (sink_compresses(path))
		return diag_set(&s->diag, ERR_USAGE, "an SQLite file is not compressed: '%s' ends as if it were", path);
	e = sql_copy(s, path, &done);
	if (!e)
		say_written(o, path, done.objects, done.bytes, "");
	return e;
#else
	(void)path;
	(void)o;
	return diag_set(&s->diag, ERR_UNSUPPORTED,
			"this heapscope was built without SQLite (libsqlite3-dev): it has no --format sqlite");
#endif
}

enum err cmd_snapshot(struct session *s, const struct cmd_args *a, struct out *o)
{
	enum { JSONL, MELIAE, SQLITE };
	uint64_t format = cmd_option(a, OPT_snapshot_format)->u;
	const char *path = cmd_option(a, OPT_snapshot_output)->s;

	if (!path)
		return diag_set(&s->diag, ERR_USAGE, "where to? give -o FILE");
	if (!strcmp(path, "-"))
		return diag_set(&s->diag, ERR_USAGE, "a snapshot goes into a file, not to standard output: give its name");
	if (sink_cannot_compress(path))
		return diag_set(&s->diag, ERR_USAGE, "'%s': of compressed files .gz and .zst can be written", path);
	if (!typetab_refine(s->types))
		return diag_set(&s->diag, ERR_NOMEM, "out of memory for the table of types");
	return format == SQLITE ? write_sqlite(s, path, o) : write_lines(s, path, format == MELIAE, o);
}
