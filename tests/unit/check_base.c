/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include "base/buf.h"
#include "base/diag.h"
#include "base/isolate.h"
#include "base/map.h"
#include "base/notes.h"
#include "base/utf8.h"
#include "base/vec.h"

START_TEST(buf_grows)
{
	struct buf b = {0};

	ck_assert_str_eq(buf_text(&b), "");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%03d", i);
	ck_assert_uint_eq(b.n, 3000);
	ck_assert_int_eq(memcmp(b.at + 2997, "999", 4), 0);
	buf_clear(&b);
	ck_assert_str_eq(buf_text(&b), "");
	buf_char(&b, 'x');
	buf_str(&b, "yz");
	ck_assert_str_eq(buf_text(&b), "xyz");
	buf_release(&b);
	ck_assert_ptr_null(b.at);
}
END_TEST

/* Around the sizes at which it grows, one byte less and more. */
START_TEST(buf_edges)
{
	for (size_t n = 60; n < 68; n++) {
		struct buf b = {0};
		char bytes[80];

		memset(bytes, 'a', sizeof(bytes));
		buf_add(&b, bytes, n);
		ck_assert_uint_eq(strlen(buf_text(&b)), n);
		buf_add(&b, bytes, 0);
		buf_char(&b, 'b');
		ck_assert_uint_eq(strlen(buf_text(&b)), n + 1);
		ck_assert_int_eq(b.at[n], 'b');
		buf_release(&b);
	}
}
END_TEST

static const struct {
	const char *in;
	size_t n;
	const char *out;
} escapes[] = {
    {"plain", 5, "plain"},
    {"", 0, ""},
    {"a\0b", 3, "a\\x00b"},
    {"\033[2J", 4, "\\x1b[2J"},
    {"\n\t\r", 3, "\\n\\t\\r"},
    {"\x7f", 1, "\\x7f"},
    {"\xc2\x9b", 2, "\\x9b"},	 /* C1 control */
    {"\xc3\xa9", 2, "\xc3\xa9"}, /* é */
    {"\xf0\x9f\x90\x8d", 4, "\xf0\x9f\x90\x8d"},
    {"\xe2\x80\xae", 3, "\\u202e"}, /* right-to-left override */
    {"\xd8\x9c", 2, "\\u061c"},	    /* Arabic letter mark */
    {"\xef\xbb\xbf", 3, "\\ufeff"},
    {"\xc0\x80", 2, "\\xc0\\x80"},	    /* overlong */
    {"\xed\xa0\x80", 3, "\\xed\\xa0\\x80"}, /* a surrogate */
    {"\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"},
    {"\xe2\x82", 2, "\\xe2\\x82"}, /* cut off */
    {"\xff", 1, "\\xff"},
};

START_TEST(buf_escapes)
{
	struct buf b = {0};

	buf_escaped(&b, escapes[_i].in, escapes[_i].n);
	ck_assert_str_eq(buf_text(&b), escapes[_i].out);
	buf_release(&b);
}
END_TEST

/* Every code point goes out as UTF-8 that decodes to itself; surrogates and what is no code point
 * as escapes. */
START_TEST(codepoints_round_trip)
{
	struct buf b = {0};

	for (uint32_t c = 1; c < 0x110000; c++) {
		uint32_t back = 0;

		buf_clear(&b);
		buf_codepoint(&b, c);
		if (c >= 0xd800 && c < 0xe000)
			ck_assert_uint_eq(b.n, 6);
		else if (utf8_decode(b.at, b.n, &back) != b.n || back != c)
			ck_abort_msg("U+%04X is lost", c);
	}
	buf_clear(&b);
	buf_codepoint(&b, 0x110000);
	ck_assert_int_eq(b.at[0], '\\');
	buf_release(&b);
}
END_TEST

START_TEST(vec_grows)
{
	struct {
		VEC(int);
	} v = {0};

	for (int i = 0; i < 1000; i++)
		ck_assert(vec_push(&v, i));
	ck_assert_uint_eq(v.n, 1000);
	vec_foreach (it, &v)
		ck_assert_int_eq(*it, it - v.at);
	vec_release(&v);
	ck_assert_uint_eq(v.cap, 0);
	ck_assert(!vec_reserve(
	    &v, SIZE_MAX / 2)); /* more than there can be: refused, not wrapped around */
	ck_assert_ptr_null(v.at);
}
END_TEST

