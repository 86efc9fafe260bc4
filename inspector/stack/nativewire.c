/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the child finds, as bytes: a kind, a length, and that many bytes. Places come before the chains
 * that go through them. The child has read untrusted files, so nothing of this is trusted either.
 */
#include "base/buf.h"
#include "base/isolate.h"
#include "stack/native.h"

enum { MESSAGE_PLACE = 1, MESSAGE_CHAIN = 2 };
#define STRING_NONE UINT32_MAX

struct head {
	uint32_t kind, size;
};
struct chain_head {
	uint32_t thread, end, late, n;
	uint64_t bad;
};
struct line_head {
	int32_t line;
	uint32_t inlined;
};

static void add_string(struct buf *b, const char *s)
{
	uint32_t n = s ? (uint32_t)strlen(s) : STRING_NONE;

	buf_add(b, &n, sizeof(n));
	if (s)
		buf_add(b, s, n);
}

static bool give(int out, uint32_t kind, const struct buf *b)
{
	struct head h = {kind, (uint32_t)b->n};

	return buf_ok(b) && b->n < UINT32_MAX && isolate_give(out, &h, sizeof(h)) &&
	       isolate_give(out, b->at, b->n);
}

bool native_give_place(int out, const struct native_message_place *m)
{
	struct native_place p = m->place;
	struct buf b = {0};
	bool ok;

	p.name = p.symbol = NULL;
	buf_add(&b, &p, sizeof(p));
	add_string(&b, m->place.name);
	add_string(&b, m->place.symbol);
	for (uint32_t i = 0; i < p.n; i++) {
		struct line_head h = {m->lines[i].line, m->lines[i].inlined};

		buf_add(&b, &h, sizeof(h));
		add_string(&b, m->lines[i].function);
		add_string(&b, m->lines[i].file);
	}
	ok = give(out, MESSAGE_PLACE, &b);
	buf_release(&b);
	return ok;
}

bool native_give_chain(int out, uint32_t thread, const struct native_chain *c)
{
	struct chain_head h = {thread, c->end, c->late, (uint32_t)c->n, c->bad};
	struct buf b = {0};
	bool ok;

	buf_add(&b, &h, sizeof(h));
	if (c->n)
		buf_add(&b, c->at, c->n * sizeof(*c->at));
	ok = give(out, MESSAGE_CHAIN, &b);
	buf_release(&b);
	return ok;
}

struct reader {
	const uint8_t *at;
	size_t n;
};

static bool get(struct reader *r, void *out, size_t n)
{
	if (n > r->n)
		return false;
	if (n)
		memcpy(out, r->at, n);
	r->at += n;
	r->n -= n;
	return true;
}

/* A copy that natives own. */
static bool get_string(struct natives *to, struct reader *r, const char **out)
{
	uint32_t n;
	char *s;

	*out = NULL;
	if (!get(r, &n, sizeof(n)))
		return false;
	if (n == STRING_NONE)
		return true;
	if (n > r->n)
		return false;
	s = malloc((size_t)n + 1);
	if (!s || !vec_push(&to->strings, s)) {
		free(s);
		return false;
	}
	s[n] = 0;
	*out = s;
	return get(r, s, n);
}

static bool take_place(struct natives *to, struct reader *r)
{
	struct native_place p;

	if (!get(r, &p, sizeof(p)) || !get_string(to, r, &p.name) || !get_string(to, r, &p.symbol) || !p.n ||
	    p.n > CODE_LINES_MAX || p.module < -1 || (p.module >= 0 && (size_t)p.module >= to->n_modules))
		return false;
	p.first = (uint32_t)to->lines.n;
	for (uint32_t i = 0; i < p.n; i++) {
		struct native_line l = {0};
		struct line_head h;

		if (!get(r, &h, sizeof(h)) || !get_string(to, r, &l.function) || !get_string(to, r, &l.file))
			return false;
		l.line = h.line > 0 ? h.line : 0;
		l.inlined = i + 1 < p.n;
		if (!vec_push(&to->lines, l))
			return false;
	}
	return vec_push(&to->places, p);
}

static bool take_chain(struct natives *to, struct reader *r)
{
	struct native_chain *c;
	struct chain_head h;

	if (!get(r, &h, sizeof(h)) || h.thread >= to->chains.n || h.end >= NATIVE_ENDS ||
	    h.n > r->n / sizeof(*c->at))
		return false;
	c = &to->chains.at[h.thread];
	if (c->n || !vec_reserve(c, h.n))
		return false;
	c->end = h.end;
	c->late = h.late != 0;
	c->bad = h.bad;
	for (uint32_t i = 0; i < h.n; i++) {
		struct native_frame f;

		if (!get(r, &f, sizeof(f)) || f.place >= to->places.n)
			return false;
		c->at[c->n++] = f;
	}
	return true;
}

size_t native_take(void *natives, const uint8_t *bytes, size_t n)
{
	size_t taken = 0;
	struct head h;

	while (n - taken >= sizeof(h)) {
		struct reader r;
		bool ok;

		memcpy(&h, bytes + taken, sizeof(h));
		if (n - taken - sizeof(h) < h.size)
			break;
		r = (struct reader){bytes + taken + sizeof(h), h.size};
		ok = h.kind == MESSAGE_PLACE ? take_place(natives, &r)
		     : h.kind == MESSAGE_CHAIN && take_chain(natives, &r);
		if (!ok || r.n)
			return SIZE_MAX;
		taken += sizeof(h) + h.size;
	}
	return taken;
}
