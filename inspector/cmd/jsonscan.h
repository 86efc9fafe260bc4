/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as it comes, piece by piece: what is not asked for is passed over, nothing is kept, and a line may be of any
 * length. For files of our own, so numbers are what they are there; a file that says something else is damaged.
 */
#ifndef CMD_JSONSCAN_H
#define CMD_JSONSCAN_H

#include "base/buf.h"
#include "cmd/source.h"

struct scan {
	struct source *from;
	uint8_t *buf;
	size_t at, n;
	uint64_t line; /* 1, 2... */
	enum err error; /* the first one; the diag has it */
	struct diag *d;
	const char *path;
};

/** Fails: as source_open(). scan_close() in every case. */
enum err scan_open(struct scan *s, const char *path, struct diag *d) must_check;
void scan_close(struct scan *s);
/** The next byte that is no blank, -1 at the end; it is not taken. */
int scan_peek(struct scan *s);
/** Takes the byte if it is the next one. */
bool scan_take(struct scan *s, char c);
/** Takes it, or sets the error. */
bool scan_expect(struct scan *s, char c);
/** A string, of which at most max bytes go to `out` (NULL: nowhere). */
bool scan_string(struct scan *s, struct buf *out, size_t max);
/** An unsigned number; a real one is not cut but refused. */
bool scan_u64(struct scan *s, uint64_t *out);
/** Any number. */
bool scan_real(struct scan *s, double *out);
/** Passes over a value. */
bool scan_skip(struct scan *s);
/** The next member of the object that was entered by '{': its key, up to the value. False at its end, which is taken,
 * or after an error. `first`: set before the first member. */
bool scan_member(struct scan *s, bool *first, struct buf *key);
/** Sets the error: the file is damaged here. @return false */
bool scan_bad(struct scan *s, const char *what);

#endif
