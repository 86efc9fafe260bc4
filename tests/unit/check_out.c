/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows to text and JSON. Whether JSON is valid is for Python's own parser to say
 * (tests/unit/check_json.py); here its exact form.
 */
#include <check.h>
#include <errno.h>
#include <math.h>
#include "out/out.h"

static char *bytes;
static size_t n_bytes;
static FILE *to;
static struct out *o;
static struct notes notes;

static void begin(enum out_format format, bool colour)
{
	struct diag d = {0};

	to = open_memstream(&bytes, &n_bytes);
	ck_assert_int_eq(out_open(format, to, colour, "types", &o, &d), OK);
}

static const char *finish(void)
{
	ck_assert(out_finish(o, &notes));
	out_close(o);
	fclose(to);
	return bytes;
}

static void end(void)
{
	free(bytes);
	notes_release(&notes);
}

static const struct out_column columns[] = {
    {"type", "Kind", COL_STRING, 0}, {"count", "Count", COL_COUNT, 6},
    {NULL, "%", COL_PERCENT, 3},     {"address", NULL, COL_ADDRESS, 0},
    {"size", "Size", COL_SIZE, 0},
};

static void row(const char *type, uint64_t count, double percent, uint64_t address, uint64_t size)
{
	out_row(o, (union out_value[]){
		       {.s = type}, {.u = count}, {.d = percent}, {.u = address}, {.u = size}});
}

START_TEST(text_table)
{
	begin(OUT_TEXT, false);
	out_target_str(o, "core", "not in text");
	out_text(o, "Total %d", 3);
	out_table(o, NULL, columns, ARRAY_SIZE(columns));
	row("dict", 1, 99.99, 0xdead, 512);
	row("a.long.Name", 12345678, 0, 1, 3565158);
	row(NULL, OUT_NULL, NAN, OUT_NULL, OUT_NULL);
	row("\033[31m\n", 0, 100, 0, 0);
	out_text(o, "end %s", "\033");
	out_total_u64(o, "objects", 3);
	finish();
	ck_assert_str_eq(bytes, "Total 3\n"
				"Kind            Count   %    Size\n"
				"dict                1  99   512 B\n"
				"a.long.Name  12345678   0 3.4 MiB\n"
				"\n"
				"\\x1b[31m\\n          0 100     0 B\n"
				"end \\x1b\n");
	end();
}
END_TEST

/* Cells that come after the widths were fixed push what follows and keep a blank between. */
START_TEST(text_never_runs_together)
{
	begin(OUT_TEXT, false);
	out_table(o, NULL, columns, ARRAY_SIZE(columns));
	for (int i = 0; i < 1200; i++)
		row("t", 1, 1, 0, 1);
	row("much.longer.than.before", 1234567890123456789ull, 100, 0, 1);
	finish();
	ck_assert_ptr_nonnull(
	    strstr(bytes, "\nmuch.longer.than.before  1234567890123456789 100  1 B\n"));
	ck_assert_ptr_nonnull(strstr(bytes, "\nt          1   1  1 B\n"));
	end();
}
END_TEST

START_TEST(text_two_tables_and_facts)
{
	static const struct out_column one[] = {{"x", "X", COL_COUNT, 0}};

	begin(OUT_TEXT, false);
	out_facts(o, "process");
	out_fact_str(o, "argv", "command line", "python -c 'a\tb'");
	out_fact_u64(o, "pid", "process", COL_COUNT, 7);
	out_fact_str(o, "hidden", NULL, "json only");
	out_fact_str(o, "none", "nothing", NULL);
	out_table(o, "first", one, 1);
	out_row(o, (union out_value[]){{.u = 10}});
	out_table(o, "second", one, 1);
	out_row(o, (union out_value[]){{.u = 5}});
	ck_assert_str_eq(finish(), "command line     python -c 'a\\tb'\n"
				   "process          7\n"
				   " X\n10\n"
				   "X\n5\n");
	end();
}
END_TEST

START_TEST(text_colour_is_only_the_header)
{
	begin(OUT_TEXT, true);
	out_table(o, NULL, columns, 1);
	row("dict", 0, 0, 0, 0);
	ck_assert_str_eq(finish(), "\033[1mKind\033[0m\ndict\n");
	end();
}
END_TEST

START_TEST(json_document)
{
	begin(OUT_JSON, true);
	out_target_u64(o, "pid", 4711);
	out_target_str(o, "core", NULL);
	out_target_seconds(o, "pause_seconds", 0.0415);
	out_text(o, "only text");
	out_total_u64(o, "objects", 3);
	out_table(o, NULL, columns, ARRAY_SIZE(columns));
	row("dict", 1, 99.99, 0xdead, 512);
	out_text(o, "only text");
	row(NULL, OUT_NULL, NAN, OUT_NULL, OUT_NULL);
	out_facts(o, "gc");
	out_fact_u64(o, "enabled", "enabled", COL_BOOL, 1);
	out_fact_u64(o, NULL, "only text", COL_BOOL, 1);
	out_fact(o, "i", "i", COL_SIGNED, (union out_value){.i = -1});
	out_total_str(o, "filter", "a*");
	notes_add(&notes, NOTE_PARTIAL, "cut \"off\"");
	notes_add(&notes, NOTE_INFO, "torn");
	ck_assert_str_eq(finish(),
			 "{\"schema\": \"heapscope/1\", \"command\": \"types\",\n"
			 "\"target\": {\"pid\": 4711, \"pause_seconds\": 0.041500},\n"
			 "\"rows\": [\n"
			 "{\"type\": \"dict\", \"count\": 1, \"address\": 57005, \"size\": 512},\n"
			 "{\"type\": null, \"count\": null, \"address\": null, \"size\": null}\n"
			 "],\n"
			 "\"gc\": {\"enabled\": true, \"i\": -1},\n"
			 "\"totals\": {\"objects\": 3, \"filter\": \"a*\"},\n"
			 "\"incomplete\": [\n\"cut \\\"off\\\"\"],\n"
			 "\"notes\": [\n\"torn\"]}\n");
	end();
}
END_TEST

