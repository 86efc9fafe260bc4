/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: a code that says what went wrong, and one line for the user that says
 * what, why and what to do. Reporting never allocates.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdarg.h>
#include "base/base.h"

enum err {
	OK = 0,
#define ERR(name, status, text) ERR_##name,
#include "base/errors.def"
#undef ERR
	ERR_COUNT
};

/** What failed last. One a session; callers own the storage, zero is "nothing". */
struct diag {
	enum err code;
	int sys;        /* errno, or 0 */
	addr_t address; /* where in the target, or 0 */
	char text[1024];
	char place[512]; /* two more lines, or "": what was typed, and a caret under the wrong place */
};

/**
 * Says what failed, in one line: no capital, no full stop, subject in quotes.
 * What could steer a terminal becomes "?" in the result, so text from the target may be given as it is.
 * @return code, so that callers can write `return diag_set(...)`.
 */
enum err diag_set(struct diag *d, enum err code, const char *fmt, ...) printf_like(3, 4);
enum err diag_vset(struct diag *d, enum err code, const char *fmt, va_list ap) printf_like(3, 0);

/** The same, with errno's text appended after a colon and kept in d->sys. */
enum err diag_sys(struct diag *d, enum err code, int sys, const char *fmt, ...) printf_like(4, 5);

/** Shows what the user typed with a caret under byte `at` of it, below the line that diag_set() set. */
void diag_point(struct diag *d, const char *typed, size_t at);

/** The line for the user: d->text, or the code's short text where none was set. Borrowed. */
const char *diag_text(const struct diag *d);

/** The exit status of the code (errors.def); 0 for OK. */
int err_status(enum err code);
/** "NOT_A_CORE" etc. Static. */
const char *err_name(enum err code);

#endif
