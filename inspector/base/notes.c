/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include "base/buf.h"
#include "base/notes.h"

static bool notes_merge(struct notes *n, enum note_kind kind, const char *text)
{
	vec_foreach (it, n)
		if (it->kind == kind && it->scope == n->scope && !strcmp(it->text, text)) {
			it->count++;
			return true;
		}
	return false;
}

void notes_add(struct notes *n, enum note_kind kind, const char *fmt, ...)
{
	struct buf raw = {0}, safe = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&raw, fmt, ap);
	va_end(ap);
	buf_escaped(&safe, buf_text(&raw), raw.n);
	if (!notes_merge(n, kind, buf_text(&safe))) {
		struct note note = {kind, n->scope, 1, strdup(buf_text(&safe))};

		if (note.text && !vec_push(n, note))
			free(note.text);
	}
	buf_release(&raw);
	buf_release(&safe);
}

void notes_drop(struct notes *n, uint8_t scope)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->n; i++)
		if (n->at[i].scope == scope)
			free(n->at[i].text);
		else
			n->at[kept++] = n->at[i];
	n->n = kept;
}

bool note_shown(const struct notes *n, const struct note *note)
{
	return note->scope <= n->reach || note->scope == NOTE_OF_COMMAND;
}

bool notes_partial(const struct notes *n)
{
	vec_foreach (it, n)
		if (it->kind == NOTE_PARTIAL && note_shown(n, it))
			return true;
	return false;
}

void note_text(const struct note *n, struct buf *out)
{
	buf_str(out, n->text);
	if (n->count > 1)
		buf_printf(out, " (%llu times)", (unsigned long long)n->count);
}

void notes_release(struct notes *n)
{
	vec_foreach (it, n)
		free(it->text);
	vec_release(n);
}
