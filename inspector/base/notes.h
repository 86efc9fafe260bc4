/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the user must be told beside the answer. A NOTE_PARTIAL says that something is missing from
 * the answer (it makes the exit status 1 and stands in "incomplete"); a NOTE_INFO says how to read
 * it (it stands in "notes"). Equal texts are kept once, with a count.
 */
#ifndef BASE_NOTES_H
#define BASE_NOTES_H

#include "base/vec.h"

enum note_kind { NOTE_INFO, NOTE_PARTIAL };

struct note {
	enum note_kind kind;
	uint64_t count; /* how often it was said */
	char *text;
};
struct notes {
	VEC(struct note);
};

/** Adds a line (no full stop). Control characters in it are made harmless. Out of memory: dropped. */
void notes_add(struct notes *n, enum note_kind kind, const char *fmt, ...) printf_like(3, 4);
/** Is something missing from the answer? */
bool notes_partial(const struct notes *n);
/** The note's text, with " (N times)" where it was said more than once. Appended to out. */
struct buf;
void note_text(const struct note *n, struct buf *out);
void notes_release(struct notes *n);

#endif
