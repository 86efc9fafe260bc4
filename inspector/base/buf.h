/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that grows. A failed allocation makes the buffer "failed" for good: later calls do
 * nothing, buf_ok() tells. So callers check once, at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include "base/base.h"

struct buf {
	char *at; /* NUL-terminated, or NULL while empty */
	size_t n, cap;
	bool failed;
};

void buf_release(struct buf *b);
void buf_clear(struct buf *b);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) printf_like(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) printf_like(2, 0);
/** UTF-8 of one code point; surrogates and values past U+10FFFF are written as \uXXXX escapes. */
void buf_codepoint(struct buf *b, uint32_t c);
/**
 * Adds text from the target so that no byte of it can steer a terminal: control characters
 * (C0, DEL, C1), line separators and invalid UTF-8 become \xNN or \uNNNN.
 */
void buf_escaped(struct buf *b, const char *s, size_t n);
static inline bool buf_ok(const struct buf *b)
{
	return !b->failed;
}
/** The text, "" while empty. Borrowed until the next change. */
static inline const char *buf_text(const struct buf *b)
{
	return b->at ? b->at : "";
}

#endif
