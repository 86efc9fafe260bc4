/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions as text: what they are parsed to, and where a mistake is shown. What they lead to is for tests/gdb. */
#include <check.h>
#include <stdio.h>
#include "cmd/expr.h"

/* A parsed literal, written so that two different ones read differently. */
static void write_literal(const struct literal *l, struct buf *out)
{
	switch (l->kind) {
	case LITERAL_NONE:
		buf_str(out, "None");
		break;
	case LITERAL_INT:
		buf_printf(out, "%lld", (long long)l->i);
		break;
	case LITERAL_FLOAT:
		buf_printf(out, "f%g", l->d);
		break;
	case LITERAL_TUPLE:
		buf_char(out, '(');
		vec_foreach (item, &l->items) {
			write_literal(item, out);
			buf_char(out, ';');
		}
		buf_char(out, ')');
		break;
	default:
		buf_printf(out, "%s%zu<", l->kind == LITERAL_BYTES ? "b" : "s", l->n);
		buf_escaped(out, l->text, l->n);
		buf_char(out, '>');
	}
}

static void write_expr(const struct expr *x, struct buf *out)
{
	if (x->address)
		buf_printf(out, "@%llx", (unsigned long long)x->address);
	vec_foreach (step, &x->path) {
		buf_str(out, step->kind == STEP_ATTR ? "." : "[");
		write_literal(&step->key, out);
	}
}

static const struct {
	const char *text, *parsed;
} good[] = {
    {"a", ".s1<a>"},
    {" a . b ", ".s1<a>.s1<b>"},
    {"0x7f10", "@7f10"},
    {"140.x[0]", "@8c.s1<x>[0"},
    {"a['k']", ".s1<a>[s1<k>"},
    {"a[\"it's\"]", ".s1<a>[s4<it's>"},
    {"a[b'\\x00\\xff']", ".s1<a>[b2<\\x00\\xff>"},
    {"a[u'\\u20ac']", ".s1<a>[s3<\xe2\x82\xac>"},
    {"a['\\U0001f600\\t']", ".s1<a>[s5<\xf0\x9f\x98\x80\\t>"},
    {"a['']", ".s1<a>[s0<>"},
    {"a[-12]", ".s1<a>[-12"},
    {"a[0xff]", ".s1<a>[255"},
    {"a[1.5]", ".s1<a>[f1.5"},
    {"a[-1e3]", ".s1<a>[f-1000"},
    {"a[None][True][False]", ".s1<a>[None[1[0"},
    {"a[1, 'x']", ".s1<a>[(1;s1<x>;)"},
    {"a[(1)]", ".s1<a>[1"},
    {"a[(1,)]", ".s1<a>[(1;)"},
    {"a[1,]", ".s1<a>[(1;)"},
    {"a[()]", ".s1<a>[()"},
    {"a[((), (None, b'x'),)]", ".s1<a>[(();(None;b1<x>;);)"},
    {"\xc3\xa4.b", ".s2<\xc3\xa4>.s1<b>"},
};

START_TEST(parsed)
{
	struct diag d = {0};
	struct buf b = {0};
	struct expr x;

	ck_assert_msg(expr_parse(good[_i].text, &x, &d) == OK, "%s: %s", good[_i].text, diag_text(&d));
	write_expr(&x, &b);
	ck_assert_str_eq(buf_text(&b), good[_i].parsed);
	buf_release(&b);
	expr_release(&x);
}
END_TEST

static const struct {
	const char *text;
	unsigned column;
	const char *what;
} bad[] = {
    {"", 0, "a name or an address"},   {"a.", 2, "name"},	     {"a..b", 2, "name"},
    {"a[", 2, "a number, a string"},   {"a[]", 2, "an index or a key"}, {"a['k", 4, "not closed"},
    {"a['k\\", 5, "escape"},	       {"a['\\q']", 4, "escape"},    {"a['\\x4']", 6, "hexadecimal"},
    {"a[1", 3, "']'"},		       {"a[1:2]", 3, "']'"},	     {"a[(1", 4, "')'"},
    {"a[(1 2)]", 5, "')'"},	       {"a[x]", 2, "a number"},	     {"a[-]", 2, "a number is"},
    {"a[99999999999999999999]", 2, "63 bits"}, {"a()", 1, "called"}, {"a b", 2, "'.' or '['"},
    {"a.1", 2, "name"},		       {"0", 0, "no address"},	     {"12ab", 0, "no address"},
    {"99999999999999999999999", 0, "no address"}, {"a[((((((((((1))))))))))]", 11, "too many"},
};

START_TEST(pointed_at)
{
	struct diag d = {0};
	struct expr x;
	const char *caret;

	ck_assert_int_eq(expr_parse(bad[_i].text, &x, &d), ERR_USAGE);
	ck_assert_msg(strstr(diag_text(&d), bad[_i].what), "%s: %s", bad[_i].text, diag_text(&d));
	caret = strrchr(d.place, '\n');
	ck_assert_ptr_nonnull(caret);
	ck_assert_msg(strcspn(caret, "^") - 5 == bad[_i].column, "%s\n%s", bad[_i].text, d.place);
	expr_release(&x);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("expr");
	TCase *c = tcase_create("expr");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_loop_test(c, parsed, 0, ARRAY_SIZE(good));
	tcase_add_loop_test(c, pointed_at, 0, ARRAY_SIZE(bad));
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
