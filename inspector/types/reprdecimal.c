/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal, in C (libmpdec) and in Python; UUID. */
#include "types/repr.h"

#define WORD_DIGITS 19 /* decimal digits of a 64-bit word of libmpdec */

/* The scientific form of digits with an exponent, as the specification of decimal arithmetic has it. */
static void put_scientific(const char *digits, int64_t exponent, struct buf *out)
{
	int64_t n = (int64_t)strlen(digits), left = n + exponent;
	int64_t dot = exponent <= 0 && left > -6 ? left : 1;

	if (dot <= 0)
		buf_printf(out, "0.%.*s%s", (int)-dot, "000000", digits);
	else if (dot >= n)
		buf_str(out, digits);
	else
		buf_printf(out, "%.*s.%s", (int)dot, digits, digits + dot);
	if (left != dot)
		buf_printf(out, "E%+lld", (long long)(left - dot));
}

static bool read_digits(const struct python *py, addr_t obj, struct buf *out)
{
	addr_t data = peek_ptr(py, obj, F_decimal_dec_data);
	int64_t len = peek_int(py, obj, F_decimal_dec_len, -1);
	uint64_t word;

	if (len < 0 || len > 1 << 24)
		return false;
	for (int64_t i = len; i-- > 0;) {
		if (!target_read_u64(py->t, data + 8 * (addr_t)i, &word))
			return false;
		buf_printf(out, out->n ? "%019llu" : "%llu", (unsigned long long)word);
	}
	return true;
}

static bool put_c_decimal(struct repr *r, addr_t obj, struct buf *digits)
{
	const struct layout *L = &r->py->L;
	int64_t exponent = peek_int(r->py, obj, F_decimal_dec_exp, 0);
	uint64_t flags;

	if (!peek_field(r->py, obj, F_decimal_dec_flags, &flags))
		return false;
	if (peek_int(r->py, obj, F_decimal_dec_len, 0) > r->lim->chars / WORD_DIGITS + 2) {
		buf_str(r->out, "...");
		return true;
	}
	if (!read_digits(r->py, obj, digits))
		return false;
	buf_str(r->out, flags & L->c[C_MPD_NEG] ? "-" : "");
	if (flags & L->c[C_MPD_INF]) {
		buf_str(r->out, "Infinity");
	} else if (flags & (L->c[C_MPD_NAN] | L->c[C_MPD_SNAN])) {
		buf_str(r->out, flags & L->c[C_MPD_SNAN] ? "sNaN" : "NaN");
		buf_str(r->out, buf_text(digits));
	} else {
		put_scientific(digits->n ? buf_text(digits) : "0", exponent, r->out);
	}
	return true;
}

/* Attributes _sign (0, 1), _int (digits as text) and _exp: an int, or F, n, N. */
static bool put_python_decimal(struct repr *r, addr_t obj, struct buf *digits)
{
	const struct python *py = r->py;
	addr_t sign = peek_attribute(py, obj, "_sign"), exp = peek_attribute(py, obj, "_exp");
	int64_t negative, exponent;

	if (!sign || !exp || !peek_int64(py, sign, &negative) ||
	    !python_string(py, peek_attribute(py, obj, "_int"), r->lim->chars + 1, digits))
		return false;
	if (digits->n > r->lim->chars) {
		buf_str(r->out, "...");
		return true;
	}
	buf_str(r->out, negative ? "-" : "");
	if (peek_int64(py, exp, &exponent)) {
		put_scientific(buf_text(digits), exponent, r->out);
	} else if (peek_string_is(py, exp, "F")) {
		buf_str(r->out, "Infinity");
	} else {
		buf_str(r->out, peek_string_is(py, exp, "N") ? "sNaN" : "NaN");
		buf_str(r->out, buf_text(digits));
	}
	return true;
}

void repr_decimal(struct repr *r, addr_t obj)
{
	struct buf digits = {0}, *out = r->out, text = {0};
	bool ok;

	r->out = &text;
	ok = put_python_decimal(r, obj, &digits) ||
	     (!peek_attribute(r->py, obj, "_int") && put_c_decimal(r, obj, &digits));
	r->out = out;
	if (ok) {
		repr_class_name(r, obj);
		buf_printf(out, "('%s')", buf_text(&text));
	} else {
		repr_unknown(r, obj);
	}
	buf_release(&text);
	buf_release(&digits);
}

void repr_uuid(struct repr *r, addr_t obj)
{
	addr_t number = peek_attribute(r->py, obj, "int");
	uint32_t w[5] = {0};
	bool negative;
	size_t n;

	if (!number || !repr_int_words(r->py, number, w, ARRAY_SIZE(w), &n, &negative) || n > 4) {
		repr_instance(r, obj);
		return;
	}
	repr_class_name(r, obj);
	buf_printf(r->out, "('%08x-%04x-%04x-%04x-%04x%08x')", w[3], w[2] >> 16, w[2] & 0xffff,
		   w[1] >> 16, w[1] & 0xffff, w[0]);
}