START_TEST(map_keeps)
{
	struct map m = {0};

	ck_assert_uint_eq(map_get(&m, 0), MAP_NONE);
	for (uint64_t i = 0; i < 10000; i++)
		ck_assert(map_put(&m, i << 32, i));
	ck_assert_uint_eq(m.n, 10000);
	ck_assert(map_put(&m, 7ull << 32, 77));
	ck_assert_uint_eq(m.n, 10000);
	for (uint64_t i = 0; i < 10000; i++)
		ck_assert_uint_eq(map_get(&m, i << 32), i == 7 ? 77 : i);
	ck_assert_uint_eq(map_get(&m, 1), MAP_NONE);
	map_release(&m);
}
END_TEST

START_TEST(diag_is_one_safe_line)
{
	struct diag d = {0};

	ck_assert_str_eq(diag_text(&d), "no error");
	ck_assert_int_eq(diag_set(&d, ERR_NOT_A_CORE, "'%s' is no core", "a\nb\033[1m\xff\xc2\x9b"),
			 ERR_NOT_A_CORE);
	ck_assert_str_eq(diag_text(&d), "'a?b?[1m?"
					"?' is no core");
	ck_assert_int_eq(diag_sys(&d, ERR_IO, ENOENT, "open"), ERR_IO);
	ck_assert_int_eq(d.sys, ENOENT);
	ck_assert_str_eq(diag_text(&d), "open: No such file or directory");
	ck_assert_int_eq(diag_set(&d, ERR_IO, "again: %s", d.text), ERR_IO);
	ck_assert_str_eq(diag_text(&d), "again: open: No such file or directory");
	ck_assert_int_eq(d.sys, 0);
}
END_TEST

START_TEST(diag_cuts)
{
	struct diag d = {0};
	char big[5000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	ck_assert_int_eq(diag_sys(&d, ERR_IO, EIO, "%s", big), ERR_IO);
	ck_assert_uint_eq(strlen(d.text), sizeof(d.text) - 1);
}
END_TEST

START_TEST(errors_have_names)
{
	ck_assert_str_eq(err_name(ERR_NO_LAYOUT), "NO_LAYOUT");
	ck_assert_int_eq(err_status(OK), 0);
	ck_assert_int_eq(err_status(ERR_USAGE), 64);
	for (int i = 1; i < ERR_COUNT; i++)
		ck_assert_int_ne(err_status(i), 0);
}
END_TEST

/* What a command said is gone with it; what a step said is shown to those that go that far. */
START_TEST(notes_belong_to_steps)
{
	struct notes n = {0};

	notes_add(&n, NOTE_INFO, "opened");
	n.scope = 3;
	notes_add(&n, NOTE_PARTIAL, "a step");
	n.scope = NOTE_OF_COMMAND;
	notes_add(&n, NOTE_PARTIAL, "a step");
	ck_assert_uint_eq(n.n, 3);
	ck_assert(note_shown(&n, &n.at[0]) && !note_shown(&n, &n.at[1]) && note_shown(&n, &n.at[2]));
	ck_assert(notes_partial(&n));
	notes_drop(&n, NOTE_OF_COMMAND);
	ck_assert_uint_eq(n.n, 2);
	ck_assert(!notes_partial(&n));
	n.reach = 3;
	ck_assert(notes_partial(&n));
	notes_release(&n);
}
END_TEST

START_TEST(notes_merge_equal)
{
	struct notes n = {0};

	ck_assert(!notes_partial(&n));
	notes_add(&n, NOTE_INFO, "seen %d", 1);
	ck_assert(!notes_partial(&n));
	notes_add(&n, NOTE_INFO, "seen %d", 1);
	notes_add(&n, NOTE_PARTIAL, "seen %d", 1);
	notes_add(&n, NOTE_PARTIAL, "bad \033 name");
	ck_assert(notes_partial(&n));
	ck_assert_uint_eq(n.n, 3);
	ck_assert_uint_eq(n.at[0].count, 2);
	ck_assert_str_eq(n.at[2].text, "bad \\x1b name");
	notes_release(&n);
	ck_assert_uint_eq(n.n, 0);
}
END_TEST

/* What a child does, and what is said of it. */
enum deed { WORKS, CRASHES, ENDS_EARLY, HANGS, SLEEPS, EATS, TALKS, STAMMERS, LIES, HEARS };

static bool child_work(void *arg, int out)
{
	static const char ones[4096];
	volatile uint64_t count = 0;

	if (!isolate_give(out, "one.two.", 8))
		return false;
	switch (*(enum deed *)arg) {
	case WORKS: return true;
	case CRASHES: return raise(SIGSEGV);
	case ENDS_EARLY: return false;
	case HANGS:
		while (true)
			count++;
	case SLEEPS: sleep(1000); return true;
	case EATS:
		for (int i = 0; i < 1000; i++)
			if (!malloc(1 << 20))
				return false;
		return true;
	case TALKS:
		while (isolate_give(out, ones, sizeof(ones)))
			;
		return false;
	case STAMMERS: return isolate_give(out, "three", 5);
	case LIES: return isolate_give(out, "!", 1);
	case HEARS: return raise(SIGINT) != 0; /* false where it is ignored */
	}
	return false;
}

/* Messages end with a full stop. */
static size_t take_message(void *arg, const uint8_t *bytes, size_t n)
{
	size_t taken = 0;

	if (memchr(bytes, '!', n))
		return SIZE_MAX;
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '.' || !bytes[i])
			taken = i + 1;
		*(size_t *)arg += bytes[i] == '.';
	}
	return taken;
}

