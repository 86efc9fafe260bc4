/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include "types/peek.h"
#include "types/repr.h"

#define WORDS_MAX (1u << 14) /* as decimal: the work grows with the square; longer ones are written in hex */
#define SHIFT_MAX 32
#define BILLION	  1000000000u

/* A large number as words, the lowest first. */
struct big {
	uint32_t *at;
	size_t n;
};

/* Divides by a billion. @return the rest */
static uint32_t big_divide(struct big *b)
{
	uint64_t rest = 0;

	for (size_t i = b->n; i-- > 0;) {
		rest = rest << 32 | b->at[i];
		b->at[i] = (uint32_t)(rest / BILLION);
		rest %= BILLION;
	}
	while (b->n && !b->at[b->n - 1])
		b->n--;
	return (uint32_t)rest;
}

static void big_decimal(struct big *b, struct buf *out)
{
	cleanup_free uint32_t *nines = malloc((b->n + 1) * 2 * sizeof(*nines));
	size_t n = 0, room = (b->n + 1) * 2;

	if (!nines) {
		out->failed = true;
		return;
	}
	do
		nines[n++] = big_divide(b);
	while (b->n && n < room);
	buf_printf(out, "%u", nines[--n]);
	while (n)
		buf_printf(out, "%09u", nines[--n]);
}

static void big_hex(const struct big *b, struct buf *out)
{
	buf_printf(out, "0x%x", b->at[b->n - 1]);
	for (size_t i = b->n - 1; i-- > 0;)
		buf_printf(out, "%08x", b->at[i]);
}

/* Digits of `shift` bits into words: there is room for n * shift bits and a word. */
static bool big_read(const struct python *py, addr_t digits, uint64_t n, uint32_t *words,
		     size_t *n_words)
{
	unsigned shift = (unsigned)py->L.c[C_LONG_SHIFT], have = 0;
	uint64_t bits = 0;
	size_t count = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint32_t digit;

		if (!target_read_u32(py->t, digits + 4 * i, &digit))
			return false;
		bits |= (uint64_t)(digit & ((1u << shift) - 1)) << have;
		have += shift;
		if (have >= 32) {
			words[count++] = (uint32_t)bits;
			bits >>= 32;
			have -= 32;
		}
	}
	if (bits)
		words[count++] = (uint32_t)bits;
	*n_words = count;
	return true;
}

static bool int_digits(const struct python *py, addr_t obj, uint64_t *n, bool *negative)
{
	uint64_t tag;
	int64_t size;

	if (peek_field(py, obj, F_long_lv_tag, &tag)) {
		*n = tag >> py->L.c[C_LONG_NON_SIZE_BITS];
		*negative = (tag & py->L.c[C_LONG_SIGN_MASK]) == 2;
		return true;
	}
	size = peek_int(py, obj, F_varobject_ob_size, INT64_MIN);
	*n = size < 0 ? -(uint64_t)size : (uint64_t)size;
	*negative = size < 0;
	return size != INT64_MIN;
}

bool repr_int_words(const struct python *py, addr_t obj, uint32_t *words, size_t max, size_t *n,
		    bool *negative)
{
	uint64_t digits, shift = py->L.c[C_LONG_SHIFT];
	int64_t v;

	if (py->known[K_int27] && peek_subtype(py, peek_type(py, obj), py->known[K_int27])) {
		if (max < 2 || !peek_int64(py, obj, &v))
			return false;
		*negative = v < 0;
		v = v < 0 ? -v : v;
		words[0] = (uint32_t)v;
		words[1] = (uint32_t)((uint64_t)v >> 32);
		*n = words[1] ? 2 : words[0] ? 1 : 0;
		return true;
	}
	return peek_subtype(py, peek_type(py, obj), py->known[K_long]) &&
	       int_digits(py, obj, &digits, negative) && digits <= (uint64_t)max * 32 / shift &&
	       big_read(py, obj + py->L.f[F_long_ob_digit].offset, digits, words, n);
}

