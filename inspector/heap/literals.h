/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys as one writes them in Python: 'http', b'x', 3, -1.5, None, True, ('a', 1). And whether an object of the target
 * equals one, as far as that takes no code of the target: instances of derived classes count as the value that they
 * hold, 1 equals True and 1.0, and in 2.7 'a' equals u'a'.
 */
#ifndef HEAP_LITERALS_H
#define HEAP_LITERALS_H

#include "base/diag.h"
#include "base/vec.h"
#include "python/python.h"

struct literal {
	enum { LITERAL_NONE, LITERAL_INT, LITERAL_FLOAT, LITERAL_STR, LITERAL_BYTES, LITERAL_TUPLE } kind;
	int64_t i;  /* INT; False and True are 0 and 1 */
	double d;   /* FLOAT */
	char *text; /* STR: UTF-8; BYTES: n bytes. Owned */
	size_t n;
	struct {
		VEC(struct literal);
	} items; /* TUPLE */
};

/** What is being parsed: `at` goes on, mistakes are shown at it. */
struct parsing {
	const char *text, *at;
	struct diag *d;
};
/** ERR_USAGE "bad expression: what", with a caret under the place. */
enum err parsing_bad(const struct parsing *p, const char *what) must_check;
static inline void parsing_blanks(struct parsing *p)
{
	p->at += strspn(p->at, " \t");
}

/** A literal at p->at. Release it in every case. Fails: ERR_USAGE, ERR_NOMEM. */
enum err literal_parse(struct parsing *p, struct literal *out) must_check;
/** What stands between [ and ]: a literal, or several with commas between, which are a tuple. */
enum err literal_parse_key(struct parsing *p, struct literal *out) must_check;
void literal_release(struct literal *l);
/** Does the object equal it? By point reads; what cannot be read equals nothing. */
bool literal_equals(const struct python *py, const struct literal *l, addr_t object);
/** Is it a str (2.7: str or unicode) of these n bytes of UTF-8? */
bool string_equals(const struct python *py, addr_t object, const char *text, size_t n);

#endif