START_TEST(json_empty_and_error)
{
	struct diag d = {0};
	enum err e = diag_set(&d, ERR_NO_LAYOUT, "no \"DWARF\"");

	begin(OUT_JSON, false);
	out_error(o, &d);
	ck_assert_int_eq(e, ERR_NO_LAYOUT);
	ck_assert_str_eq(finish(),
			 "{\"schema\": \"heapscope/1\", \"command\": \"types\",\n"
			 "\"target\": {},\n"
			 "\"error\": {\"code\": \"NO_LAYOUT\", \"text\": \"no \\\"DWARF\\\"\"},\n"
			 "\"rows\": [],\n\"totals\": {},\n\"incomplete\": [],\n\"notes\": []}\n");
	end();
}
END_TEST

static const struct {
	const char *in, *out;
} strings[] = {
    {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
    {"\n\033\x7f", "\"\\u000a\\u001b\\u007f\""},
    {"\xc3\xa9\xf0\x9f\x90\x8d", "\"\xc3\xa9\xf0\x9f\x90\x8d\""},
    {"\xff\xed\xa0\x80", "\"\\\\xff\\\\xed\\\\xa0\\\\x80\""},
    {"\xe2\x80\xae", "\"\\u202e\""},
    {"", "\"\""},
};

START_TEST(json_strings)
{
	begin(OUT_JSON, false);
	out_total_str(o, "s", strings[_i].in);
	finish();
	ck_assert_ptr_nonnull(strstr(bytes, strings[_i].out));
	end();
}
END_TEST

START_TEST(full_disk_is_seen)
{
	struct diag d = {0};
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(out_open(_i, full, false, "types", &o, &d), OK);
	out_table(o, NULL, columns, 1);
	for (int i = 0; i < 100000; i++)
		row("dict", 0, 0, 0, 0);
	ck_assert(!out_finish(o, &notes));
	ck_assert_int_eq(errno, ENOSPC);
	out_close(o);
	fclose(full);
}
END_TEST

static const struct {
	uint64_t n;
	const char *text;
} sizes[] = {
    {0, "0 B"},
    {1023, "1023 B"},
    {1024, "1.0 KiB"},
    {10857450, "10.4 MiB"},
    {1024 * 1024 - 1, "1.0 MiB"},
    {3ull << 40, "3.0 TiB"},
    {UINT64_MAX, "16.0 EiB"},
};

START_TEST(size_texts)
{
	char text[32];

	ck_assert_str_eq(out_size_text(sizes[_i].n, " ", text), sizes[_i].text);
}
END_TEST

/* A document with every byte and many sequences as strings, for check_json.py. */
static int emit(void)
{
	static const struct out_column one[] = {{"s", "s", COL_STRING, 0}};
	struct diag d = {0};
	char text[8];

	if (out_open(OUT_JSON, stdout, false, "emit", &o, &d))
		return 1;
	out_table(o, NULL, one, 1);
	for (unsigned i = 1; i < 0x10000; i++) {
		snprintf(text, sizeof(text), "a%c%cz", i & 0xff ? (int)(i & 0xff) : 'b',
			 i >> 8 ? (int)(i >> 8) : 'b');
		out_row(o, (union out_value[]){{.s = text}});
	}
	notes_add(&notes, NOTE_PARTIAL, "%s", "\xff\"\\\n");
	out_total_str(o, "\"key\n", "\xed\xa0\x80");
	return !out_finish(o, &notes);
}

int main(int argc, char **argv)
{
	Suite *s;
	TCase *c;
	SRunner *r;
	int failed;

	/* Before any suite exists: nobody would free it. */
	if (argc > 1 && !strcmp(argv[1], "--emit"))
		return emit();

	s = suite_create("out");
	c = tcase_create("out");
	r = srunner_create(s);
	suite_add_tcase(s, c);
	tcase_add_test(c, text_table);
	tcase_add_test(c, text_never_runs_together);
	tcase_add_test(c, text_two_tables_and_facts);
	tcase_add_test(c, text_colour_is_only_the_header);
	tcase_add_test(c, json_document);
	tcase_add_test(c, json_empty_and_error);
	tcase_add_loop_test(c, json_strings, 0, ARRAY_SIZE(strings));
	tcase_add_loop_test(c, full_disk_is_seen, OUT_TEXT, OUT_JSON + 1);
	tcase_add_loop_test(c, size_texts, 0, ARRAY_SIZE(sizes));
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