void repr_int(struct repr *r, addr_t obj)
{
	const struct python *py = r->py;
	uint64_t n, shift = py->L.c[C_LONG_SHIFT];
	cleanup_free uint32_t *words = NULL;
	bool negative;
	struct big b;

	if (!int_digits(py, obj, &n, &negative) || !shift || shift >= SHIFT_MAX) {
		repr_unknown(r, obj);
		return;
	}
	if (n > UINT32_MAX || n * shift > (uint64_t)r->lim->chars * 10 / 3 + 64) {
		buf_printf(r->out, "<int of about %llu bits>", (unsigned long long)(n * shift));
		return;
	}
	b.at = words = malloc((n * shift / 32 + 2) * sizeof(*words));
	if (!words ||
	    !big_read(py, obj + py->L.f[F_long_ob_digit].offset, n, words, &b.n)) {
		repr_unknown(r, obj);
		return;
	}
	buf_str(r->out, negative ? "-" : "");
	if (b.n > WORDS_MAX)
		big_hex(&b, r->out);
	else
		big_decimal(&b, r->out);
	buf_str(r->out, py->known[K_int27] ? "L" : "");
}

void repr_int27(struct repr *r, addr_t obj)
{
	int64_t v;

	if (peek_int64(r->py, obj, &v))
		buf_printf(r->out, "%lld", (long long)v);
	else
		repr_unknown(r, obj);
}

/* digits "12345" and the place of the point, as float_repr_style "short" puts them together. */
static void put_digits(const char *digits, int point, bool negative, struct buf *out)
{
	int n = (int)strlen(digits);

	buf_str(out, negative ? "-" : "");
	if (point > 16 || point < -3) {
		buf_char(out, digits[0]);
		if (n > 1)
			buf_printf(out, ".%s", digits + 1);
		buf_printf(out, "e%c%02d", point - 1 < 0 ? '-' : '+', abs(point - 1));
	} else if (point <= 0) {
		buf_printf(out, "0.%.*s%s", -point, "000", digits);
	} else if (point >= n) {
		buf_printf(out, "%s%.*s.0", digits, point - n, "0000000000000000");
	} else {
		buf_printf(out, "%.*s.%s", point, digits, digits + point);
	}
}

void repr_double(double v, struct buf *out)
{
	char text[40], digits[24];
	int n = 0, exponent;
	char *e;

	if (isnan(v) || isinf(v)) {
		buf_str(out, isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
		return;
	}
	for (int precision = 0; precision < 17; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, fabs(v));
		if (strtod(text, NULL) == fabs(v))
			break;
	}
	e = strchr(text, 'e');
	exponent = atoi(e + 1);
	for (char *p = text; p < e; p++)
		if (*p != '.')
			digits[n++] = *p;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	digits[n] = 0;
	put_digits(digits, v == 0 ? 1 : exponent + 1, signbit(v), out);
}

static bool read_double(const struct python *py, addr_t obj, enum field_id f, double *out)
{
	uint64_t bits;

	if (!peek_field(py, obj, f, &bits))
		return false;
	memcpy(out, &bits, sizeof(*out));
	return true;
}

void repr_float(struct repr *r, addr_t obj)
{
	double v;

	if (read_double(r->py, obj, F_float_ob_fval, &v))
		repr_double(v, r->out);
	else
		repr_unknown(r, obj);
}

/* Parts of a complex number have no ".0". */
static void put_part(double v, bool sign, struct buf *out)
{
	struct buf b = {0};

	repr_double(v, &b);
	if (b.n > 2 && !strcmp(b.at + b.n - 2, ".0"))
		b.at[b.n -= 2] = 0;
	buf_printf(out, "%s%s", sign && b.n && b.at[0] != '-' ? "+" : "", buf_text(&b));
	buf_release(&b);
}

void repr_complex(struct repr *r, addr_t obj)
{
	double re, im;

	if (!read_double(r->py, obj, F_complex_real, &re) ||
	    !read_double(r->py, obj, F_complex_imag, &im)) {
		repr_unknown(r, obj);
	} else if (re == 0 && !signbit(re)) {
		put_part(im, false, r->out);
		buf_char(r->out, 'j');
	} else {
		buf_char(r->out, '(');
		put_part(re, false, r->out);
		put_part(im, true, r->out);
		buf_str(r->out, "j)");
	}
}
