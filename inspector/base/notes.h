/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the user must be told beside the answer. A NOTE_PARTIAL says that something is missing from
 * the answer (it makes the exit status 1 and stands in "incomplete"); a NOTE_INFO says how to read
 * it (it stands in "notes"). Equal texts are kept once, with a count.
 *
 * A session outlives a command, and the next one's answer needs what was said when the session came to where that one
 * starts from, but not what the last command said beside its own rows. So every note has a scope: the step it was
 * said in, or NOTE_OF_COMMAND. What does not belong to the command that runs is kept, and not shown.
 */
#ifndef BASE_NOTES_H
#define BASE_NOTES_H

#include "base/vec.h"

enum note_kind { NOTE_INFO, NOTE_PARTIAL };
#define NOTE_OF_COMMAND 255

struct note {
	enum note_kind kind;
	uint8_t scope;
	uint64_t count; /* how often it was said */
	char *text;
};
struct notes {
	VEC(struct note);
	uint8_t scope; /* of what is said now */
	uint8_t reach; /* scopes up to this one are shown, and the command's own */
};

/** Adds a line (no full stop). Control characters in it are made harmless. Out of memory: dropped. */
void notes_add(struct notes *n, enum note_kind kind, const char *fmt, ...) printf_like(3, 4);
/** Forgets what was said in this scope. */
void notes_drop(struct notes *n, uint8_t scope);
/** Is it the running command's business? */
bool note_shown(const struct notes *n, const struct note *note);
/** Is something missing from the answer? */
bool notes_partial(const struct notes *n);
/** The note's text, with " (N times)" where it was said more than once. Appended to out. */
struct buf;
void note_text(const struct note *n, struct buf *out);
void notes_release(struct notes *n);

#endif
