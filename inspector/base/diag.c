/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "base/diag.h"
#include "base/utf8.h"

static const struct {
	const char *name;
	const char *text;
	int status;
} errors[ERR_COUNT] = {
    [OK] = {"OK", "no error", 0},
#define ERR(n, s, t) [ERR_##n] = {#n, t, s},
#include "base/errors.def"
#undef ERR
};

/*
 * The text may quote the target: nothing in it may move a terminal's cursor or start a new line. In
 * place and without allocation, so what is not printable becomes '?'.
 */
static void make_printable(char *s)
{
	size_t n = strlen(s);
	char *to = s;

	for (size_t i = 0; i < n;) {
		uint32_t c = 0;
		size_t len = utf8_decode(s + i, n - i, &c);

		if (!len || codepoint_steers(c))
			*to++ = '?';
		else
			to = (char *)memmove(to, s + i, len) + len;
		i += len ? len : 1;
	}
	*to = 0;
}

enum err diag_vset(struct diag *d, enum err code, const char *fmt, va_list ap)
{
	char text[sizeof(d->text)]; /* the arguments may quote d->text */

	vsnprintf(text, sizeof(text), fmt, ap);
	make_printable(text);
	d->code = code;
	d->sys = 0;
	d->place[0] = 0;
	memcpy(d->text, text, sizeof(text));
	return code;
}

enum err diag_set(struct diag *d, enum err code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_vset(d, code, fmt, ap);
	va_end(ap);
	return code;
}

enum err diag_sys(struct diag *d, enum err code, int sys, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	diag_vset(d, code, fmt, ap);
	va_end(ap);
	d->sys = sys;
	n = strlen(d->text);
	snprintf(d->text + n, sizeof(d->text) - n, ": %s", strerror(sys));
	return code;
}

void diag_point(struct diag *d, const char *typed, size_t at)
{
	enum { SHOWN = 160, BEFORE = 60 };
	size_t from = at > BEFORE ? at - BEFORE : 0;
	char line[SHOWN + 1];
	unsigned column = 0;

	snprintf(line, sizeof(line), "%s", typed + from);
	make_printable(line);
	for (size_t i = from; i < at; i++)
		column += (typed[i] & 0xc0) != 0x80; /* characters, not bytes */
	snprintf(d->place, sizeof(d->place), "    %s\n    %*s^", line, (int)column, "");
}

const char *diag_text(const struct diag *d)
{
	return d->text[0] ? d->text : errors[d->code].text;
}

int err_status(enum err code)
{
	return errors[code].status;
}

const char *err_name(enum err code)
{
	return errors[code].name;
}