static const struct {
	enum deed deed;
	const char *why;
} deeds[] = {
	{WORKS, ""},
	{CRASHES, "it was ended by signal 11 (Segmentation fault)"},
	{ENDS_EARLY, "it could not finish"},
	{HANGS, "it took too long"},
	{SLEEPS, "it took too long"},
	{EATS, "it could not finish"},
	{TALKS, "its answer is too long"},
	{STAMMERS, "its answer is cut off"},
	{LIES, "its answer makes no sense"},
};

START_TEST(isolate_says_what_became_of_it)
{
	enum deed deed = deeds[_i].deed;
	size_t taken = 0;
	struct isolate job = {
		.limits = {.cpu_seconds = 1, .wall_seconds = 3, .more_memory = 100 << 20, .output = 1 << 20},
		.work = child_work,
		.work_arg = &deed,
		.take = take_message,
		.arg = &taken,
	};
	char why[160] = "?";

#if defined(__SANITIZE_ADDRESS__)
	if (deed == EATS)
		return; /* the sanitizer answers instead */
#endif
	ck_assert_int_eq(isolate_run(&job, why), deed == WORKS);
	ck_assert_str_eq(why, deeds[_i].why);
	/* what was given before it failed is kept; the lie may come together with the truth before it */
	if (deed != LIES)
		ck_assert_uint_eq(taken, 2);
}
END_TEST

START_TEST(isolate_can_be_interrupted)
{
	enum deed deed = SLEEPS;
	volatile int interrupted = 1;
	size_t taken = 0;
	struct isolate job = {
		.limits = {.cpu_seconds = 1, .wall_seconds = 60, .more_memory = 100 << 20, .output = 1 << 20},
		.work = child_work,
		.work_arg = &deed,
		.take = take_message,
		.arg = &taken,
		.interrupted = &interrupted,
	};
	char why[160];

	ck_assert(!isolate_run(&job, why));
	ck_assert_str_eq(why, "it was interrupted");
}
END_TEST

/* Ctrl-C reaches parent and child alike: the child heeds it only if it is told to; without limits it works too. */
START_TEST(isolate_hears_ctrl_c)
{
	enum deed deed = HEARS;
	size_t taken = 0;
	struct isolate job = {
		.limits = {.more_memory = 100 << 20, .output = 1 << 20},
		.work = child_work,
		.work_arg = &deed,
		.take = take_message,
		.arg = &taken,
		.hears_ctrl_c = _i,
	};
	char why[160];

	ck_assert(!isolate_run(&job, why));
	ck_assert_str_eq(why, _i ? ISOLATE_INTERRUPTED : "it could not finish");
	ck_assert_uint_eq(taken, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base");
	TCase *c = tcase_create("base");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, buf_grows);
	tcase_add_test(c, buf_edges);
	tcase_add_loop_test(c, buf_escapes, 0, ARRAY_SIZE(escapes));
	tcase_add_test(c, codepoints_round_trip);
	tcase_add_test(c, vec_grows);
	tcase_add_test(c, map_keeps);
	tcase_add_test(c, diag_is_one_safe_line);
	tcase_add_test(c, diag_cuts);
	tcase_add_test(c, errors_have_names);
	tcase_add_test(c, notes_merge_equal);
	tcase_add_test(c, notes_belong_to_steps);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, isolate_says_what_became_of_it, 0, ARRAY_SIZE(deeds));
	tcase_add_test(c, isolate_can_be_interrupted);
	tcase_add_loop_test(c, isolate_hears_ctrl_c, 0, 2);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
