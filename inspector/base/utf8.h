/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 and code points that must not reach a terminal. Nothing here can fail.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/base.h"

/**
 * Length of the valid UTF-8 sequence at s (n > 0 bytes are there) and its code point; 0 if it is invalid
 * (overlong, a surrogate, past U+10FFFF, cut off), *c untouched then.
 */
size_t utf8_decode(const char *s, size_t n, uint32_t *c);
/** Would the code point steer a terminal or reorder text: controls (C0, DEL, C1), separators, bidi controls? */
bool codepoint_steers(uint32_t c);

#endif
