/* SPDX-License-Identifier: Apache-2.0 */
/* A jsonl snapshot read back. The file may say anything: nothing of it is believed that was not checked. */
#include <stdio.h>
#include "cmd/jsonscan.h"
#include "cmd/side.h"

#define NAME_BYTES 4000 /* of a type's name */
#define NOTE_BYTES 1000

struct lines {
	struct side *side;
	struct text_map *types;
	struct session *open;
	struct scan scan;
	struct buf key, text;
	uint64_t end_objects;
	bool ended;
};

static bool short_string(struct lines *l, char *out, size_t size)
{
	buf_clear(&l->text);
	if (!scan_string(&l->scan, &l->text, size - 1))
		return false;
	snprintf(out, size, "%s", buf_text(&l->text));
	return true;
}

/* What the one who wrote it could not read. */
static bool read_incomplete(struct lines *l)
{
	bool first = true;

	if (!scan_expect(&l->scan, '['))
		return false;
	while (!scan_take(&l->scan, ']')) {
		buf_clear(&l->text);
		if ((!first && !scan_expect(&l->scan, ',')) || !scan_string(&l->scan, &l->text, NOTE_BYTES))
			return false;
		first = false;
		l->side->incomplete = true;
		side_note(l->side, l->open, NOTE_PARTIAL, buf_text(&l->text));
	}
	return true;
}

static bool read_header_member(struct lines *l)
{
	struct identity *id = &l->side->id;
	const char *key = buf_text(&l->key);

	if (!strcmp(key, "pid"))
		return scan_u64(&l->scan, &id->pid);
	if (!strcmp(key, "start_time"))
		return scan_real(&l->scan, &id->start_time);
	if (!strcmp(key, "build_id"))
		return short_string(l, id->build_id, sizeof(id->build_id));
	if (!strcmp(key, "library_build_id"))
		return short_string(l, id->library_id, sizeof(id->library_id));
	if (!strcmp(key, "interpreter"))
		return short_string(l, id->python, sizeof(id->python));
	if (!strcmp(key, "incomplete"))
		return read_incomplete(l);
	return scan_skip(&l->scan);
}

static enum err no_snapshot(struct lines *l)
{
	l->scan.error = diag_set(&l->open->diag, ERR_BAD_FILE,
				 "'%s' is no snapshot that can be compared: its first line is not that of "
				 "`heapscope snapshot` in the format jsonl",
				 l->side->what);
	return l->scan.error;
}

/* {"heapscope": {...}} */
static enum err read_header(struct lines *l)
{
	bool first = true;

	if (!scan_take(&l->scan, '{') || scan_peek(&l->scan) != '"' || !scan_member(&l->scan, &first, &l->key) ||
	    strcmp(buf_text(&l->key), "heapscope") || !scan_take(&l->scan, '{'))
		return l->scan.error ? l->scan.error : no_snapshot(l);
	first = true;
	while (scan_member(&l->scan, &first, &l->key))
		if (!read_header_member(l))
			return l->scan.error;
	if (!l->scan.error)
		scan_expect(&l->scan, '}');
	return l->scan.error;
}

/* {"end": {"objects": N}}; "end" and the colon are taken. */
static bool read_end(struct lines *l)
{
	bool first = true;

	if (!scan_expect(&l->scan, '{'))
		return false;
	while (scan_member(&l->scan, &first, &l->key))
		if (!(strcmp(buf_text(&l->key), "objects") ? scan_skip(&l->scan)
							    : scan_u64(&l->scan, &l->end_objects)))
			return false;
	l->ended = true;
	return !l->scan.error;
}

static bool read_type(struct lines *l, uint32_t *type)
{
	buf_clear(&l->text);
	if (!scan_string(&l->scan, &l->text, NAME_BYTES))
		return false;
	*type = text_map_add(l->types, buf_text(&l->text));
	if (*type == TEXT_NONE)
		l->scan.error = diag_set(&l->open->diag, ERR_NOMEM, "out of memory");
	return !l->scan.error;
}

/* A line: an object, or the end. */
static bool read_line(struct lines *l)
{
	struct side_object o = {.type = TEXT_NONE};
	bool first = true, address = false, size = false;

	if (!scan_expect(&l->scan, '{'))
		return false;
	while (scan_member(&l->scan, &first, &l->key)) {
		const char *key = buf_text(&l->key);
		bool ok;

		if (!strcmp(key, "address"))
			ok = address = scan_u64(&l->scan, &o.addr);
		else if (!strcmp(key, "size"))
			ok = size = scan_u64(&l->scan, &o.size);
		else if (!strcmp(key, "type"))
			ok = read_type(l, &o.type);
		else if (!strcmp(key, "end"))
			ok = read_end(l);
		else
			ok = scan_skip(&l->scan);
		if (!ok)
			return false;
	}
	if (l->scan.error || l->ended)
		return false;
	if (!address || !size || o.type == TEXT_NONE)
		return scan_bad(&l->scan, "an object without an address, a type or a size");
	if (l->side->n && l->side->at[l->side->n - 1].addr >= o.addr)
		return scan_bad(&l->scan, "addresses do not ascend");
	if (!vec_push(l->side, o))
		l->scan.error = diag_set(&l->open->diag, ERR_NOMEM, "out of memory");
	return !l->scan.error && !l->open->interrupted;
}

static enum err read_lines(struct lines *l)
{
	struct diag *d = &l->open->diag;
	enum err e = read_header(l);

	if (e)
		return e;
	while (scan_peek(&l->scan) >= 0 && read_line(l))
		;
	if (l->open->interrupted)
		return diag_set(d, ERR_INTERRUPTED, "interrupted");
	if (l->scan.error)
		return l->scan.error;
	if (!l->ended)
		return diag_set(d, ERR_BAD_FILE, "'%s' is cut off: it ends after %zu objects, without its last line",
				l->side->what, l->side->n);
	if (l->end_objects != l->side->n)
		return diag_set(d, ERR_BAD_FILE, "'%s' is damaged: it says that it has %llu objects, and has %zu",
				l->side->what, (unsigned long long)l->end_objects, l->side->n);
	return OK;
}

enum err side_read_snapshot(struct side *side, struct text_map *types, struct session *open)
{
	struct lines l = {.side = side, .types = types, .open = open};
	enum err e = scan_open(&l.scan, side->what, &open->diag);

	if (!e)
		e = read_lines(&l);
	scan_close(&l.scan);
	buf_release(&l.key);
	buf_release(&l.text);
	return e;
}
